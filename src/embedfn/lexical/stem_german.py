"""The German Snowball stemmer, as NLTK 3.10's ``GermanStemmer`` runs it.

Source: Martin Porter, https://snowballstem.org/algorithms/german/stemmer.html; the suffix lists are
those of ``nltk.stem.snowball`` (Apache-2.0). NLTK departs from Porter's text in places and is
followed there: the "e" that keeps a derived ending counts only where it lies in R2 itself.
"""

from embedfn.lexical.stem_common import Form, Vowels, remembered

_VOWELS = Vowels("aeiouyäöü")
_BEFORE_S = "bdfghklmnrt"
_BEFORE_ST = "bdfghklmnt"

_STEP_1 = ("ern", "em", "er", "en", "es", "e", "s")
_STEP_2 = ("est", "en", "er", "st")
_STEP_3 = ("isch", "lich", "heit", "keit", "end", "ung", "ig", "ik")

_plain = str.maketrans("äöüUY", "aouuy")


@remembered
def stem(word: str) -> str:
    """Return the stem of a German word, as ``GermanStemmer().stem(word)`` does."""
    word = _VOWELS.mark_consonants(word.lower().replace("ß", "ss"), between="uy")
    r1, r2 = _VOWELS.r1_r2(word)
    # At least three letters lie before R1; R2 was found without that rule.
    form = Form(word, min(r1, max(len(word) - 3, 0)), r2)
    return _step_3(_step_2(_step_1(form))).translate(_plain)


def _step_1(form: Form) -> Form:
    """Endings of nouns and adjectives."""
    suffix = form.first_in_r1(_STEP_1)
    if suffix in ("en", "es", "e") and form.word.endswith(f"niss{suffix}"):
        return form.replace(len(suffix) + 1)
    if suffix == "s" and form.word[-2] not in _BEFORE_S:
        return form
    return form.replace(len(suffix))


def _step_2(form: Form) -> Form:
    """Endings of comparatives and verbs."""
    suffix = form.first_in_r1(_STEP_2)
    if suffix == "st" and (form.word[-3] not in _BEFORE_ST or len(form.word) < 6):
        return form
    return form.replace(len(suffix))


def _step_3(form: Form) -> str:
    """Suffixes that derive words."""
    word, _, r2, _ = form
    suffix = form.first_in_r2(_STEP_3)
    cut = len(suffix)
    if suffix in ("end", "ung"):
        if form.r2_ends(f"ig{suffix}") and not (r2 >= cut + 3 and word[-cut - 3] == "e"):
            cut += 2
    elif suffix in ("ig", "ik", "isch"):
        if r2 > cut and word[-cut - 1] == "e":
            cut = 0
    elif suffix in ("lich", "heit"):
        if form.r1_ends(f"er{suffix}") or form.r1_ends(f"en{suffix}"):
            cut += 2
    elif suffix == "keit":
        cut = len(form.first_in_r2(("lichkeit", "igkeit", "keit")))
    return word[: len(word) - cut]
