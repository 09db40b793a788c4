"""Unicode's words: the Consortium's cases, two other implementations, and the native twin."""

import re
import time
import unicodedata
from importlib.metadata import distribution
from importlib.resources import files
from itertools import product
from pathlib import Path
from random import Random

import pytest
import regex

from embedfn.kernels import _uax29
from embedfn.lexical import uax29
from embedfn.lexical.tables import read_ranges
from embedfn.lexical.uax29 import code_ranges, segment_spans, word_spans, words
from tests.lexical import uax29_sweep
from tests.lexical.uax29_sweep import (
    ASCII,
    STAGES,
    context_text,
    crate_cuts,
    cuts,
    differences,
    known_to_crate,
    native_spans,
    random_words,
)
from tests.shared_data import read_lines

CASES = Path(__file__).parents[1] / "data" / "word_break_test.txt"
EVERY_CHARACTER = "".join(map(chr, range(0x110000)))
# Unicode 17 took Extended_Pictographic from U+2701, so that no rule joins it any more.
NO_LONGER_JOINED = ["÷ 2701 × 200D × 2701 ÷", "÷ 0061 × 200D × 2701 ÷"]


def cases():
    """Texts and where their segments end, by line."""
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        text, ends = "", []
        for item in line.split():
            if item == "÷":
                ends.append(len(text))
            elif item != "×":
                text += chr(int(item, 16))
        yield line, text, ends[1:]


def test_the_consortiums_cases():
    found = {line: cuts(text) == ends for line, text, ends in cases()}
    assert len(found) > 1800
    assert [line for line, right in found.items() if not right] == NO_LONGER_JOINED


def table_header():
    return (files("embedfn.lexical") / "data" / "word_break.txt").read_text(encoding="utf-8")


def same_unicode():
    """Does the installed regex engine have the Unicode version of the table?"""
    supported = re.search(
        r"supports Unicode ([\d.]+\d)", distribution("regex").read_text("METADATA") or ""
    )
    return supported is not None and f"Source: Unicode {supported[1]} " in table_header()


same_unicode_only = pytest.mark.skipif(
    not same_unicode(), reason="the regex engine has another version of Unicode than the table"
)


@same_unicode_only
@pytest.mark.parametrize("name", read_ranges("word_break.txt"))
def test_properties_are_those_of_the_regex_engine(name):
    general = {"Alphabetic": "Alphabetic", "Number": "N", "Extended_Pictographic": "ExtPict"}
    pattern = rf"\p{{{general.get(name, f'Word_Break={name}')}}}"
    ours = {c for a, b in read_ranges("word_break.txt")[name] for c in range(a, b + 1)}
    assert ours == set(map(ord, regex.findall(pattern, EVERY_CHARACTER)))


@same_unicode_only
def test_no_value_is_missing():
    values = "|".join(rf"\p{{Word_Break={value}}}" for value in uax29._VALUES)
    assert regex.fullmatch(f"(?:{values})*+", EVERY_CHARACTER)


