"""The trained English parameters of Punkt: what it knows of words, apart from any text."""

from typing import NamedTuple

from embedfn.lexical.tables import once, read_table

# Contexts a word was seen in: its first letter's case, by its place in the sentence.
CAPITAL_FIRST, CAPITAL_INSIDE, CAPITAL_UNKNOWN = 2, 4, 8
SMALL_FIRST, SMALL_INSIDE, SMALL_UNKNOWN = 16, 32, 64
CAPITAL = CAPITAL_FIRST | CAPITAL_INSIDE | CAPITAL_UNKNOWN
SMALL = SMALL_FIRST | SMALL_INSIDE | SMALL_UNKNOWN


class PunktModel(NamedTuple):
    """Lower-case words; a number of any kind is the word ``##number##``."""

    abbreviations: frozenset[str]
    starters: frozenset[str]
    collocations: frozenset[tuple[str, str]]
    contexts: dict[str, int]  # 0 where a word is absent


@once
def punkt_model() -> PunktModel:
    """Return the parameters, read from the table at the first call."""
    abbreviations: set[str] = set()
    starters: set[str] = set()
    collocations: set[tuple[str, str]] = set()
    contexts: dict[str, int] = {}
    for line in read_table("punkt_english.txt"):
        key, *words = line.split("\t")
        if key == "abbreviation":
            abbreviations.update(words)
        elif key == "starter":
            starters.update(words)
        elif key == "collocation":
            collocations.add((words[0], words[1]))
        else:
            contexts.update(dict.fromkeys(words, int(key.removeprefix("context "))))
    return PunktModel(
        frozenset(abbreviations), frozenset(starters), frozenset(collocations), contexts
    )
