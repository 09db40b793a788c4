"""A slice of what ``python -m tests.lexical.sweep`` tries without end."""

from random import Random

import pytest

from tests.lexical.languages import NAMES, random_text_of, random_word_of
from tests.lexical.strings import random_text, random_word
from tests.lexical.sweep import differences, stages, stages_of

COUNTS = {"sentence": 4000, "word": 3000, "stem": 20_000, "analyzer": 3000}


@pytest.fixture(scope="module")
def pairs(upstream_tokenizers):
    return stages()


@pytest.mark.parametrize("stage", COUNTS)
def test_random_texts(stage, pairs):
    rng = Random(f"embedfn {stage}")
    make = random_word if stage == "stem" else random_text
    texts = [make(rng) for _ in range(COUNTS[stage])]
    assert list(differences(pairs[stage], texts)) == []


@pytest.mark.parametrize("code", [*NAMES, "zh", "jp"])
def test_other_languages(code, upstream_tokenizers):
    rng = Random(f"embedfn {code}")
    pairs = stages_of(code)
    texts = [random_text_of(rng, code) for _ in range(600)]
    assert len(set(texts)) > 500
    assert list(differences(pairs["analyzer"], texts)) == []
    if code in NAMES:
        words = [random_word_of(rng, code) for _ in range(8000)]
        assert len(set(words)) > 6000
        assert list(differences(pairs["stem"], words)) == []


def test_the_comparison_sees_a_difference():
    assert list(differences([(str.lower, str.upper)], ["1", "a"])) == [("a", "a", "A")]
    assert list(differences([(str, int)], ["x"])) == [("x", "x", ValueError)]


def test_the_texts_are_adversarial():
    rng = Random(7)
    texts = [random_text(rng) for _ in range(3000)]
    joined = "".join(texts)
    for char in "'\"`’»…\u2028\x0b\x1c\u3000\u0301İſ\ud800\U0001d7d9中\x00":
        assert char in joined, ascii(char)
    for piece in ("n't", "cannot", "U.S.", "http://", "Mr.", ". . .", "--"):
        assert piece in joined, piece
    assert "" in texts
    assert max(map(len, texts)) > 200
