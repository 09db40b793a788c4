"""The French Snowball stemmer, as NLTK 3.10's ``FrenchStemmer`` runs it.

Source: Martin Porter, https://snowballstem.org/algorithms/french/stemmer.html; the suffix lists are
those of ``nltk.stem.snowball`` (Apache-2.0). NLTK departs from Porter's text in places and is
followed there. Regions are strings: R1 and R2 stay those of the whole word, RV is shortened in some
steps and not in others, and whether a region "has" a suffix is often whether it has it anywhere.
"""

from embedfn.lexical.stem_common import Vowels, remembered, suffix_of

_VOWELS = Vowels("aeiouyâàëéêèïîôûù")

_STEP_1 = (
    *("issements", "issement", "atrices", "atrice", "ateurs", "ations", "logies", "usions"),
    *("utions", "ements", "amment", "emment", "ances", "iqUes", "ismes", "ables", "istes", "ateur"),
    *("ation", "logie", "usion", "ution", "ences", "ement", "euses", "ments", "ance", "iqUe"),
    *("isme", "able", "iste", "ence", "ités", "ives", "eaux", "euse", "ment", "eux", "ité", "ive"),
    *("ifs", "aux", "if"),
)
_STEP_2A = (
    *("issaIent", "issantes", "iraIent", "issante", "issants", "issions", "irions", "issais"),
    *("issait", "issant", "issent", "issiez", "issons", "irais", "irait", "irent", "iriez"),
    *("irons", "iront", "isses", "issez", "îmes", "îtes", "irai", "iras", "irez", "isse", "ies"),
    *("ira", "ît", "ie", "ir", "is", "it", "i"),
)
_STEP_2B = (
    *("eraIent", "assions", "erions", "assent", "assiez", "èrent", "erais", "erait", "eriez"),
    *("erons", "eront", "aIent", "antes", "asses", "ions", "erai", "eras", "erez", "âmes", "âtes"),
    *("ante", "ants", "asse", "ées", "era", "iez", "ais", "ait", "ant", "ée", "és", "er", "ez"),
    *("ât", "ai", "as", "é", "a"),
)
_STEP_4 = ("ière", "Ière", "ion", "ier", "Ier", "e", "ë")

# Suffixes that step 1 cuts where R2 has them, and what it puts in their place.
_IN_R2 = {
    **dict.fromkeys(("ance", "iqUe", "isme", "able", "iste", "eux"), ""),
    **dict.fromkeys(("ances", "iqUes", "ismes", "ables", "istes"), ""),
    **dict.fromkeys(("atrice", "ateur", "ation", "atrices", "ateurs", "ations"), ""),
    **dict.fromkeys(("logie", "logies"), "log"),
    **dict.fromkeys(("usion", "ution", "usions", "utions"), "u"),
    **dict.fromkeys(("ence", "ences"), "ent"),
    **dict.fromkeys(("ité", "ités", "if", "ive", "ifs", "ives"), ""),
}
# Suffixes of step 2b that also take an e before them along.
_WITH_E = (
    *("assions", "assent", "assiez", "aIent", "antes", "asses", "âmes", "âtes", "ante", "ants"),
    *("asse", "ais", "ait", "ant", "ât", "ai", "as", "a"),
)


@remembered
def stem(word: str) -> str:
    """Return the stem of a French word, as ``FrenchStemmer().stem(word)`` does."""
    word = word.lower().replace("qu", "qU")
    word = _VOWELS.mark_consonants(word, between="ui", beside="y")
    length_1, length_2 = _VOWELS.r1_r2(word)
    r1, r2 = word[len(word) - length_1 :], word[len(word) - length_2 :]
    word, rv, shorter = _step_1(word, r1, r2, _rv(word))
    if not shorter:
        word, shorter = _step_2a(word, rv)
    if not shorter:
        word, shorter = _step_2b(word, r2, rv)
    word = _step_3(word) if shorter else _step_4(word, r2, rv)
    word = _step_6(_step_5(word))
    return word.replace("I", "i").replace("U", "u").replace("Y", "y")


def _rv(word: str) -> str:
    """All but three letters, or what lies behind the first vowel that is not the first letter."""
    if word.startswith(("par", "col", "tap")) or (
        len(word) >= 2 and word[0] in _VOWELS and word[1] in _VOWELS
    ):
        return word[3:]
    found = _VOWELS.first.search(word, 1)
    return word[found.end() :] if found else ""


