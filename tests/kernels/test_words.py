"""Native words, stems and breaks: by hand, against the Python rules and NLTK."""

import re
import string
import sys
import time
from itertools import islice, product
from random import Random

import pytest
from nltk.stem.snowball import EnglishStemmer
from nltk.tokenize.destructive import NLTKWordTokenizer

from embedfn.kernels import _words
from embedfn.lexical import punkt_tokens
from embedfn.lexical.char_classes import char_classes, char_ranges
from embedfn.lexical.punkt_model import PunktModel, punkt_model
from embedfn.lexical.punkt_tokens import QUOTES
from embedfn.lexical.stem_english import _SPECIAL
from embedfn.lexical.treebank import _CLOSING_QUOTES, _DASHES, _OPENING_QUOTES, _rules
from tests.kernels import words_sweep
from tests.shared_data import shared_file

COUNTS = {"stem": 60_000, "words": 40_000, "break": 30_000}
COUNTS |= {"wide_words": 25_000, "wide_break": 30_000, "wide_lower": 30_000}
STAGES = words_sweep.stages()


STEMS = """
generalizations general, arsenal arsenal, communism communism, skis ski, 'skis skis, sky sky,
earrings earring, hopping hop, hoping hope, ties tie, cries cri, sayings say, youth youth, cry cri,
enjoyment enjoy, relational relat, digitally digit, archaeology archaeolog, agreed agre, feed feed,
Running's run, adoption adopt, y y, 's 's, ''' '
"""


@pytest.mark.parametrize(
    ("word", "stem"),
    [*(pair.split() for pair in STEMS.split(",")), ("", ""), ("''s", ""), ("\0", "\0")],
)
def test_stems_by_hand(word, stem):
    assert _words.stem_english(word.encode()) == stem.encode()


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        *[("", ""), (" \t\x1c", ""), ("hello", "hello"), ("a\x1cb\x0bc", "a b c")],
        ('"Hello," she said.', "`` Hello , '' she said ."),
        ("They'll can't won't; it's I'd.", "They 'll ca n't wo n't ; it 's I 'd ."),
        ("Cannot d'ye gimme GONNA gotta lemme", "Can not d 'ye gim me GON NA got ta lem me"),
        ("more'n wanna. wanna 'Tis 'twas", "more 'n wanna. wan na ' Tis ' twas"),
        ("gonna'tis'twas", "gon na 't is 't was"),
        ("1,000 a,b:c, ,,:", "1,000 a , b : c , , , :"),
        ("wait... what?! ... no..", "wait ... what ? ! ... no .."),
        ("x' y' 'z ''q'' ``r`` `", "x ' y ' ' z `` q '' `` r `` `"),
        ("(a) [b] {c} <d> * -- --- e-f", "( a ) [ b ] { c } < d > * -- -- - e-f"),
        ("end.) ", "end . )"),
        ("mid. end.\n", "mid. end ."),
        ("$5 50% #1 a@b x&y", "$ 5 50 % # 1 a @ b x & y"),
        # A long clitic sees the space that is put before a short one.
        ("x'll'd n't'm", "x 'll 'd n't 'm"),
    ],
)
def test_words_by_hand(sentence, words):
    assert _words.treebank_words(sentence.encode()) == words.encode().split()


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("Er sagte: \u201eJa!\u201c", "Er sagte : \u201e Ja ! \u201c"),
        ("\u00abO\u00f9?\u00bb\xa0dit-il.", "\u00ab O\u00f9 ? \u00bb dit-il ."),
        (
            "l\u2019\u00e9t\u00e9 l'\u00e9t\u00e9.\u2019 ",
            "l \u2019 \u00e9t\u00e9 l'\u00e9t\u00e9 . \u2019",
        ),
        ("caf\u00e9's 'caf\u00e9' \u00e9'll", "caf\u00e9 's ' caf\u00e9 ' \u00e9 'll"),
        ("1\u20132 a\u2014b\u2010c \u2212", "1 \u2013 2 a \u2014 b\u2010c \u2212"),
        ("2,\u0663 2,\u00bd", "2,\u0663 2 , \u00bd"),
        (
            "G\u0130MME g\u0131mme '\u017fa '\u017f 'Ti\u017f",
            "G\u0130M ME g\u0131m me ' \u017fa '\u017f ' Ti\u017f",
        ),
        # A combining mark is a word character to one engine and none to the other.
        ("cannot\u0301 '\u0301 \u00e9cannot", "can not \u0301 ' \u0301 \u00e9cannot"),
        ('\u201c"x"\u201d wanna\u201d', "\u201c `` x '' \u201d wan na \u201d"),
        ("\U0001f642,\ud800\udfff.", "\U0001f642 , \ud800\udfff ."),
    ],
)
def test_wide_words_by_hand(sentence, words):
    assert STAGES["wide_words"].native(sentence) == words.split()


