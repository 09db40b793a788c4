"""Compare the words and segments of any number of random texts with other implementations.

``python -m tests.lexical.uax29_sweep --count 300000 --seed 1`` compares the native twin (stage
``native``) and two peers: the unicode-segmentation crate (``crate``) and uniseg (``uniseg``), which
is slow and gets a tenth of the texts.
``--code-points 0 10FFFF`` tries each of a range in context, natively. Prints the differences;
exits with 1 when there are any. ``--write FOLDER`` keeps inputs and results for ``make sanitize``.
"""

import argparse
import re
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import accumulate, chain
from pathlib import Path
from random import Random
from typing import BinaryIO, NamedTuple

import unicode_segmentation_rs
import uniseg.emoji
import uniseg.wordbreak

from embedfn.kernels import _uax29
from embedfn.lexical.uax29 import code_ranges, segment_spans, word_spans
from tests.lexical.strings import WORDS, random_text

EXAMPLES = 10
# Two of each value and more of what rules tell apart; a character that is both a letter and a
# pictograph, an ideograph, a Thai letter, others that are words by property only, and surrogates.
PIECES = [
    *("a", "Z", "é", "ß", "я", "ⓜ", "Ⓜ", "\U0001f170", "א", "ב", "1", "9", "٣", "٫", "ア", "ー"),
    *("_", "\u203f", "'", '"', ".", "\u2019", "\uff0e", ":", "\xb7", ",", ";", "\u066c", "\n"),
    *("\r", "\r\n", "\x0b", "\x85", "\u2028", " ", "\u3000", "\xa0", "\t", "\u0301", "\u0345"),
    *("\u0903", "\U0001f3fd", "\ufe0f", "\u20e3", "\xad", "\u2060", "\u200d", "\U0001f1e6"),
    *("\U0001f1e9", "\U0001f6d1", "\u2764", "\xa9", "中", "い", "ก", "\u0e31", "½", "²", "€", "-"),
    *("(", "#", "\x00", "\ud800", "\udfff", "\U0010ffff"),
]
ASCII = [*"aZ1_'\"..:,; \n\r-(#\x00\x7f", "don't", "3.14", "e.g.", "a:b", "1,000", "__"]
AROUND = (
    *("a{0}a", "1{0}1", "ア{0}ア", "א{0}א", "_{0}_", " {0} ", "\u200d{0}{0}\U0001f6d1"),
    *("\U0001f1e6{0}\U0001f1e6", "a'{0}'a", "1,{0},1", "x\r{0}\nx"),
)


def random_words(rng: Random) -> str:
    """A text of one of several makes, up to some hundred characters long."""
    return rng.choice(_MAKES)(rng)


def _soup(rng: Random) -> str:
    """A few of the pieces, again and again."""
    few = rng.choices(rng.choice([PIECES, PIECES, ASCII]), k=rng.randint(1, 8))
    return "".join(rng.choices(few, k=rng.randint(0, 20)))


def _any_soup(rng: Random) -> str:
    """All of the pieces."""
    return "".join(rng.choices(PIECES, k=rng.randint(0, 30)))


def _at_an_edge(rng: Random) -> str:
    """A soup where a block of 64 bytes may end, in ASCII."""
    filler = rng.choice(["x", " ", "_", "x ", "ab.", "1,", ". ", "'"])
    before = (filler * 70)[: rng.randint(50, 66) + 64 * rng.randint(0, 1)]
    after = "".join(rng.choices(ASCII, k=rng.randint(0, 70)))
    return before + rng.choice([_soup, _any_soup])(rng)[: rng.randint(1, 12)] + after


def _sparse(rng: Random) -> str:
    """English words, with a piece now and then."""
    pieces = []
    for _ in range(rng.randint(0, 60)):
        pieces.append(rng.choice(WORDS))
        pieces.append(rng.choice([" ", " ", " ", "", ". ", rng.choice(ASCII), rng.choice(PIECES)]))
    return "".join(pieces)


_MAKES: list[Callable[[Random], str]] = [
    *(random_text, _soup, _any_soup, _at_an_edge, _at_an_edge, _sparse),
]


def cuts(text: str) -> list[int]:
    """Where our segments end."""
    return [end for _, end in segment_spans(text)]


def crate_cuts(text: str) -> list[int]:
    """Where those of the unicode-segmentation crate do."""
    return list(accumulate(map(len, unicode_segmentation_rs.split_word_bounds(text))))


def uniseg_cuts(text: str) -> list[int]:
    """Where those of uniseg do."""
    return list(uniseg.wordbreak.word_boundaries(text))[1:] if text else []


def _values() -> list[tuple[str, bool]]:
    """Each code point's Word_Break value and whether it is pictographic, as uniseg calls it."""
    from embedfn.lexical.uax29 import _PICTOGRAPHIC, _VALUES

    values = [("Other", False)] * 0x110000
    for first, last, code in code_ranges():
        value = _VALUES[code % _PICTOGRAPHIC], bool(code & _PICTOGRAPHIC)
        values[first : last + 1] = [value] * (last + 1 - first)
    return values


@cache
def joined_pictograph() -> re.Pattern[str]:
    """Joiners before a pictograph."""
    return re.compile(f"\u200d+(?=[{''.join(chr(c) for c, v in enumerate(_values()) if v[1])}])")


@cache
def strange_to_uniseg() -> frozenset[str]:
    """Characters that uniseg's Unicode has other values for."""
    theirs = uniseg.wordbreak.word_break, uniseg.emoji.extended_pictographic
    return frozenset(
        chr(code)
        for code, value in enumerate(_values())
        if (theirs[0](chr(code)).value, bool(theirs[1](chr(code)))) != value
    )


