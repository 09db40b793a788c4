"""White space of every kind in the native analysis, against the analyzer, token for token.

A plain space, other ASCII white space, white space beyond ASCII and U+001C to U+001F are four
things to the rules: which one ends a word, a part, a line or a text differs from rule to rule.
"""

import sys
from itertools import product
from random import Random

import pytest

from embedfn import kernels
from embedfn.lexical.analyzer import Analyzer, build_default_analyzer
from embedfn.lexical.components import StandardTokenizer
from tests.lexical.languages import SENTENCES
from tests.lexical.strings import random_text
from tests.lexical.test_fast import check, counted, soups
from tests.shared_data import read_lines

pytestmark = pytest.mark.skipif(kernels.Analysis is None, reason="a Python twin is forced")

WHITE = [chr(code) for code in range(sys.maxunicode + 1) if chr(code).isspace()]
# Neighbours of white space in code points or in UTF-8, and what only looks like it.
NOT_WHITE = [
    *"\x08\x0e\x1b\x21\x84\x86\x9f\xa1\u0820\u0e80\u1681\u169f\u1fff\u200b\u2027\u202a\u202e\u2030",
    *"\u205e\u2060\u20a0\u2fff\u3001\u3040\u180e\ufeff\u4000\U00010000",
]
MARKS = [*".?!.?!,:'\"`()[]-*@T1\u2019\u201d\u201c\u00ab\u00bb", "'", ".", "...", "--", "''", "``"]
WORDS = [
    *("Mr.", "U.S.", "I.", "J.", "e.g.", "foo", "The", "the", "x", "B", "3.5", "1.", "can't"),
    *("don't", "'tis", "'Twas", "cannot", "wanna", "d'ye", "'s", "'ll", "n't", "O'", "\u4e2d"),
]
PIECES = [*WHITE, *WHITE, "\xa0", "\u3000", " ", " ", "\n", *NOT_WHITE[::6], *MARKS, *WORDS]


@pytest.fixture(scope="module")
def bare():
    """An analyzer that drops no token."""
    return Analyzer("bare", StandardTokenizer(), [], [])


@pytest.mark.parametrize("space", [*WHITE, *NOT_WHITE], ids=ascii)
def test_each_character(bare, space):
    around = [
        *("", "x.", "Mr.", "?", "x", "'s", "'tis", "wanna", "'", '"', ")", ".)", "''", "``"),
        *("\u00bb", "\u2019"),
    ]
    texts = [f"{a}{s}{b}" for a, b in product(around, repeat=2) for s in (space, f" {space}")]
    texts += [f"{text}{space}" for text in texts]
    check(bare, texts + [f"Foo. {text} B." for text in texts])


@pytest.mark.parametrize("space", ["\xa0", "\u3000"])
def test_where_two_words_of_the_bitmaps_meet(bare, space):
    texts = [
        f"{'a' * at}{space}b. C{space}{'d' * rest}" for at in range(56, 70) for rest in (0, 55, 190)
    ]
    texts += [text.replace(space, " ") for text in texts]
    check(bare, [text[:end] for text in texts for end in range(56, len(text) + 1)])


@pytest.mark.parametrize(
    "text",
    [
        ".\xa0.\n. B",  # no ellipsis, for a line ends in it
        ".\xa0.\xa0. B",
        ".\xa0. . B",
        ".\xa0.  . B",
        "x. \n\x1c",  # a second line that is nothing
        "x. \x1c",
        "x.\n\x1c\x1d\xa0y z",
        'x. ")\x1c',  # a closing quote before the text's end
        'x. ") \x1c\xa0',
        "x. \xa0.b. C",  # a mark that is not its word's first character
        "x.\xa0.b. C",
        "\xa0.b. C",
        " .b. C",
        "\x1c.\x1c",
        "Mr.\xa0Foo. Bar.\u3000Baz?\u3000\u300cQuux",
        "it's\x1cx 'tis\x1c'tis wanna\x1cwanna cannot\x1ccannot",
        "a,\x1cb; (\x1cc) \x1c,d, e\x1f",
    ],
)
def test_white_space_that_changes_a_rule(bare, text):
    check(
        bare, [text, f"A.{text}", f"A. {text}. Z", text.replace("\xa0", "\u2028"), f"{text}{text}"]
    )


@pytest.mark.parametrize(
    ("pieces", "length"),
    [
        ([".", "x", "'", '"', ")", " ", "\n", "\xa0", "\x1c"], 5),
        (["Mr.", "A", "!", "''", "\u2019", ",", " ", "\r", "\u3000", "\x1f"], 4),
        (["e.", "n't", "'tis", "wanna", "--", "(", " ", "\x85", "\u2029", "\x1d"], 4),
    ],
)  # fmt: skip
def test_every_short_string(bare, pieces, length):
    check(bare, ["".join(chosen) for chosen in product(pieces, repeat=length)])


@pytest.mark.parametrize("seed", range(3))
def test_random_texts(bare, seed):
    rng = Random(seed)
    texts = soups(seed, 4000, PIECES, 16) + [random_text(rng) for _ in range(1500)]
    texts += [text.replace(" ", rng.choice(WHITE)) for text in texts[::3]]
    check(bare, texts, n_threads=1 + seed)
    check(build_default_analyzer("en"), texts[::2])


@pytest.mark.parametrize("code", ["fr", "jp", "zh"])
def test_damaged_prose(bare, code):
    rng = Random(code)
    texts = []
    for _ in range(1500):
        chars = list("\u3000".join(rng.sample(SENTENCES[code], 3)))
        for _ in range(rng.randrange(12)):
            at = rng.randrange(len(chars))
            chars[at] = rng.choice(
                [chars[at] + rng.choice(WHITE), rng.choice(WHITE), rng.choice(PIECES), ""]
            )
        texts.append("".join(chars))
    check(bare, texts)


def narrowed(text):
    """French prose as it is printed, with no-break spaces at the marks that want one."""
    for mark in ";?!:\u00bb":
        text = text.replace(f" {mark}", f"\u202f{mark}")
    return text.replace("\u00ab ", "\u00ab\xa0")


def test_no_break_spaces_are_not_asked_of_python():
    lines = [narrowed(line) for line in SENTENCES["fr"]]
    assert sum(line.count("\xa0") + line.count("\u202f") for line in lines) >= 3
    lines += ["\xa0".join(lines), "\u3000" + "\u2028".join(lines).upper(), "Fin.\xa0\x1cFin. \x1f"]
    rules = counted(build_default_analyzer("fr"), lines)
    assert (rules.snippets, rules.parts) == ([], [])


def test_real_french_is_not_asked_of_python():
    texts = [document["text"] for document in read_lines("lang.fr.jsonl.gz")]
    texts = [text for text in texts if "\xa0" in text]
    assert len(texts) > 100
    rules = counted(build_default_analyzer("fr"), texts)
    assert (rules.snippets, rules.parts) == ([], [])