BROKEN = ["house. The", "end.\n\nThen", "it? yes", "it! yes", "no. 5", "he said. .", "wait.. So"]
UNBROKEN = ["", ".", "a", "end.\n\x1c", "Mr. Smith", "J. Bach", "3. the", "a. . . b", "wait.. the"]


@pytest.mark.parametrize("snippet", [*BROKEN, *UNBROKEN])
def test_breaks_by_hand(snippet):
    broken = snippet in BROKEN
    native = words_sweep.native_model(punkt_model())
    assert punkt_tokens.has_break(snippet) is broken
    assert native.has_break(snippet.encode()) is broken


@pytest.mark.parametrize(
    ("snippet", "broken"),
    [
        ("H\u00e4user. Die", True),
        ("\u042f. \u0411\u0430\u0445", False),  # an initial
        ("\u00bd. Bach", True),  # no letter
        ("\u0663. the", False),  # a number
        ("\u00dcber.\u201d \u00c9t\u00e9", True),
        ("he\u2019s. The", True),
        ("mr. \u0438", False),
        ("co. The", True),
        ("co. \u042d\u0442\u043e", False),
        ("\u212a. the", False),
        ("Bra\u010d. \u0130", True),
        ("\u039f\u03a3. A", None),  # the lower case of U+03A3 depends on its neighbours
    ],
)
def test_wide_breaks_by_hand(snippet, broken):
    assert words_sweep.native_model(punkt_model()).has_break(snippet.encode()) is broken
    assert broken is None or punkt_tokens.has_break(snippet) is broken


@pytest.mark.parametrize("name", STAGES)
def test_random_inputs(name):
    rng = Random(f"embedfn {name}")
    stage = STAGES[name]
    inputs = [stage.random(rng) for _ in range(COUNTS[name])]
    assert list(words_sweep.differences(stage, inputs)) == []


@pytest.mark.parametrize("name", STAGES)
def test_every_pair_and_some_triples(name):
    stage = STAGES[name]
    wide = name.startswith("wide")
    characters = stage.triples if wide else words_sweep.MARKS + words_sweep.SPACES + "aAnsSt1"
    pairs = ["".join(pair) for pair in product(characters, repeat=2)]
    inputs = [template.format(pair) for pair in pairs for template in ("{}", "a{}", "{}s", "a{}b ")]
    assert list(words_sweep.differences(stage, inputs)) == []
    triples = words_sweep.triples(stage.triples)
    assert list(words_sweep.differences(stage, islice(triples, 0, None, 5 if wide else 19))) == []


def test_every_short_word_of_few_letters():
    letters = "aeyYsl'd"
    words = ("".join(word) for size in range(6) for word in product(letters, repeat=size))
    assert list(words_sweep.differences(STAGES["stem"], words)) == []
    around = (f"{a}{word}{b}" for word in _SPECIAL for a in ("", "'", "s") for b in ("", "s", "'s"))
    assert list(words_sweep.differences(STAGES["stem"], around)) == []


def test_the_same_as_nltk():
    rng = Random(11)
    stem, tokenize = EnglishStemmer().stem, NLTKWordTokenizer().tokenize
    for _ in range(4000):
        word, sentence = words_sweep.ascii_word(rng), words_sweep.ascii_sentence(rng)
        assert _words.stem_english(word.encode()).decode() == stem(word), word
        words = [found.decode() for found in _words.treebank_words(sentence.encode())]
        assert words == tokenize(sentence), sentence
        sentence = STAGES["wide_words"].random(rng)
        assert STAGES["wide_words"].native(sentence) == tokenize(sentence), sentence