def _step_1(word: str, r1: str, r2: str, rv: str) -> tuple[str, str, bool]:
    """Suffixes that derive words; the word, RV and whether that is all for endings."""
    suffix = suffix_of(word, _STEP_1)
    if not suffix:
        return word, rv, False
    bare = word[: -len(suffix)]
    in_r1, in_r2, in_rv = (len(region) >= len(suffix) for region in (r1, r2, rv))
    if suffix == "eaux":
        return word[:-1], rv, True
    if suffix in ("euse", "euses") and in_r1:
        return bare if in_r2 else f"{bare}eux", rv, True
    if suffix in ("ement", "ements") and in_rv:
        return _before_ement(bare, r1, r2, rv), rv, True
    if suffix == "amment" and in_rv:
        return f"{bare}ant", f"{rv[:-6]}ant", False
    if suffix == "emment" and in_rv:
        return f"{bare}ent", rv, False
    if suffix in ("ment", "ments") and in_rv:
        if not rv.startswith(suffix) and rv[-len(suffix) - 1] in _VOWELS:
            return bare, rv[: -len(suffix)], False
    elif suffix == "aux" and in_r1:
        return f"{bare}al", rv, True
    elif suffix in ("issement", "issements") and in_r1:
        if bare[-1] not in _VOWELS:
            return bare, rv, True
    elif suffix in _IN_R2 and in_r2:
        return _before_r2(bare + _IN_R2[suffix], suffix, r2), rv, True
    return word, rv, False


def _before_ement(word: str, r1: str, r2: str, rv: str) -> str:
    """Cut what may stand before "ement"."""
    if word.endswith("iv") and "iv" in r2:
        word = word[:-2]
        return word[:-2] if word.endswith("at") and "at" in r2 else word
    if word.endswith("eus"):
        if "eus" in r2:
            return word[:-3]
        return f"{word[:-1]}x" if "eus" in r1 else word
    if word.endswith(("abl", "iqU")):
        return word[:-3] if "abl" in r2 or "iqU" in r2 else word
    if word.endswith(("ièr", "Ièr")) and ("ièr" in rv or "Ièr" in rv):
        return f"{word[:-3]}i"
    return word


def _before_r2(word: str, suffix: str, r2: str) -> str:
    """Cut what may stand before a suffix that was cut from R2."""
    if suffix in ("atrice", "ateur", "ation", "atrices", "ateurs", "ations"):
        return _without_ic(word, r2)
    if suffix in ("ité", "ités"):
        if word.endswith("abil"):
            return word[:-4] if "abil" in r2 else f"{word[:-2]}l"
        if word.endswith("iv"):
            return word[:-2] if "iv" in r2 else word
        return _without_ic(word, r2)
    if suffix in ("if", "ive", "ifs", "ives") and word.endswith("at") and "at" in r2:
        return _without_ic(word[:-2], r2)
    return word


def _without_ic(word: str, r2: str) -> str:
    """Cut "ic" where R2 has it, else write it as in "ique"."""
    if not word.endswith("ic"):
        return word
    return word[:-2] if "ic" in r2 else f"{word[:-2]}iqU"


def _step_2a(word: str, rv: str) -> tuple[str, bool]:
    """Endings of verbs that begin with i, behind a consonant of RV."""
    suffix = suffix_of(word, _STEP_2A)
    if not suffix or suffix not in rv or len(rv) == len(suffix):
        return word, False
    # Where RV only begins with the suffix, the letter "before" it is RV's last one.
    if rv[rv.rindex(suffix) - 1] in _VOWELS:
        return word, False
    return word[: -len(suffix)], True


def _step_2b(word: str, r2: str, rv: str) -> tuple[str, bool]:
    """Other endings of verbs."""
    suffix = suffix_of(rv, _STEP_2B)
    if not suffix or (suffix == "ions" and suffix not in r2):
        return word, False
    cut = len(suffix)
    if suffix in _WITH_E and rv[:-cut].endswith("e"):
        cut += 1
    return word[:-cut], True


def _step_3(word: str) -> str:
    """A final Y or cedilla that a cut laid bare."""
    if word.endswith("Y"):
        return f"{word[:-1]}i"
    return f"{word[:-1]}c" if word.endswith("ç") else word


def _step_4(word: str, r2: str, rv: str) -> str:
    """What is left of endings, where nothing was cut."""
    if len(word) >= 2 and word[-1] == "s" and word[-2] not in "aiouès":
        word = word[:-1]
    suffix = suffix_of(word, (suffix for suffix in _STEP_4 if suffix in rv))
    if suffix == "ion":
        return word[:-3] if "ion" in r2 and rv[-4] in "st" else word
    if suffix == "e":
        return word[:-1]
    if suffix == "ë":
        return word[:-1] if word[-3:-1] == "gu" else word
    return f"{word[: -len(suffix)]}i" if suffix else word


def _step_5(word: str) -> str:
    """A doubled consonant."""
    return word[:-1] if word.endswith(("enn", "onn", "ett", "ell", "eill")) else word


def _step_6(word: str) -> str:
    """The accent of the last vowel, where that is an e before a consonant; not in first place."""
    for at in range(len(word) - 1, 0, -1):
        if word[at] in _VOWELS:
            if word[at] in "éè" and at < len(word) - 1:
                return f"{word[:at]}e{word[at + 1 :]}"
            break
    return word
