import pydoc_data.topics
import string
import threading
from random import Random

import pytest
from nltk.stem.snowball import EnglishStemmer

from embedfn.lexical import stem_english
from embedfn.lexical.stem_english import stem
from tests.lexical.strings import random_word


@pytest.fixture(scope="module")
def peer():
    return EnglishStemmer().stem


def test_the_words_of_pythons_documentation(peer):
    text = " ".join(pydoc_data.topics.topics.values())
    bare = "".join(char if char.isalnum() else " " for char in text)
    words = sorted({*text.split(), *bare.split(), *bare.lower().split()})
    assert len(words) > 9000
    assert [word for word in words if stem(word) != peer(word)] == []


def test_every_suffix_on_every_short_base(peer):
    suffixes = sorted(
        {"", *stem_english._STEP_0, *stem_english._STEP_1A, *stem_english._STEP_1B}
        | {
            *stem_english._STEP_2,
            *stem_english._STEP_3,
            *stem_english._STEP_4,
            "e",
            "l",
            "y",
            "ll",
            "at",
        }
    )
    bases = [
        "",
        *"ably",
        "ab",
        "ba",
        "yb",
        "bab",
        "bay",
        "eat",
        "babab",
        "gener",
        "scr",
        "'a",
        "aaa",
        "bbl",
    ]
    words = [base + first + second for base in bases for first in suffixes for second in suffixes]
    assert [word for word in words if stem(word) != peer(word)] == []


def test_all_words_of_four_letters_of_a_small_alphabet(peer):
    alphabet = "aeybslid'"
    words = [
        "".join((first, second, third, last, ending))
        for first in alphabet
        for second in alphabet
        for third in alphabet
        for last in alphabet
        for ending in ("", "ing", "e")
    ]
    assert [word for word in words if stem(word) != peer(word)] == []


def test_special_words_and_capitals(peer):
    for word in stem_english._SPECIAL:
        for form in (word, word.upper(), f"'{word}", f"{word}s", f"{word}’s"):
            assert stem(form) == peer(form), form


def test_random_words(peer):
    rng = Random(11)
    words = [random_word(rng) for _ in range(20_000)]
    words += ["".join(rng.choices(string.printable, k=rng.randrange(9))) for _ in range(5000)]
    assert [word for word in words if stem(word) != peer(word)] == []


def test_long_words_are_not_remembered(peer):
    word = "x" * 65 + "ing"
    remembered = stem.__wrapped__
    before = remembered.cache_info().currsize
    assert stem(word) == peer(word)
    assert remembered.cache_info().currsize == before
    assert remembered.cache_info().maxsize is not None


def test_many_threads(peer):
    rng = Random(3)
    words = [random_word(rng) for _ in range(2000)]
    expected = list(map(peer, words))
    results = []

    def work():
        results.append(list(map(stem, words)))

    stem.__wrapped__.cache_clear()
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8


@pytest.mark.parametrize("bad", [None, 3, b"word", ["word"]])
def test_bad_input(bad):
    with pytest.raises(TypeError, match=f"word must be a str, not {type(bad).__name__}"):
        stem(bad)