def test_contractions_in_any_case_and_place():
    stage, wholes = STAGES["words"], ("cannot", "d'ye", "more'n", "wanna", "'tis", "'twas", "gotta")
    sides = ["", " ", "x", "'", "-", "_", "\x1c", "\n", ".", '"', "1", "gonna", "'tis"]
    inputs = [
        f"{before}{whole[:cut]}{whole[cut:].upper()}{after}"
        for whole, before, after in product(wholes, sides, sides)
        for cut in range(len(whole) + 1)
    ]
    assert list(words_sweep.differences(stage, inputs)) == []


@pytest.mark.parametrize("seed", range(6))
def test_breaks_of_random_models(seed, monkeypatch):
    rng = Random(seed)
    words = ["a", "b", "x", "ab", "b-a", "-", "a.b", "", "1", "##number##", "abcdefgh-ijklmnop"]
    words += ["k", "\u00e9", "a\u00e9", "b-\u0431", "\u0149"]

    def some():
        return rng.sample(words, k=rng.randrange(5))

    model = PunktModel(
        frozenset(some()),
        frozenset(some()),
        frozenset([*zip(some(), some(), strict=False), ("##number##", "x"), ("a", "##number##")]),
        {word: 2 * rng.randrange(64) for word in words if rng.random() < 0.7},
    )
    monkeypatch.setattr(punkt_tokens, "punkt_model", lambda: model)
    native = words_sweep.native_model(model)
    texts = [*words, ".", ".", ".", " ", " ", ",", "?", "3", "\n", "A", "B", "Ab"]
    texts += [*"\u212a\u00c9\u0411\u0663\u00df\u201d\u2014", *" ..", "\u00e9"]
    outcomes = set()
    for _ in range(5000):
        snippet = "".join(rng.choices(texts, k=rng.randrange(9)))
        broken = punkt_tokens.has_break(snippet)
        outcomes.add(broken)
        assert native.has_break(snippet.encode()) is broken, snippet
    assert outcomes == {False, True}


