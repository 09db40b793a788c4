"""The data files say what their sources say."""

import re
import sys
import threading
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pytest
import regex
from punkt.data import english

from embedfn.lexical import punkt_model as model
from embedfn.lexical.char_classes import char_classes, char_ranges
from embedfn.lexical.stopwords import LANGUAGES, stopwords
from embedfn.lexical.tables import once, read_table
from tests.lexical.sweep import code_point_texts, differences, stages

SHARED = Path(__file__).parents[3] / "shared" / "data"
EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))


def header(name):
    text = (files("embedfn.lexical") / "data" / name).read_text(encoding="utf-8")
    return "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))


def matched(engine, pattern):
    return set(map(ord, engine.findall(pattern, EVERY_CHARACTER)))


@pytest.mark.parametrize(("name", "pattern"), [("word", r"\w"), ("space", r"\s"), ("digit", r"\d")])
def test_character_classes_are_those_of_the_regex_engine(name, pattern):
    if f"PyPI regex {version('regex')} " not in header("char_classes.txt"):
        pytest.skip("another release of regex is installed than the one the table was made with")
    ours = {code for first, last in char_ranges()[name] for code in range(first, last + 1)}
    assert ours == matched(regex, pattern)
    assert ours == matched(re, f"[{getattr(char_classes(), name)}]")
    if name == "word":
        assert ours - matched(regex, r"\d") == matched(regex, r"[^\W\d]")
        assert ours != matched(re, r"\w")


def test_single_characters_that_ignore_case():
    # Punkt ignores no case. In the word stage clitics do, with regex, and contractions, with re.
    for letter in "revlmtsdn'":
        alike = matched(regex, f"(?i){letter}")
        extra = {0x17F} if letter == "s" else set()
        assert alike == {ord(letter), ord(letter.upper())} | extra, letter
    for letter in "acdegilmnorstwy'":
        alike = matched(re, f"(?i){letter}")
        extra = {"s": {0x17F}, "i": {0x130, 0x131}}.get(letter, set())
        assert alike == {ord(letter), ord(letter.upper())} | extra, letter


def test_where_a_boundary_and_the_end_are():
    word = matched(regex, r"\w")
    boundary = regex.compile(r"m\b").match
    assert {ord(char) for char in EVERY_CHARACTER if not boundary(f"m{char}")} == word
    for engine in (re, regex):
        for flags in (0, engine.MULTILINE):
            end = engine.compile("a$", flags).match
            assert [char for char in EVERY_CHARACTER if end(f"a{char}")] == ["\n"]


def test_code_points_whose_class_differs_from_the_one_before(upstream_tokenizers):
    def kind(code):
        char = chr(code)
        nltk_kind = (code in word, code in space, code in digit)
        return *nltk_kind, char.isalnum(), char.isspace(), char.isupper(), char.islower()

    word, space, digit = (matched(regex, pattern) for pattern in (r"\w", r"\s", r"\d"))
    codes, last = [*range(0x180)], kind(0x17F)
    for code in range(0x180, sys.maxunicode + 1):
        new = kind(code)
        if new != last:
            codes.append(code)
        last = new
    assert len(codes) > 2000
    texts = list(code_point_texts(codes[:0x180] + codes[0x180::8]))
    for pairs in stages().values():
        assert list(differences(pairs, texts)) == []


def test_punkt_parameters_are_those_of_the_source():
    ours = model.punkt_model()
    assert ours.abbreviations == english.ABBREV_TYPES
    assert ours.starters == english.SENT_STARTERS
    assert ours.collocations == english.COLLOCATIONS
    kept = {word: n for word, n in english.ORTHO_CONTEXT.items() if n & model.SMALL}
    assert ours.contexts == kept
    assert 0 < len(kept) < len(english.ORTHO_CONTEXT)


def test_the_contexts_left_out_answer_like_an_unknown_word():
    def answers(context):
        return (
            bool(context & model.SMALL and not context & model.CAPITAL_INSIDE),  # capital: starts
            bool(context & model.CAPITAL or not context & model.SMALL_FIRST),  # small: does not
            not context & model.SMALL,  # after an initial
        )

    left_out = {n for n in english.ORTHO_CONTEXT.values() if not n & model.SMALL}
    assert left_out
    assert {answers(n) for n in left_out} == {answers(0)}


COUNTS = {
    **{"english": 198, "german": 232, "french": 157, "russian": 151, "spanish": 313},
    **{"italian": 279, "portuguese": 207, "chinese": 841},
}


def test_stopwords():
    assert {language: len(set(stopwords(language))) for language in LANGUAGES} == COUNTS
    assert {language: len(stopwords(language)) for language in LANGUAGES} == COUNTS
    words = stopwords("english")
    assert words[0] == "a"
    assert {"the", "n't", "'s"} & set(words) == {"the"}
    with pytest.raises(ValueError, match="'klingon'; available: english, german, french"):
        stopwords("klingon")


@pytest.mark.parametrize("language", COUNTS)
def test_stopwords_are_those_of_nltk_data(language):
    path = SHARED / "nltk_data" / "corpora" / "stopwords" / language
    if not path.exists():
        pytest.skip("no ../shared/data here")
    theirs = path.read_text(encoding="utf-8").splitlines()
    if language != "english":
        assert theirs == list(stopwords(language))
        return
    # Releases of the list differ in words with an apostrophe, which are no tokens.
    assert {word for word in theirs if "'" not in word} == {
        word for word in stopwords("english") if "'" not in word
    }


TABLES = [
    *("punkt_english.txt", "char_classes.txt", "word_break.txt"),
    *(f"stopwords_{language}.txt" for language in LANGUAGES),
]


@pytest.mark.parametrize("name", TABLES)
def test_tables_name_their_source(name):
    assert "Source:" in header(name)
    assert all(len(line) <= 100 for line in header(name).splitlines())
    assert read_table(name)


def test_once_runs_once_from_many_threads():
    runs, results, barrier = [], [], threading.Barrier(8)

    @once
    def build():
        runs.append(1)
        return object()

    def work():
        barrier.wait()
        results.append(build())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1
    assert len(results) == 8
    assert len(set(results)) == 1
