r"""What NLTK's regular expressions call a word character, white space and a digit.

NLTK 3.10 matches with the third-party ``regex`` engine. Its ``\w`` is not that of the standard
library's ``re``: combining marks, joiners and letters newer than Python's Unicode tables are in it,
some numerals are not. Its ``\d`` has newer digits, and its ``\s`` leaves out U+001C to U+001F. The
ranges are kept as data, so that the result depends neither on that engine nor on Python's release.
"""

from typing import NamedTuple

from embedfn.lexical.tables import once, read_ranges


class CharClasses(NamedTuple):
    r"""Bodies of character sets, to be put between ``[`` and ``]`` or ``[^`` and ``]``."""

    word: str
    space: str
    digit: str


def char_ranges() -> dict[str, list[tuple[int, int]]]:
    """Return the ranges of code points of each class, both ends included, in ascending order."""
    return read_ranges("char_classes.txt")


@once
def char_classes() -> CharClasses:
    """Return the three classes, for use in patterns of the standard library's ``re``."""
    bodies = {
        name: "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)
        for name, ranges in char_ranges().items()
    }
    return CharClasses(**bodies)
