"""The Russian Snowball stemmer, as NLTK 3.10's ``RussianStemmer`` runs it.

Source: Martin Porter, https://snowballstem.org/algorithms/russian/stemmer.html; the suffix lists
and the transliteration are those of ``nltk.stem.snowball`` (Apache-2.0).

NLTK stems a word in Latin letters and then turns all of them into Cyrillic ones, also those that
were Latin before; a word without a character beyond U+00FF stays as it is, capitals included.
Several Latin letters may stand for one Cyrillic letter, and a suffix may be a part of it.
"""

import re
from collections.abc import Collection, Iterable

from embedfn.lexical.stem_common import remembered, suffix_of

_GERUND = ("ivshis'", "yvshis'", "vshis'", "ivshi", "yvshi", "vshi", "iv", "yv", "v")
_GERUND_BEHIND_A = ("vshis'", "vshi", "v")
_REFLEXIVE = ("si^a", "s'")
_VERB = (
    *("esh'", "ei`te", "ui`te", "ui^ut", "ish'", "ete", "i`te", "i^ut", "nno", "ila", "yla", "ena"),
    *("ite", "ili", "yli", "ilo", "ylo", "eno", "i^at", "uet", "eny", "it'", "yt'", "ui^u", "la"),
    *("na", "li", "em", "lo", "no", "et", "ny", "t'", "ei`", "ui`", "il", "yl", "im", "ym", "en"),
    *("it", "yt", "i^u", "i`", "l", "n"),
)
_VERB_BEHIND_A = (
    *("la", "na", "ete", "i`te", "li", "i`", "l", "em", "n", "lo", "no", "et", "i^ut", "ny", "t'"),
    *("esh'", "nno"),
)
_NOUN = (
    *("ii^ami", "ii^akh", "i^ami", "ii^am", "i^akh", "ami", "iei`", "i^am", "iem", "akh", "ii^u"),
    *("'i^u", "ii^a", "'i^a", "ev", "ov", "ie", "'e", "ei", "ii", "ei`", "oi`", "ii`", "em", "am"),
    *("om", "i^u", "i^a", "a", "e", "i", "i`", "o", "u", "y", "'"),
)
_DERIVATIONAL = ("ost'", "ost")
_SUPERLATIVE = ("ei`she", "ei`sh")

_ADJECTIVE_ENDINGS = (
    *("i^ui^u", "i^ai^a", "imi", "ymi", "ego", "ogo", "emu", "omu", "ikh", "ykh", "ui^u", "ai^a"),
    *("oi^u", "ei^u", "ee", "ie", "ye", "oe", "ei`", "ii`", "yi`", "oi`", "em", "im", "ym", "om"),
)
_PARTICIPLES = ("ivsh", "yvsh", "ui^ushch")
_PARTICIPLES_BEHIND_A = ("em", "nn", "vsh", "i^ushch", "shch")
_ADJECTIVE_BEHIND_A = frozenset(
    participle + ending for participle in _PARTICIPLES_BEHIND_A for ending in _ADJECTIVE_ENDINGS
)
# NLTK has one suffix with a slip of the pen. The longest suffix that fits is the first there.
_ADJECTIVE = tuple(
    sorted(
        {
            *_ADJECTIVE_ENDINGS,
            *_ADJECTIVE_BEHIND_A,
            *(
                participle + ending
                for participle in _PARTICIPLES
                for ending in _ADJECTIVE_ENDINGS
                if participle + ending != "ui^ushchai^a"
            ),
            "ui^ushchaia",
        },
        key=lambda suffix: (-len(suffix), suffix),
    )
)

