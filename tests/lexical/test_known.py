"""Cases whose tokens were written by hand; NLTK must agree with the hand."""

import pytest

from embedfn.lexical.analyzer import build_default_analyzer
from embedfn.lexical.punkt import sent_tokenize, sentence_spans
from embedfn.lexical.stem_english import stem
from embedfn.lexical.treebank import tokenize_sentence, word_tokenize

SENTENCES = [
    ("", []),
    (" \n", []),
    ("One. Two.", ["One.", "Two."]),
    ("  One.  Two.  ", ["  One.", "Two."]),
    ("No break in 3.5 or x.y here", ["No break in 3.5 or x.y here"]),
    ("Mr. Smith met Dr. Jones. They left.", ["Mr. Smith met Dr. Jones.", "They left."]),
    ("He said (so.) Then he left.", ["He said (so.)", "Then he left."]),
    ("“Go.” He went.", ["“Go.”", "He went."]),
    ("What?! No. 5 is it", ["What?!", "No.", "5 is it"]),
    ("J. Bach wrote it.", ["J. Bach wrote it."]),
    ("See fig. 3. The end", ["See fig.", "3.", "The end"]),
    ("Wait... the end. Wait... The end.", ["Wait... the end.", "Wait...", "The end."]),
    # The model knows "u.s" as an abbreviation and "the" as a word that begins sentences.
    ("in the U.S. The law", ["in the U.S.", "The law"]),
    ("in the U.S. law", ["in the U.S. law"]),
    # A spaced ellipsis is one token, and one of the model's abbreviations.
    ("so . . . it goes", ["so .", ".", ".", "it goes"]),
    # U+001C is white space to str but not to NLTK's patterns; U+2028 is to both.
    ("One.\x1cTwo. three", ["One.\x1cTwo.", "three"]),
    ("One.\u2028Two.", ["One.", "Two."]),
    # The comma before the bracket is no part of the word, so "foo." is a word that ends.
    ("x foo.,)etc. the", ["x foo.,)etc.", "the"]),
    # A line of nothing else is no token, so no sentence ends before it.
    ("One.\n\x1c Two", ["One.\n\x1c Two"]),
    # White space at the very beginning, and only there, ties the marks behind it together.
    (" !!) Two", [" !!)", "Two"]),
    ("!!) Two", ["!", "!)", "Two"]),
    ("One.\nTwo", ["One.", "Two"]),
    ("One. \ud800wo.", ["One.", "\ud800wo."]),
]

WORDS = [
    ("", []),
    ("don't", ["do", "n't"]),
    ("DON'T stop", ["DO", "N'T", "stop"]),
    ("it's John's", ["it", "'s", "John", "'s"]),
    # The apostrophe before a word goes first, so the contractions of 'tis never see it.
    ("'tis 'Twas", ["'", "tis", "'", "Twas"]),
    ("cannot gonna Gimme wanna go", ["can", "not", "gon", "na", "Gim", "me", "wan", "na", "go"]),
    ("wanna", ["wan", "na"]),
    ('"Hi," she said.', ["``", "Hi", ",", "''", "she", "said", "."]),
    ("a (b) [c] {d} <e>", ["a", "(", "b", ")", "[", "c", "]", "{", "d", "}", "<", "e", ">"]),
    ("$3.88 5% R&D #1 a@b", ["$", "3.88", "5", "%", "R", "&", "D", "#", "1", "a", "@", "b"]),
    ("1,000.5, x,y 10:30 a:b", ["1,000.5", ",", "x", ",", "y", "10:30", "a", ":", "b"]),
    # A comma before a comma takes it along; the second stays glued to what follows.
    ("a,,b", ["a", ",", ",b"]),
    # The end of the text is also before a final line feed.
    (",:\n", [",", ":"]),
    ("wait--what... - a—b", ["wait", "--", "what", "...", "-", "a", "—", "b"]),
    ("end.)", ["end", ".", ")"]),
    ("end. ", ["end", "."]),
    ("e.g. this", ["e.g.", "this"]),
    ("etc..", ["etc", ".."]),
    ("http://x.org/a?b", ["http", ":", "//x.org/a", "?", "b"]),
    ("``quoted'' “quoted”", ["``", "quoted", "''", "“", "quoted", "”"]),
    ("the '80s 'n' 'em", ["the", "'", "80s", "'n", "'", "'", "em"]),
    # The clitic s is also long s; a combining mark makes it another word.
    ("'s 'ſ 's\u0301", ["'s", "'ſ", "'", "s\u0301"]),
    ("GİMME gımme", ["GİM", "ME", "gım", "me"]),
    # An Arabic-Indic digit is a digit to the comma; a half is none.
    ("1,\u0663 1,½", ["1,\u0663", "1", ",", "½"]),
    # All white space of str ends a token.
    ("a\x1cb\x85c\u3000d\u200be", ["a", "b", "c", "d\u200be"]),
    ("\ud800's x\udfff", ["\ud800", "'s", "x\udfff"]),
]