@pytest.mark.parametrize(
    "unit", ["'", '"', "`", ".", ". ", ", ", ",", "-", "' ", "a'll ", "gonna'tis", "ay", "\n", "s'"]
)
def test_long_inputs_take_linear_time(unit):
    size = 200_000 // len(unit)
    native = words_sweep.native_model(punkt_model())
    start = time.process_time()
    for text in (unit * size, f"a{unit * size}", f"{unit * size}."):
        words = _words.treebank_words(text.encode())
        assert sum(map(len, words)) >= len(text) - text.count(" ") - text.count("\n")
        _words.stem_english(text.encode())
        native.has_break(text.encode())
    # Quadratic time would be minutes, linear time is milliseconds.
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "unit", ["\u00e9", "\u00ab", "\u2019 ", "a\u2014", "\u00c9. ", "\u017f'", "\xa0"]
)
def test_long_wide_inputs_take_linear_time(unit):
    text = unit * (200_000 // len(unit))
    start = time.process_time()
    for name in ("wide_words", "wide_break", "wide_lower"):
        assert list(words_sweep.differences(STAGES[name], [text, f"a{text}", f"{text}. X"])) == []
    assert time.process_time() - start < 5


def test_only_utf8_is_taken():
    native, characters = words_sweep.native_model(punkt_model()), _words.Characters({})
    takers = [native.has_break, characters.kinds, characters.lower, characters.treebank_words]
    for function in (_words.stem_english, _words.treebank_words):
        with pytest.raises(ValueError, match="ASCII only; got b'na"):
            function("na\u00efve".encode())
    for function in takers:
        for malformed in (
            b"\x80",
            b"a\xc3",
            b"\xc0\x80",
            b"\xe2\x80",
            b"\xf4\x90\x80\x80",
            b"\xff",
        ):
            with pytest.raises(UnicodeDecodeError):
                function(malformed)
    for function in (*takers, _words.stem_english, _words.treebank_words):
        for wrong in ("text", None, 3, bytearray(b"x")):
            with pytest.raises(TypeError):
                function(wrong)


def test_classes_are_checked():
    for classes in ({"word": [(5, 4)]}, {"space": [(8, 9), (3, 4)]}, {"digit": [(0, 0x110000)]}):
        with pytest.raises(ValueError, match="must ascend"):
            _words.Characters(classes)
    with pytest.raises(ValueError, match="word, digit and space"):
        _words.Characters({"letter": [(65, 70)]})
    # White space to Python alone: neither treatment would be right.
    assert _words.Characters({}).treebank_words("a\u3000b".encode()) is None
    assert _words.Characters({}).treebank_words("a\u3001b".encode()) == ["a\u3001b".encode()]


def test_characters_of_one_kind_are_alike_to_every_rule():
    word, space, digit = char_classes()
    everything = "".join(map(chr, range(0x80, sys.maxunicode + 1)))
    contractions = "".join(
        {char for *_, pattern, _ in _rules().contractions for char in pattern.pattern}
    )
    sets = [
        *(
            re.findall(pattern, everything)
            for pattern in (f"[{word}]", f"[{space}]", f"[{digit}]", r"\w", r"\s")
        ),
        *(filter(asked, everything) for asked in (str.isspace, str.islower, str.isupper)),
        *(_OPENING_QUOTES, _CLOSING_QUOTES, _DASHES, QUOTES),
        *(
            re.findall(letter, everything, re.IGNORECASE)
            for letter in string.ascii_lowercase
            if letter in contractions
        ),
    ]
    facts = [0] * (sys.maxunicode + 1)
    for bit, members in enumerate(sets):
        for char in members:
            facts[ord(char)] |= 1 << bit
    kinds = _words.Characters(char_ranges()).kinds(words_sweep.encoded(everything))
    assert len(kinds) == len(everything)
    assert min(kinds) >= 0x80
    assert len(set(kinds)) == len(set(zip(kinds, facts[0x80:], strict=True))) > 10


def test_lower_case_of_every_code_point():
    everything = "".join(map(chr, range(sys.maxunicode + 1))).replace("\u03a3", "")
    assert STAGES["wide_lower"].native(everything) == everything.lower()
    assert STAGES["wide_lower"].native("a\u03a3\u00e9") is None


@pytest.mark.parametrize("name", ["wide_words", "wide_break"])
def test_code_points_in_every_place(name):
    characters = _words.Characters(char_ranges())
    everything = "".join(map(chr, range(0x80, sys.maxunicode + 1)))
    by_kind = {}
    for kind, char in zip(
        characters.kinds(words_sweep.encoded(everything)), everything, strict=True
    ):
        by_kind.setdefault(kind, []).append(ord(char))
    rng = Random(3)
    codes = {code for members in by_kind.values() for code in rng.choices(members, k=60)}
    codes |= {*range(0x600), *range(0x1E00, 0x2200), *range(0x3000, 0x3100), 0x1F642, 0x10FFFF}
    inputs = STAGES[name].code_points(sorted(codes))
    assert list(words_sweep.differences(STAGES[name], inputs)) == []


def test_a_model_refuses_what_it_cannot_hold():
    with pytest.raises(ValueError, match="at most 56 bytes"):
        _words.PunktModel([b"x" * 57], [], [], {}, {})
    for contexts in (1, 128, -2, 1 << 20):
        with pytest.raises(ValueError, match="contexts are a sum of"):
            _words.PunktModel([], [], [], {b"x": contexts}, {})
    for wrong in (None, "x", 3):
        with pytest.raises(TypeError):
            _words.PunktModel([wrong], [], [], {}, {})
    longest = _words.PunktModel([b"x" * 56], [], [], {}, {})
    assert not longest.has_break(b"X" * 56 + b". y")
    assert longest.has_break(b"X" * 57 + b". y")


def test_the_comparison_sees_a_difference():
    stage = STAGES["stem"]._replace(native=str)
    assert list(words_sweep.differences(stage, ["house", "houses"])) == ["house", "houses"]


@pytest.mark.parametrize("file", ["linuxdoc", "lang.de", "lang.fr", "lang.ru", "lang.ja"])
@pytest.mark.parametrize("name", STAGES)
def test_inputs_of_a_corpus(name, file):
    stage = STAGES[name]
    texts = islice(words_sweep.file_texts(shared_file(f"{file}.jsonl.gz")), 0, None, 25)
    inputs = [*filter(stage.takes, (part for text in texts for part in stage.of_text(text)))]
    # No sentence of plain English is beyond ASCII, few of other languages are not.
    assert inputs or (file == "linuxdoc") != stage.takes("x")
    assert list(words_sweep.differences(stage, inputs)) == []
