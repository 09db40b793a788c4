"""Text of any size whose vocabulary grows as that of real text does.

First come a corpus' own texts, in a seeded order. From then on they come again, over and over, and
of their words so many are replaced by forms never seen before as the corpus' own growth law says:
V(n) = k n^beta distinct forms among the first n words (Heaps' law, fitted to the corpus). New forms
come back as often as the corpus' late comers do, and the others of the words are as frequent as
ever. Everything follows from the seed, nothing is kept but a few counters: the source does not grow
with what it yields.
"""

import math
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

# Each ends in its only vowel, so that two spellings are never the same letters.
_ONSETS = [*"bcdfghjklmnprstvwz", "br", "cr", "dr", "fl", "gr", "pl", "st", "tr"]
_SYLLABLES = [onset + vowel for onset in _ONSETS for vowel in "aeiou"][:128]


class Growth(NamedTuple):
    """Of a corpus: k and beta of Heaps' law, and how often a form seen late comes back."""

    k: float
    beta: float
    returns: float

    def new_forms_a_word(self, n_words: int) -> float:
        """How many of the words that follow n_words are new, on average."""
        return self.k * self.beta * n_words ** (self.beta - 1)


def shuffled(texts: list[str], seed: int) -> list[str]:
    """The texts in a seeded order."""
    return Random(seed).sample(texts, len(texts))


def measure_growth(texts: list[str]) -> Growth:
    """Fit Heaps' law to the last nine tenths of the texts, words being what spaces separate."""
    seen: Counter[str] = Counter()
    points, n_words = [], 0
    for position, text in enumerate(texts):
        words = text.split()
        n_words += len(words)
        seen.update(words)
        if position == len(texts) // 2:
            early = set(seen)
        if position > len(texts) // 10 and position % 100 == 0:
            points.append((math.log(n_words), math.log(len(seen))))
    mean_n, mean_v = (sum(column) / len(points) for column in zip(*points, strict=True))
    slope = sum((n - mean_n) * (v - mean_v) for n, v in points)
    beta = slope / sum((n - mean_n) ** 2 for n, _ in points)
    late = [count for form, count in seen.items() if form not in early]
    return Growth(math.exp(mean_v - beta * mean_n), beta, sum(late) / len(late) - 1)


def coined(number: int) -> str:
    """The form of a number below 2^29: four syllables, in an order that shows no pattern.

    Odd numbers have the word of the one before and a comma: two forms share a term, about as many
    as in technical prose.
    """
    mixed = (number >> 1) * 0x9E3779B1 % (1 << 28)
    word = "".join(_SYLLABLES[mixed >> shift & 127] for shift in (0, 7, 14, 21))
    return f"{word}," if number & 1 else word


def growing_text(texts: list[str], growth: Growth, n_bytes: int, seed: int = 1) -> Iterator[str]:
    """Yield texts until they have n_bytes in UTF-8, or a little more."""
    rng = Random(seed)
    n_words = n_coined = 0
    fresh = again = 0.0
    while True:
        first_time = not n_words
        for text in texts:
            words = text.split(" ")
            if not first_time:
                fresh += growth.new_forms_a_word(n_words) * len(words)
                places = iter(rng.sample(range(len(words)), len(words)))
                while fresh >= 1 and (place := next(places, None)) is not None:
                    words[place] = coined(n_coined)
                    n_coined, fresh, again = n_coined + 1, fresh - 1, again + growth.returns
                while again >= 1 and (place := next(places, None)) is not None:
                    words[place] = coined(rng.randrange(n_coined))
                    again -= 1
            n_words += len(words)
            text = " ".join(words)
            n_bytes -= len(text.encode())
            yield text
            if n_bytes <= 0:
                return
