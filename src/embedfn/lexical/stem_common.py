"""What the stemmers share: the regions of a word, cuts that keep them right, remembered stems.

Sources: https://snowballstem.org/texts/r1r2.html (R1 and R2) and
https://snowballstem.org/algorithms/spanish/stemmer.html (RV), as ``nltk.stem.snowball``
(Apache-2.0) has them.

A region is a suffix of the word and is given by its length.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import NamedTuple

from embedfn.lexical.checks import check_str

# Longer words are rare and may be huge; they are not kept.
_LONGEST_KEPT = 64


def remembered(stem: Callable[[str], str]) -> Callable[[str], str]:
    """Make a stemmer check its argument and remember the stems of recently seen words.

    The result takes any str, which the stemmer puts in lower case first, and raises TypeError for
    anything else. Words of up to 64 characters are remembered. The attribute ``__wrapped__`` is the
    cache, that of the cache is the bare stemmer.
    """
    cached = lru_cache(maxsize=1 << 16)(stem)

    @wraps(cached)
    def checked(word: str) -> str:
        check_str(word, "word")
        return cached(word) if len(word) <= _LONGEST_KEPT else stem(word)

    return checked


class Vowels:
    """A language's vowels; every other character is a consonant.

    Parameters
    ----------
    letters : str
        The vowels, in lower case.
    """

    def __init__(self, letters: str) -> None:
        self.letters = letters
        self.first = re.compile(f"[{letters}]")
        self.pair = re.compile(f"[{letters}][^{letters}]")
        self.first_consonant = re.compile(f"[^{letters}]")

    def __contains__(self, letter: str) -> bool:
        return letter in self.letters

    def r1_r2(self, word: str) -> tuple[int, int]:
        """The lengths of R1 and R2.

        R1 lies behind the first consonant that follows a vowel; R2 likewise within R1.
        """
        start_1 = self.after_pair(word, 0)
        return len(word) - start_1, len(word) - self.after_pair(word, start_1)

    def after_pair(self, word: str, start: int) -> int:
        """Where the part behind the first vowel followed by a consonant begins."""
        return _end(self.pair, word, start)

    def rv(self, word: str) -> int:
        """The length of RV, as in Italian, Portuguese and Spanish.

        With a consonant in second place, what lies behind the next vowel; with two vowels first,
        what lies behind the next consonant; else all but three letters.
        """
        if len(word) < 2:
            return 0
        if word[1] not in self.letters:
            return len(word) - _end(self.first, word, 2)
        if word[0] in self.letters:
            return len(word) - _end(self.first_consonant, word, 2)
        return max(len(word) - 3, 0)

    def mark_consonants(self, word: str, between: str, beside: str = "") -> str:
        """Write vowels that serve as consonants as capitals, which are no vowels.

        From left to right, so that one already marked is no neighbour that counts. The first and
        the last letter stay.

        Parameters
        ----------
        word : str
            The word in lower case.
        between : str
            Letters that are consonants between two vowels.
        beside : str, default ""
            Letters that are consonants before or behind a vowel.
        """
        chars = list(word)
        for at in range(1, len(chars) - 1):
            if chars[at] in between:
                if chars[at - 1] in self.letters and chars[at + 1] in self.letters:
                    chars[at] = chars[at].upper()
            elif chars[at] in beside and (
                chars[at - 1] in self.letters or chars[at + 1] in self.letters
            ):
                chars[at] = chars[at].upper()
        return "".join(chars)


def _end(pattern: re.Pattern[str], word: str, start: int) -> int:
    """Where the first match ends; the end of the word without one."""
    found = pattern.search(word, start)
    return found.end() if found else len(word)


def suffix_of(word: str, suffixes: Iterable[str]) -> str:
    """The first suffix in the list that the word ends with, or the empty string."""
    return next(filter(word.endswith, suffixes), "")


class Form(NamedTuple):
    """A word under treatment and the lengths of its regions."""

    word: str
    r1: int
    r2: int
    rv: int = 0

    def replace(self, cut: int, add: str = "") -> "Form":
        """Replace the last letters; a region shorter than the cut becomes what is added."""
        word, r1, r2, rv = self
        grown = len(add)
        return Form(
            (word[:-cut] if cut else word) + add,
            max(r1 - cut, 0) + grown,
            max(r2 - cut, 0) + grown,
            max(rv - cut, 0) + grown,
        )

    def r1_ends(self, suffix: str) -> bool:
        """Whether R1 ends with a suffix."""
        return self.r1 >= len(suffix) and self.word.endswith(suffix)

    def r2_ends(self, suffix: str) -> bool:
        """Whether R2 ends with a suffix."""
        return self.r2 >= len(suffix) and self.word.endswith(suffix)

    def rv_ends(self, suffix: str) -> bool:
        """Whether RV ends with a suffix."""
        return self.rv >= len(suffix) and self.word.endswith(suffix)

    def first_in_r1(self, suffixes: Iterable[str]) -> str:
        """The first suffix in the list that R1 ends with, or the empty string."""
        return suffix_of(self.word[len(self.word) - self.r1 :], suffixes)

    def first_in_r2(self, suffixes: Iterable[str]) -> str:
        """The first suffix in the list that R2 ends with, or the empty string."""
        return suffix_of(self.word[len(self.word) - self.r2 :], suffixes)

    def first_in_rv(self, suffixes: Iterable[str]) -> str:
        """The first suffix in the list that RV ends with, or the empty string."""
        return suffix_of(self.word[len(self.word) - self.rv :], suffixes)

    def cut_first_in_r2(self, suffixes: Iterable[str]) -> "Form":
        """Cut the first suffix in the list that R2 ends with, if any."""
        suffix = self.first_in_r2(suffixes)
        return self.replace(len(suffix)) if suffix else self
