"""The English Snowball stemmer ("Porter2"), as NLTK 3.10's ``EnglishStemmer`` runs it.

Source: Martin Porter, https://snowballstem.org/algorithms/english/stemmer.html; the suffix lists
and special words are those of ``nltk.stem.snowball`` (Apache-2.0). NLTK departs from Porter's text
in places and is followed there: where a suffix is longer than R2, replacing it leaves R2 empty or
one letter long, and the word is put in lower case first.

A word under treatment is a triple ``(word, r1, r2)``. The regions R1 and R2 are suffixes of the
word and are given by their lengths. A ``y`` that is a consonant is written ``Y`` meanwhile.
"""

import re

from embedfn.lexical.stem_common import Vowels, remembered, suffix_of

Form = tuple[str, int, int]

_VOWELS = Vowels("aeiouy")
_DOUBLES = ("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt")
_BEFORE_LI = "cdeghkmnrt"
_NOT_SHORT = "wxY"  # a short syllable does not end in one of these

_SPECIAL = {
    **{"skis": "ski", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie"},
    **{"idly": "idl", "gently": "gentl", "ugly": "ugli", "early": "earli", "only": "onli"},
    **{"singly": "singl", "innings": "inning", "outings": "outing", "cannings": "canning"},
    **{"herrings": "herring", "earrings": "earring"},
    **{f"{stem}{ending}": stem for stem in ("proceed", "exceed", "succeed")
       for ending in ("s", "ed", "ing")},
    **{word: word for word in (
        "sky", "news", "howe", "atlas", "cosmos", "bias", "andes", "inning", "outing", "canning",
        "herring", "earring", "proceed", "exceed", "succeed",
    )},
}  # fmt: skip

_R1_PREFIXES = ("gener", "commun", "arsen")

_STEP_0 = ("'s'", "'s", "'")
_STEP_1A = ("sses", "ied", "ies", "us", "ss", "s")
_STEP_1B = ("eedly", "ingly", "edly", "eed", "ing", "ed")

# Suffix: letters to cut, letters to add, the length R2 gets where it was shorter than the cut.
_STEP_2 = {
    "ization": (7, "ize", 0),
    "ational": (7, "ate", 1),
    "fulness": (4, "", 0),
    "ousness": (7, "ous", 0),
    "iveness": (7, "ive", 1),
    "tional": (2, "", 0),
    "biliti": (6, "ble", 0),
    "lessli": (2, "", 0),
    "entli": (2, "", 0),
    "ation": (5, "ate", 1),
    "alism": (5, "al", 0),
    "aliti": (5, "al", 0),
    "ousli": (5, "ous", 0),
    "iviti": (5, "ive", 1),
    "fulli": (2, "", 0),
    "enci": (1, "e", 0),
    "anci": (1, "e", 0),
    "abli": (1, "e", 0),
    "izer": (4, "ize", 0),
    "ator": (4, "ate", 1),
    "alli": (4, "al", 0),
    "bli": (3, "ble", 0),
    "ogi": (1, "", 0),
    "li": (2, "", 0),
}
_STEP_3 = {
    "ational": (7, "ate", 0),
    "tional": (2, "", 0),
    "alize": (3, "", 0),
    "icate": (5, "ic", 0),
    "iciti": (5, "ic", 0),
    "ative": (5, "", 0),
    "ical": (4, "ic", 0),
    "ness": (4, "", 0),
    "ful": (3, "", 0),
}
_STEP_4 = (
    *("ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous"),
    *("ive", "ize", "ion", "al", "er", "ic"),
)

_vowel_y = re.compile(f"([{_VOWELS.letters}])y")
_apostrophes = str.maketrans("\u2018\u2019\u201b", "'''")


@remembered
def stem(word: str) -> str:
    """Return the stem of an English word, as ``EnglishStemmer().stem(word)`` does."""
    word = word.lower()
    if len(word) <= 2:
        return word
    if word in _SPECIAL:
        return _SPECIAL[word]
    form = _prepared(word)
    for step in (_step_0, _step_1a, _step_1b, _step_1c, _step_2, _step_3, _step_4):
        form = step(form)
    return _step_5(form).replace("Y", "y")


def _prepared(word: str) -> Form:
    """Normalise apostrophes, mark consonant y, find the regions."""
    word = word.translate(_apostrophes).removeprefix("'")
    if word.startswith("y"):
        word = f"Y{word[1:]}"
    # A y after a vowel is a consonant, and no vowel for the letter behind it: the matches of this
    # pattern do not overlap, which says the same.
    word = _vowel_y.sub(r"\1Y", word)
    start_1 = _VOWELS.after_pair(word, 0)
    for prefix in _R1_PREFIXES:
        if word.startswith(prefix):
            start_1 = len(prefix)
    start_2 = _VOWELS.after_pair(word, start_1)
    return word, len(word) - start_1, len(word) - start_2


def _replace(form: Form, cut: int, add: str = "", short_r2: int = 0) -> Form:
    """Replace the last letters; a region shorter than the cut becomes empty (R2: `short_r2`)."""
    word, r1, r2 = form
    growth = len(add) - cut
    return (
        word[:-cut] + add,
        r1 + growth if r1 >= cut else 0,
        r2 + growth if r2 >= cut else short_r2,
    )


def _step_0(form: Form) -> Form:
    """Possessives."""
    suffix = suffix_of(form[0], _STEP_0)
    return _replace(form, len(suffix)) if suffix else form


def _step_1a(form: Form) -> Form:
    """Plurals."""
    word = form[0]
    suffix = suffix_of(word, _STEP_1A)
    if suffix == "sses":
        return _replace(form, 2)
    if suffix in ("ied", "ies"):
        return _replace(form, 2 if len(word) > 4 else 1)
    if suffix == "s" and _VOWELS.first.search(word, 0, len(word) - 2):
        return _replace(form, 1)
    return form


def _step_1b(form: Form) -> Form:
    """Past tenses and participles."""
    word, r1, _ = form
    suffix = suffix_of(word, _STEP_1B)
    if suffix in ("eed", "eedly"):
        return _replace(form, len(suffix), "ee") if r1 >= len(suffix) else form
    if not suffix or not _VOWELS.first.search(word, 0, len(word) - len(suffix)):
        return form
    form = word, r1, r2 = _replace(form, len(suffix))
    if word.endswith(("at", "bl", "iz")):
        return f"{word}e", r1 + 1, r2 + 1 if len(word) >= 5 or r1 >= 2 else r2
    if word.endswith(_DOUBLES):
        return _replace(form, 1)
    if r1 == 0 and _is_short(word):
        return f"{word}e", 0, 0
    return form


def _is_short(word: str) -> bool:
    """A consonant, a vowel and a consonant at the end, or a word of a vowel and a consonant."""
    if len(word) < 2 or word[-1] in _VOWELS or word[-2] not in _VOWELS:
        return False
    return len(word) == 2 or (word[-1] not in _NOT_SHORT and word[-3] not in _VOWELS)


def _step_1c(form: Form) -> Form:
    """A final y behind a consonant."""
    word, r1, r2 = form
    if len(word) > 2 and word[-1] in "yY" and word[-2] not in _VOWELS:
        return f"{word[:-1]}i", r1, r2
    return form


def _step_2(form: Form) -> Form:
    """Compound suffixes."""
    word, r1, _ = form
    suffix = suffix_of(word, _STEP_2)
    if not suffix or r1 < len(suffix):
        return form
    if suffix == "ogi" and word[-4] != "l":
        return form
    if suffix == "li" and word[-3] not in _BEFORE_LI:
        return form
    return _replace(form, *_STEP_2[suffix])


def _step_3(form: Form) -> Form:
    """Second parts of compound suffixes."""
    word, r1, r2 = form
    suffix = suffix_of(word, _STEP_3)
    if not suffix or r1 < len(suffix):
        return form
    if suffix == "ative" and r2 < len(suffix):
        return form
    return _replace(form, *_STEP_3[suffix])


def _step_4(form: Form) -> Form:
    """Simple suffixes, in R2."""
    word, _, r2 = form
    suffix = suffix_of(word, _STEP_4)
    if not suffix or r2 < len(suffix):
        return form
    if suffix == "ion" and word[-4] not in "st":
        return form
    return _replace(form, len(suffix))


def _step_5(form: Form) -> str:
    """A final e or l."""
    word, r1, r2 = form
    if r2 and word.endswith("ll"):
        return word[:-1]
    if not word.endswith("e") or not r1:
        return word
    after_short_syllable = (
        word[-2] not in _VOWELS
        and word[-2] not in _NOT_SHORT
        and word[-3] in _VOWELS
        and word[-4] not in _VOWELS
        if len(word) >= 4
        else True
    )
    return word if not r2 and after_short_syllable else word[:-1]