@same_unicode_only
def test_what_makes_a_segment_a_word():
    base = r"[^\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]"
    letter = r"\p{WB=ALetter}\p{WB=Hebrew_Letter}\p{WB=Numeric}\p{WB=Katakana}"
    other = r"\p{Alphabetic}\p{N}\p{ExtPict}\p{WB=Regional_Indicator}"
    is_word = regex.compile(rf"(?={base})[{letter}{other}]").search
    rng = Random("embedfn rule")
    for text in [*(random_words(rng) for _ in range(4000)), *"\n".join(EVERY_CHARACTER[::3])]:
        spans = [span for span in segment_spans(text) if is_word(text, *span)]
        assert word_spans(text) == spans, ascii(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("", ""), (" \t\n", ""), ("hello", "hello"), ("Hello, World!", "Hello World")],
        ("can't O'Neill’s rock'n'roll 'tis x'", "can't O'Neill’s rock'n'roll tis x"),
        ("e.g. U.S.A. 3.14 1,000.50 12:30", "e.g U.S.A 3.14 1,000.50 12 30"),
        ("a:b a;b 1;2 1:2 a,b 1,2", "a:b a b 1;2 1 2 a b 1,2"),
        ("a.1 1.a a..b a.,b 1.,2 .5 5.", "a 1 1 a a b a b 1 2 5 5"),
        ("snake_case __init__ _ ___ _x_ a_.b 1_000", "snake_case __init__ _x_ a_ b 1_000"),
        ("brown-fox c++ #tag @user 50% $5 x=y", "brown fox c tag user 50 5 x y"),
        ("me@x.org http://a.b/c?d=e", "me x.org http a.b c d e"),
        ("中文 仮名い カタカナ 한국어 ทำ", "中 文 仮 名 い カタカナ 한국어 ท ำ"),
        ("צה\"ל ז' ג'ירף x\"y", "צה\"ל ז' ג'ירף x y"),
        ("½ m² ⅷ ①②", "½ m ² ⅷ ① ②"),
        ("👩‍🔬👍🏽 🇩🇪🇫🇷🇪 1️⃣ ❤️ ©", "👩‍🔬 👍🏽 🇩🇪 🇫🇷 🇪 1️⃣ ❤️ ©"),
        # marks on nothing that is a word, arrows, currency, underscores beyond ASCII
        ("- \u0301 -\u093e #\ufe0f\u20e3 → € \u203f", ""),
        ("co\u00adoperate e\u0301a \u200dx", "co\u00adoperate e\u0301a x"),
        ("a\ud800b \udfff", "a b"),
    ],
)
def test_words_by_hand(text, expected):
    assert words(text) == expected.split()
    encoded = text.encode("utf-8", "surrogatepass")
    for spans in native_spans(text):
        assert [encoded[a:b].decode() for a, b in spans] == expected.split()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a  \u200d© b", ["a", "  \u200d©", "b"]),
        (f"{' ' * 130}\u200d©", [f"{' ' * 130}\u200d©"]),
        (" \u0301 \u200d©", [" \u200d©"]),
        ("é  \u200d© \u200d©", ["é", "  \u200d©", " \u200d©"]),
        ("x-\u200d©-\u200d©y", ["x", "-\u200d©", "-\u200d©", "y"]),
        ("a.\u200d© 1,\u200d©", ["a", ".\u200d©", "1", ",\u200d©"]),
        ("\r\u200d©\r\n\u200d©", ["\u200d©", "\u200d©"]),
        ("_\u200d©_ ", ["_\u200d©"]),
    ],
)
def test_joiners_before_pictographs(text, expected):
    assert words(text) == expected
    encoded = text.encode()
    for spans in native_spans(text):
        assert [encoded[a:b].decode() for a, b in spans] == expected


def test_segments_cover_the_text():
    rng = Random("embedfn cover")
    for _ in range(500):
        text = random_words(rng)
        assert "".join(text[start:end] for start, end in segment_spans(text)) == text


@pytest.mark.parametrize(("name", "count"), [("native", 12_000), ("crate", 8000), ("uniseg", 700)])
def test_random_texts(name, count):
    rng = Random(f"embedfn {name}")
    texts = [random_words(rng) for _ in range(count)]
    assert len(set(texts)) > count * 0.9
    assert list(differences(STAGES[name], texts)) == []


def test_only_newer_characters_are_strange_to_the_crate():
    strange = uax29_sweep.strange_to_crate()
    assert 100 < len(strange) < 1000
    # The crate is of Unicode 17: what it does not know, an older Python does not either.
    if unicodedata.unidata_version < "18":
        assert {unicodedata.category(char) for char in strange} == {"Cn"}


def test_the_crate_forgets_what_is_before_a_joiner_and_a_pictograph():
    text = "a.\u200d\U0001f6d1"
    assert crate_cuts(text) == [4]
    assert cuts(text) == uax29_sweep.uniseg_cuts(text) == [1, 4]
    assert known_to_crate(text) == "a.\U0001f6d1"


