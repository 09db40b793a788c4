"""Time is linear in a text's length, and long texts give what NLTK gives."""

import time

import pytest

from embedfn.lexical.analyzer import build_default_analyzer
from tests.lexical.sweep import differences, stages

UNITS = [
    *(
        " ",
        "\n",
        "\u3000",
        "\x1c",
        "a",
        "y",
        "é",
        "\u0301",
        "\ud800",
        ".",
        "!",
        "'",
        '"',
        "`",
        ",",
        "-",
    ),
    *(
        ". ",
        ".\xa0",
        ".\n",
        ". . x ",
        "? ",
        "a.",
        "A. ",
        "3. ",
        "9,",
        "-9,",
        "(",
        "]",
        ".)",
        ".]\t",
    ),
    *("’", "'s", "n't ", "' ", "cannot", "wanna ", "#", "—", "ing", "'s'", "U.S. The ", "x.\u2003"),
    *('!" ', '"\n', "a\x0b", "a\x1c.", "x,", "--.", "'\u0301"),
]
LENGTH = 60_000
# The slowest takes 0.5 s where a quadratic one would take minutes; the rest is for slow machines.
LIMIT = 8


@pytest.mark.parametrize("unit", UNITS, ids=ascii)
def test_time_is_linear(unit):
    analyzer = build_default_analyzer()
    text = unit * (LENGTH // len(unit))
    start = time.process_time()
    analyzer(f"x. {text} y.")
    assert time.process_time() - start < LIMIT


@pytest.mark.parametrize("ends", [("", ""), ("x. ", ""), ("x.", " Y.")])
def test_long_texts_equal(ends, upstream_tokenizers):
    before, after = ends
    texts = [before + unit * (2000 // len(unit)) + after for unit in UNITS]
    for pairs in stages().values():
        assert list(differences(pairs, texts)) == []