@cache
def strange_to_crate() -> frozenset[str]:
    """Characters that the crate segments in another way: its Unicode is older."""
    found = []
    for codes in interesting_codes():
        texts = [joined_pictograph().sub("", context_text([code])) for code in codes]
        if cuts("".join(texts)) != crate_cuts("".join(texts)):
            pairs = zip(codes, texts, strict=True)
            found += [chr(code) for code, text in pairs if cuts(text) != crate_cuts(text)]
    return frozenset(found)


def interesting_codes(size: int = 32) -> Iterator[list[int]]:
    """All code points of the first two planes, some of the others, but no surrogates; in lists."""
    planes = [range(0xD800), range(0xE000, 0x20000), range(0xE0000, 0xE1000)]
    rest = [range(0x20000, 0xE0000, 97), range(0xE1000, 0x110000, 9973)]
    codes = list(chain(*planes, *rest))
    for start in range(0, len(codes), size):
        yield codes[start : start + size]


def context_text(codes: Iterable[int]) -> str:
    """Each code point between characters of most values."""
    template = "\n".join(AROUND)
    return "".join(template.format(chr(code)) + "\n" for code in codes)


def known_to_crate(text: str) -> str:
    """The text without what the crate does otherwise.

    That is characters newer than its Unicode, surrogates, which it cannot take, and a joiner before
    a pictograph: it forgets by that what stood before, such as a letter and a mark, and whether the
    pictograph is a letter too.
    """
    strange = strange_to_crate()
    text = "".join(c for c in text if c not in strange and not "\ud800" <= c <= "\udfff")
    return joined_pictograph().sub("", text)


def known_to_uniseg(text: str) -> str:
    """The text without the characters newer than uniseg's Unicode."""
    return "".join(c for c in text if c not in strange_to_uniseg())


@cache
def native_table() -> _uax29.WordBreakTable:
    """The table that the native twin works with."""
    return _uax29.WordBreakTable(code_ranges())


def byte_spans(text: str) -> list[tuple[int, int]]:
    """The words of the Python twin, in bytes."""
    if text.isascii():
        return word_spans(text)
    sizes = (len(char.encode("utf-8", "surrogatepass")) for char in text)
    places = list(accumulate(sizes, initial=0))
    return [(places[start], places[end]) for start, end in word_spans(text)]


def native_spans(text: str) -> list[list[tuple[int, int]]]:
    """The words of the native twin, by each of its ways to find them in ASCII."""
    encoded = text.encode("utf-8", "surrogatepass")
    table = native_table()
    return [table.word_spans(encoded, way) for way in range(table.ways)]


class Stage(NamedTuple):
    """Two functions that must agree on a text, once it is made fit for them."""

    ours: Callable[[str], object]
    theirs: Callable[[str], object]
    fit: Callable[[str], str]


STAGES = {
    "native": Stage(lambda text: [byte_spans(text)] * native_table().ways, native_spans, str),
    "crate": Stage(cuts, crate_cuts, known_to_crate),
    "uniseg": Stage(cuts, uniseg_cuts, known_to_uniseg),
}


def differences(stage: Stage, texts: Iterable[str]) -> Iterator[str]:
    """Texts on which the two do not agree."""
    for given in texts:
        text = stage.fit(given)
        if stage.ours(text) != stage.theirs(text):
            yield text


def write(folder: Path, texts: Iterable[str]) -> None:
    """Keep texts with their words, and the table, for the sanitizers."""
    triples = (struct.pack("<3I", *one) for one in code_ranges())
    (folder / "uax29_ranges.bin").write_bytes(b"".join(triples))
    with (folder / "uax29.bin").open("wb") as file:
        for text in texts:
            _write_part(file, text.encode("utf-8", "surrogatepass"))
            _write_part(file, "".join(f"{a} {b}\n" for a, b in byte_spans(text)).encode())


def _write_part(file: BinaryIO, part: bytes) -> None:
    """Write bytes behind their number."""
    file.write(len(part).to_bytes(4, "little") + part)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.lexical.uax29_sweep", description=__doc__
    )
    parser.add_argument("--count", type=int, default=0, help="random texts for each stage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--code-points", nargs=2, metavar=("FIRST", "LAST"))
    parser.add_argument("--write", type=Path, help="a folder for inputs and results")
    args = parser.parse_args()
    if args.write:
        rng = Random(args.seed)
        write(args.write, (random_words(rng) for _ in range(args.count)))
        return 0
    found = 0
    if args.code_points:
        first, last = (int(code, 16) for code in args.code_points)
        found += _sweep("native", (context_text([code]) for code in range(first, last + 1)))
    for name in args.stages if args.count else ():
        rng = Random(args.seed)
        count = args.count // (10 if name == "uniseg" else 1)
        found += _sweep(name, (random_words(rng) for _ in range(count)))
    return found > 0


def _sweep(name: str, texts: Iterable[str]) -> int:
    """Run one stage; the number of differences."""
    stage, start, seen, found = STAGES[name], time.monotonic(), 0, 0

    def counted() -> Iterator[str]:
        nonlocal seen
        for text in texts:
            seen += 1
            yield text

    for text in differences(stage, counted()):
        found += 1
        if found <= EXAMPLES:
            ours, theirs = stage.ours(text), stage.theirs(text)
            sys.stdout.write(f"{name}: {text!a}\n  ours    {ours}\n  theirs  {theirs}\n")
    spent = time.monotonic() - start
    sys.stdout.write(f"{name}: {found} differences in {seen} texts, {spent:.0f} s\n")
    sys.stdout.flush()
    return found


if __name__ == "__main__":
    sys.exit(main())