_LATIN = (
    *("a", "b", "v", "g", "d", "e", "zh", "z", "i", "i`", "k", "l", "m", "n", "o", "p", "r", "s"),
    *("t", "u", "f", "kh", "t^s", "ch", "sh", "shch", "''", "y", "'", "e`", "i^u", "i^a"),
)
_to_latin = str.maketrans(
    {
        **dict(zip("абвгдежзийклмнопрстуфхцчшщъыьэюя", _LATIN, strict=True)),
        **dict(zip("АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ", _LATIN, strict=True)),
        **{"ё": "e", "Ё": "e"},
    }
)
# In this order: where the Latin forms of two letters overlap, the one replaced first wins.
_TO_CYRILLIC = tuple(
    zip(
        (
            *("i^u", "i^a", "shch", "kh", "t^s", "ch", "e`", "i`", "sh", "k", "e", "zh", "a"),
            *("b", "v", "g", "d", "z", "i", "l", "m", "n", "o", "p", "r", "s", "t", "u", "f"),
            *("''", "y", "'"),
        ),
        "юящхцчэйшкежабвгдзилмнопрстуфъыь",
        strict=True,
    )
)

# For the regions a vowel is one letter; a capital A, U or E of the word itself turns into two or
# three letters in its regions only, which is why regions are strings here.
_AS_ONE = (("i^a", "A"), ("i^u", "U"), ("e`", "E"))
_vowel = re.compile("[AUEaeiouy]")
_vowel_consonant = re.compile("[AUEaeiouy][^AUEaeiouy]")


@remembered
def stem(word: str) -> str:
    """Return the stem of a Russian word, as ``RussianStemmer().stem(word)`` does."""
    if word.isascii() or max(word) <= "\xff":
        return word
    word = word.translate(_to_latin)
    word = _step_4(_steps_1_to_3(word, *_regions(word)))
    for latin, cyrillic in _TO_CYRILLIC:
        word = word.replace(latin, cyrillic)
    return word


def _regions(word: str) -> tuple[str, str]:
    """RV, behind the first vowel, and R2."""
    for several, one in _AS_ONE:
        word = word.replace(several, one)
    rv = _behind(_vowel, word)
    r2 = _behind(_vowel_consonant, _behind(_vowel_consonant, word))
    for several, one in _AS_ONE:
        rv, r2 = rv.replace(one, several), r2.replace(one, several)
    return rv, r2


def _behind(pattern: re.Pattern[str], word: str) -> str:
    """What follows the first match; the empty string without one."""
    found = pattern.search(word)
    return word[found.end() :] if found else ""


def _first(rv: str, suffixes: Iterable[str], behind_a: Collection[str] = ()) -> str:
    """The first suffix in the list that RV ends with, some of them only behind an a of RV."""
    for suffix in filter(rv.endswith, suffixes):
        if suffix not in behind_a or rv[: -len(suffix)].endswith("a"):
            return suffix
    return ""


def _steps_1_to_3(word: str, rv: str, r2: str) -> str:
    """Endings of gerunds, or of reflexives and then others; a final i; what derives a noun."""
    endings = [_first(rv, _GERUND, _GERUND_BEHIND_A)]
    if not endings[0]:
        endings = [_first(rv, _REFLEXIVE)]
        rv_left = _cut(rv, len(endings[0]))
        endings.append(
            _first(rv_left, _ADJECTIVE, _ADJECTIVE_BEHIND_A)
            or _first(rv_left, _VERB, _VERB_BEHIND_A)
            or _first(rv_left, _NOUN)
        )
    cut = sum(map(len, endings))
    if _cut(rv, cut).endswith("i"):
        cut += 1
    return _cut(word, cut + len(suffix_of(_cut(r2, cut), _DERIVATIONAL)))


def _cut(letters: str, count: int) -> str:
    """All but the last letters; a region may be longer than what is left of its word."""
    return letters[: max(len(letters) - count, 0)]


def _step_4(word: str) -> str:
    """A doubled n, a superlative or a soft sign."""
    if word.endswith("nn"):
        return word[:-1]
    superlative = suffix_of(word, _SUPERLATIVE)
    word = _cut(word, len(superlative))
    if word.endswith("nn"):
        return word[:-1]
    return word[:-1] if not superlative and word.endswith("'") else word
