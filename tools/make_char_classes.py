r"""Write ``src/embedfn/lexical/data/char_classes.txt`` from the third-party ``regex`` engine.

NLTK 3.10 matches with ``regex``, whose ``\w``, ``\s`` and ``\d`` are not those of Python's ``re``.
Run ``python tools/make_char_classes.py`` with the engine to follow installed.
"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import regex

TARGET = Path(__file__).parents[1] / "src/embedfn/lexical/data/char_classes.txt"
CLASSES = {"word": r"\w", "space": r"\s", "digit": r"\d"}
PER_LINE = 8

HEADER = """\
# Code points that the regex engine of NLTK 3.10 takes for word characters (\\w), white space (\\s)
# and digits (\\d), surrogates included.
# Source: PyPI regex {version} (Apache-2.0 and CNRI-Python), Unicode {unicode}, asked about every
# code point.
# Written by tools/make_char_classes.py; do not edit.
#
# Each line: a class and some of its ranges, FIRST-LAST in hexadecimal, both ends included.
"""


def ranges(pattern: str) -> Iterator[str]:
    """The ranges of code points that the pattern matches."""
    match = regex.compile(pattern).fullmatch
    first = None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and match(chr(code)) is not None
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            yield f"{first:04X}-{code - 1:04X}"
            first = None


def main() -> None:
    """Write the table."""
    engine = distribution("regex")
    supported = re.search(r"supports Unicode ([\d.]+\d)", engine.read_text("METADATA") or "")
    if supported is None:
        message = "this release of regex does not say which Unicode version it supports"
        raise ValueError(message)
    lines = [HEADER.format(version=engine.version, unicode=supported[1])]
    for name, pattern in CLASSES.items():
        found = list(ranges(pattern))
        for start in range(0, len(found), PER_LINE):
            lines.append(f"{name} {' '.join(found[start : start + PER_LINE])}\n")
    TARGET.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
