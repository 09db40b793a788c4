"""Native words, stems and breaks of ASCII inputs: by hand, against the Python rules and NLTK."""

import time
from itertools import islice, product
from random import Random

import pytest
from nltk.stem.snowball import EnglishStemmer
from nltk.tokenize.destructive import NLTKWordTokenizer

from embedfn.kernels import _words
from embedfn.lexical import punkt_tokens
from embedfn.lexical.punkt_model import PunktModel, punkt_model
from embedfn.lexical.stem_english import _SPECIAL
from tests.kernels import words_sweep
from tests.shared_data import shared_file

COUNTS = {"stem": 60_000, "words": 40_000, "break": 30_000}
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


BROKEN = ["house. The", "end.\n\nThen", "it? yes", "it! yes", "no. 5", "he said. .", "wait.. So"]
UNBROKEN = ["", ".", "a", "end.\n\x1c", "Mr. Smith", "J. Bach", "3. the", "a. . . b", "wait.. the"]


@pytest.mark.parametrize("snippet", [*BROKEN, *UNBROKEN])
def test_breaks_by_hand(snippet):
    broken = snippet in BROKEN
    native = words_sweep.native_model(punkt_model())
    assert punkt_tokens.has_break(snippet) is broken
    assert native.has_break(snippet.encode()) is broken


@pytest.mark.parametrize("name", STAGES)
def test_random_inputs(name):
    rng = Random(f"embedfn {name}")
    stage = STAGES[name]
    inputs = [stage.random(rng) for _ in range(COUNTS[name])]
    assert list(words_sweep.differences(stage, inputs)) == []


@pytest.mark.parametrize("name", STAGES)
def test_every_pair_and_some_triples(name):
    stage = STAGES[name]
    characters = words_sweep.MARKS + words_sweep.SPACES + "aAnsSt1"
    pairs = ["".join(pair) for pair in product(characters, repeat=2)]
    inputs = [template.format(pair) for pair in pairs for template in ("{}", "a{}", "{}s", "a{}b ")]
    assert list(words_sweep.differences(stage, inputs)) == []
    assert list(words_sweep.differences(stage, islice(words_sweep.triples(), 0, None, 19))) == []


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


def test_only_ascii_is_taken():
    native = words_sweep.native_model(punkt_model())
    for function in (_words.stem_english, _words.treebank_words, native.has_break):
        with pytest.raises(ValueError, match="ASCII only; got b'na"):
            function("na\u00efve".encode())
        for wrong in ("text", None, 3, bytearray(b"x")):
            with pytest.raises(TypeError):
                function(wrong)


def test_a_model_refuses_what_it_cannot_hold():
    with pytest.raises(ValueError, match="at most 56 bytes"):
        _words.PunktModel([b"x" * 57], [], [], {})
    for contexts in (1, 128, -2, 1 << 20):
        with pytest.raises(ValueError, match="contexts are a sum of"):
            _words.PunktModel([], [], [], {b"x": contexts})
    for wrong in (None, "x", 3):
        with pytest.raises(TypeError):
            _words.PunktModel([wrong], [], [], {})
    longest = _words.PunktModel([b"x" * 56], [], [], {})
    assert not longest.has_break(b"X" * 56 + b". y")
    assert longest.has_break(b"X" * 57 + b". y")


def test_the_comparison_sees_a_difference():
    stage = STAGES["stem"]._replace(native=str)
    assert list(words_sweep.differences(stage, ["house", "houses"])) == ["house", "houses"]


@pytest.mark.parametrize("name", STAGES)
def test_inputs_of_a_corpus(name):
    stage = STAGES[name]
    texts = islice(words_sweep.file_texts(shared_file("linuxdoc.jsonl.gz")), 0, None, 99)
    inputs = [part for text in texts for part in stage.of_text(text) if part.isascii()]
    assert len(inputs) > 100
    assert list(words_sweep.differences(stage, inputs)) == []