STEMS = [
    *(("", ""), ("at", "at"), ("skies", "sky"), ("News", "news"), ("proceeding", "proceed")),
    *(("generate", "generat"), ("generic", "generic"), ("communism", "communism")),
    *(("arsenal", "arsenal"), ("ties", "tie"), ("cries", "cri"), ("gas", "gas"), ("gaps", "gap")),
    *(("agreed", "agre"), ("feed", "feed"), ("hoping", "hope"), ("hopping", "hop")),
    *(("luxuriated", "luxuri"), ("say", "say"), ("by", "by"), ("cry", "cri"), ("yes", "yes")),
    *(("relational", "relat"), ("rationalization", "ration"), ("happiness", "happi")),
    *(("apologize", "apolog"), ("geologist", "geologist"), ("quickly", "quick")),
    *(
        ("adoption", "adopt"),
        ("scrated", "scrat"),
        ("controlling", "control"),
        ("rate", "rate"),
        ("probate", "probat"),
    ),
    *(("dog's'", "dog"), ("dogs'", "dog"), ("dog’s", "dog"), ("'em", "em"), ("''em", "'em")),
    *(("ÜBUNGEN", "übungen"), ("ΣΑΣ", "σας"), ("İs", "i̇"), ("\ud800ing", "\ud800ing")),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences(text, expected, nltk_data):
    from nltk.tokenize import sent_tokenize as nltk_sent_tokenize

    assert nltk_sent_tokenize(text) == expected
    assert sent_tokenize(text) == expected
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_words(text, expected, nltk_data):
    from nltk.tokenize.destructive import NLTKWordTokenizer

    assert NLTKWordTokenizer().tokenize(text) == expected
    assert tokenize_sentence(text) == expected


def test_words_of_a_text(nltk_data):
    text = "It's e.g. Mr. X's. (I can't.) Why?"
    expected = ["It", "'s", "e.g", ".", "Mr.", "X", "'s", ".", "(", "I", "ca", "n't", ".", ")"]
    assert word_tokenize(text) == [*expected, "Why", "?"]


@pytest.mark.parametrize(("word", "expected"), STEMS)
def test_stems(word, expected):
    from nltk.stem.snowball import EnglishStemmer

    assert EnglishStemmer().stem(word) == expected
    assert stem(word) == expected


def test_analyzer(upstream_tokenizers):
    text = "The Runner's dogs weren't running, they LOVED \"U.S. Skies\" (2,000.5 km)!"
    # A sentence ends at "U.S.", and its period goes; "u.s" then loses a plural s.
    expected = [
        *("runner", "'s", "dog", "n't", "run", "love", "``", "u.", "sky", "''", "2,000.5", "km"),
    ]
    assert upstream_tokenizers.build_default_analyzer("en")(text) == expected
    assert build_default_analyzer("en")(text) == expected