def test_every_code_point_in_context():
    ranges = code_ranges()
    changes = {c for r in ranges for c in (r.first - 1, r.first, r.last, r.last + 1)}
    codes = sorted({*range(0x3100), *changes, *range(0x3100, 0x110000, 101)} & {*range(0x110000)})
    assert list(differences(STAGES["native"], map(context_text, zip(codes, strict=True)))) == []


def test_every_code_point_alone():
    texts = ["\n".join(EVERY_CHARACTER[at : at + 4096]) for at in range(0, 0x110000, 4096)]
    assert list(differences(STAGES["native"], texts)) == []


def test_ascii_at_the_end_of_a_block():
    texts = ("".join(chosen) for chosen in product([*"aZ1_'.,: -", "\u0301", "é"], repeat=4))
    padded = ((filler * 64)[: 60 + i % 5] + text for i, text in enumerate(texts) for filler in "x ")
    assert list(differences(STAGES["native"], padded)) == []


def test_every_short_ascii_text():
    texts = ("".join(chosen) for size in range(4) for chosen in product(ASCII, repeat=size))
    assert list(differences(STAGES["native"], texts)) == []


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "a'", "a.1", "1,", "_", "'\u0301", "é'", "  \u200d", " \u0301", "\u200d©", "א'"),
        *(
            'א"',
            "\U0001f1e6",
            "ア_",
            "a\u0301_",
            "x" * 99 + "é",
            "x" * 99 + "'é",
            " " * 99 + "\u0301",
        ),
    ],
)
def test_long_texts_take_linear_time(unit):
    size = 100_000 // len(unit)
    start = time.process_time()
    for text in (unit * size, f"a{unit * size}", f"{unit * size}1", f"1{unit * size}a"):
        assert list(differences(STAGES["native"], [text])) == []
    # Quadratic time would be minutes.
    assert time.process_time() - start < 20


@pytest.mark.parametrize("name", ["linuxdoc", "lang.de", "lang.ru", "lang.ja", "lang.zh"])
def test_real_texts(name):
    texts = [document["text"] for document in read_lines(f"{name}.jsonl.gz")]
    chosen = texts[:: max(1, len(texts) // 300)]
    assert list(differences(STAGES["native"], chosen)) == []
    assert list(differences(STAGES["crate"], chosen)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda ranges: ranges[::-1],
        lambda ranges: [*ranges, (0x10FFFF, 0x110000, 8)],
        lambda ranges: [*ranges, (0x10FFFF, 0x10FFFF, 19)],
        lambda ranges: [(0, 5, 0), (5, 6, 0), *ranges],
        lambda ranges: [one for one in ranges if one[0] > 0x20],
        lambda ranges: [(1, 1, 8), *ranges],
    ],
)
def test_the_native_table_refuses_other_ranges(change):
    with pytest.raises(ValueError, match="ranges"):
        _uax29.WordBreakTable(change(code_ranges()))


def test_the_native_table_takes_bytes_only():
    table = uax29_sweep.native_table()
    for wrong in ("text", None, 3, bytearray(b"x")):
        with pytest.raises(TypeError):
            table.word_spans(wrong)
    with pytest.raises(OverflowError):
        _uax29.WordBreakTable([(-1, 5, 0)])
    for wrong in (None, [1], [(1, 2)], [("a", "b", "c")]):
        with pytest.raises((TypeError, ValueError)):
            _uax29.WordBreakTable(wrong)


def test_bytes_that_are_no_utf8_do_no_harm():
    rng = Random("embedfn bytes")
    for _ in range(3000):
        data = bytes(rng.choices([*range(256), *b"aa'. 1"], k=rng.randrange(150)))
        table = uax29_sweep.native_table()
        spans = [table.word_spans(data, way) for way in range(table.ways)]
        assert all(one == spans[0] for one in spans)
        ends = [end for span in spans[0] for end in span]
        assert ends == sorted(ends)
        assert all(0 <= start < end <= len(data) for start, end in spans[0])


def test_only_str():
    for wrong in (None, b"x", 3, ["x"]):
        for function in (words, word_spans, segment_spans):
            with pytest.raises(TypeError, match="text must be a str"):
                function(wrong)
