"""Texts that look for the edges of memory, run through the native analysis.

``python -m tests.lexical.fuzz --count 20000 --seed 1`` compares the native terms with those of the
analyzer, on one thread and three, from new and from remembered forms; exits with 1 when any differ.
Made for builds with sanitizers (``make sanitize``), where each str is a piece of memory of its own;
``--write FILE`` keeps the texts instead, for tests/native/sanitize_analysis.cpp, which runs them
without Python, each at every alignment in memory of exactly its size.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

from embedfn.lexical.analyzer import build_default_analyzer
from embedfn.lexical.fast import analysis_of
from tests.lexical.strings import random_text
from tests.lexical.test_fast import SOUP, WORDS, terms_of

SIZES = range(71)  # beyond four loads of 16 bytes
BATCH = 2000
# Characters that make a str's storage ASCII, or 1, 2 or 4 bytes a character wide.
WIDTHS = ["", "\xe9\xab\xbb\x85\xa0\xb2", "\u2019\u201d\u2026\u4e2d\u2028\u3000\ud800\u200b\u0301"]
WIDTHS.append("\U0001f642\U0001d7d9\U00020000\U0010ffff")
# What a rule may look behind, at the end of a text.
TAILS = [
    *(
        "",
        ".",
        "?",
        "!",
        "...",
        ". ",
        '."',
        ".'",
        ".)",
        "''",
        '"',
        "'",
        "'s",
        "n't",
        " ",
        "\n",
        ".",
    ),
    *("\r\n", "-", "--", ",", ":", "`", "``", "\x1c", "\x00", "x.", ". x", ".\u2019", ".\u201d"),
    *(
        ".\xbb",
        "\xa0",
        "\u2028",
        "\u3000",
        "\ud800",
        "\u2018",
        "\u2026",
        "\xc2",
        "\u2020",
        "\u3001",
    ),
    *("cannot", "U.S.", "Mr. X", "3.", ".5", " 'tis", "d'ye", "\U0001f642", "etc.)"),
]
# Each makes runs of one kind, or what a rule must tell apart.
FILLS = [
    "a",
    "ab ",
    "aB. ",
    "x\n",
    ". ",
    ".",
    "'",
    '"',
    "-",
    " ",
    "(a) ",
    "don't ",
    "e.g. ",
    "1,0 ",
]


def sized_text(size: int, width: str, tail: str, rng: Random) -> str:
    """A text of so many characters, with one of those in `width` somewhere and the tail last."""
    fill = rng.choice([*FILLS, *FILLS, "".join(rng.choices(SOUP, k=5))])
    chars = list((fill * size)[:size])
    chars[max(0, size - len(tail)) :] = tail[:size]
    if width and chars:
        place = rng.choice([0, -1, rng.randrange(size)])
        chars[place] = rng.choice(width)
    return "".join(chars)


def edge_texts(rng: Random) -> Iterator[str]:
    """Every size up to four loads of 16 bytes, every width of storage, every tail."""
    for size in SIZES:
        for width in WIDTHS:
            for tail in TAILS:
                yield sized_text(size, width, tail, rng)


def short_text(rng: Random) -> str:
    """A soup of what rules tell apart, or a text with a tail at the edge of some load."""
    if rng.random() < 0.5:
        return "".join(rng.choices(rng.choice([SOUP, WORDS]), k=rng.randrange(16)))
    return sized_text(rng.choice(SIZES), rng.choice(WIDTHS), rng.choice(TAILS), rng)


def random_texts(count: int, seed: int) -> Iterator[str]:
    """Short texts, adversarial texts, and texts cut off anywhere."""
    rng = Random(seed)
    for _ in range(count):
        kind = rng.randrange(4)
        if kind < 2:
            yield short_text(rng)
        elif kind == 2:
            yield random_text(rng)
        else:
            text = random_text(rng)
            yield text[rng.randrange(len(text) + 1) :][: rng.choice(SIZES)]


def differences(texts: Iterable[str]) -> Iterator[tuple[str, object, object]]:
    """Texts whose native terms are not the analyzer's: (text, native, analyzer)."""
    source = iter(texts)
    while batch := list(islice(source, BATCH)):
        analyzer = build_default_analyzer("en")
        wanted = [analyzer(text) for text in batch]
        for n_threads in (1, 3):
            analysis = analysis_of(build_default_analyzer("en"))
            for found in (terms_of(analysis, batch, n_threads) for _ in ("new", "remembered")):
                for text, got, expected in zip(batch, found, wanted, strict=True):
                    if got != expected:
                        yield text, got, expected


def write(texts: Iterable[str], path: Path) -> None:
    """Write each text in UTF-8, its size in four bytes before it."""
    with path.open("wb") as file:
        for text in texts:
            encoded = text.encode("utf-8", "surrogatepass")
            file.write(len(encoded).to_bytes(4, "little") + encoded)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.lexical.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=20_000, help="random texts beside the edges")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, metavar="FILE")
    args = parser.parse_args()
    start = time.monotonic()
    texts = [*edge_texts(Random(args.seed)), *random_texts(args.count, args.seed)]
    if args.write:
        write(texts, args.write)
        return 0
    found = 0
    for text, got, expected in differences(texts):
        found += 1
        sys.stdout.write(f"{text!a}\n  native   {got!a}\n  analyzer {expected!a}\n")
    spent = time.monotonic() - start
    where = sys.modules["embedfn.kernels._analysis"].__file__
    sys.stdout.write(f"{where}: {found} differences in {len(texts)} texts, {spent:.0f} s\n")
    return found > 0


if __name__ == "__main__":
    sys.exit(main())
