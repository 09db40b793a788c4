"""The Spanish Snowball stemmer, as NLTK 3.10's ``SpanishStemmer`` runs it.

Source: Martin Porter, https://snowballstem.org/algorithms/spanish/stemmer.html; the suffix lists
are those of ``nltk.stem.snowball`` (Apache-2.0). NLTK departs from Porter's text in places and is
followed there: step 2b also runs where step 2a cut, and a step's suffix is the first in its list.
"""

from embedfn.lexical.stem_common import Form, Vowels, remembered, suffix_of

_VOWELS = Vowels("aeiouáéíóúü")

_STEP_0 = (
    "selas",
    "selos",
    "sela",
    "selo",
    "las",
    "les",
    "los",
    "nos",
    "me",
    "se",
    "la",
    "le",
    "lo",
)
_BEFORE_PRONOUN = ("ando", "ándo", "ar", "ár", "er", "ér", "iendo", "iéndo", "ir", "ír")
_STEP_1 = (
    *("amientos", "imientos", "amiento", "imiento", "acion", "aciones", "uciones", "ucion"),
    *("adoras", "adores", "ancias", "logías", "encias", "amente", "idades", "anzas", "ismos"),
    *("ables", "ibles", "istas", "adora", "ación", "antes", "ancia", "logía", "ución", "encia"),
    *("mente", "anza", "icos", "icas", "ismo", "able", "ible", "ista", "osos", "osas", "ador"),
    *("ante", "idad", "ivas", "ivos", "ico", "ica", "oso", "osa", "iva", "ivo"),
)
_STEP_2A = ("yeron", "yendo", "yamos", "yais", "yan", "yen", "yas", "yes", "ya", "ye", "yo", "yó")
_STEP_2B = (
    *("aríamos", "eríamos", "iríamos", "iéramos", "iésemos", "aríais", "aremos", "eríais"),
    *("eremos", "iríais", "iremos", "ierais", "ieseis", "asteis", "isteis", "ábamos", "áramos"),
    *("ásemos", "arían", "arías", "aréis", "erían", "erías", "eréis", "irían", "irías", "iréis"),
    *("ieran", "iesen", "ieron", "iendo", "ieras", "ieses", "abais", "arais", "aseis", "éamos"),
    *("arán", "arás", "aría", "erán", "erás", "ería", "irán", "irás", "iría", "iera", "iese"),
    *("aste", "iste", "aban", "aran", "asen", "aron", "ando", "abas", "adas", "idas", "aras"),
    *("ases", "íais", "ados", "idos", "amos", "imos", "emos", "ará", "aré", "erá", "eré", "irá"),
    *("iré", "aba", "ada", "ida", "ara", "ase", "ían", "ado", "ido", "ías", "áis", "éis", "ía"),
    *("ad", "ed", "id", "an", "ió", "ar", "er", "ir", "as", "ís", "en", "es"),
)
_STEP_3 = ("os", "a", "e", "o", "á", "é", "í", "ó")

# What step 1 puts in a suffix's place where that is something.
_INSTEAD = {
    **dict.fromkeys(("logía", "logías"), "log"),
    **dict.fromkeys(("ución", "uciones", "ucion"), "u"),
    **dict.fromkeys(("encia", "encias"), "ente"),
}
# What step 1 then cuts from the end of R2; "amente" has its own rule.
_THEN_CUT = {
    **dict.fromkeys(("adora", "ador", "ación", "adoras", "adores", "acion", "aciones"), ("ic",)),
    **dict.fromkeys(("ante", "antes", "ancia", "ancias"), ("ic",)),
    "mente": ("ante", "able", "ible"),
    **dict.fromkeys(("idad", "idades"), ("abil", "ic", "iv")),
    **dict.fromkeys(("ivo", "iva", "ivos", "ivas"), ("at",)),
}

_plain = str.maketrans("áéíóú", "aeiou")


@remembered
def stem(word: str) -> str:
    """Return the stem of a Spanish word, as ``SpanishStemmer().stem(word)`` does."""
    word = word.lower()
    r1, r2 = _VOWELS.r1_r2(word)
    form = _step_0(Form(word, r1, r2, _VOWELS.rv(word)))
    derived = _step_1(form)
    form = derived if derived else _step_2b(_step_2a(form))
    return _step_3(form).word.translate(_plain)


def _step_0(form: Form) -> Form:
    """Pronouns attached to a verb, which then loses its accents."""
    suffix = form.first_in_rv(_STEP_0)
    if not suffix:
        return form
    bare = form.replace(len(suffix))
    if bare.first_in_rv(_BEFORE_PRONOUN) or (bare.rv_ends("yendo") and bare.word[-6:-5] == "u"):
        return bare._replace(word=bare.word.translate(_plain))
    return form


def _step_1(form: Form) -> Form | None:
    """Suffixes that derive words; None where there is none."""
    suffix = suffix_of(form.word, _STEP_1)
    if suffix == "amente" and form.r1_ends(suffix):
        form = form.replace(len(suffix))
        if form.r2_ends("iv"):
            return form.replace(2).cut_first_in_r2(("at",))
        return form.cut_first_in_r2(("os", "ic", "ad"))
    if not suffix or not form.r2_ends(suffix):
        return None
    form = form.replace(len(suffix), _INSTEAD.get(suffix, ""))
    return form.cut_first_in_r2(_THEN_CUT.get(suffix, ()))


def _step_2a(form: Form) -> Form:
    """Endings of verbs that begin with y, behind a u."""
    suffix = form.first_in_rv(_STEP_2A)
    bare = form.replace(len(suffix))
    return bare if bare.word.endswith("u") else form


def _step_2b(form: Form) -> Form:
    """Other endings of verbs."""
    suffix = form.first_in_rv(_STEP_2B)
    form = form.replace(len(suffix))
    if suffix in ("en", "es", "éis", "emos") and form.word.endswith("gu"):
        return form.replace(1)
    return form


def _step_3(form: Form) -> Form:
    """What is left of endings."""
    suffix = form.first_in_rv(_STEP_3)
    form = form.replace(len(suffix))
    if suffix in ("e", "é") and form.rv_ends("u") and form.word.endswith("gu"):
        return form.replace(1)
    return form
