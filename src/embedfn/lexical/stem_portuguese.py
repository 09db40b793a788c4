"""The Portuguese Snowball stemmer, as NLTK 3.10's ``PortugueseStemmer`` runs it.

Source: Martin Porter, https://snowballstem.org/algorithms/portuguese/stemmer.html; the suffix lists
are those of ``nltk.stem.snowball`` (Apache-2.0). NLTK departs from Porter's text in places and is
followed there: a step's suffix is the first in its list, and the u of "qü" and "gü" loses its dots.

A nasal vowel is written as the vowel and a tilde meanwhile, the tilde being a consonant.
"""

from embedfn.lexical.stem_common import Form, Vowels, remembered, suffix_of

_VOWELS = Vowels("aeiouáéíóúâêô")

_STEP_1 = (
    *("amentos", "imentos", "uço~es", "amento", "imento", "adoras", "adores", "aço~es", "logias"),
    *("ências", "amente", "idades", "anças", "ismos", "istas", "adora", "aça~o", "antes", "ância"),
    *("logia", "uça~o", "ência", "mente", "idade", "ança", "ezas", "icos", "icas", "ismo", "ável"),
    *("ível", "ista", "osos", "osas", "ador", "ante", "ivas", "ivos", "iras", "eza", "ico", "ica"),
    *("oso", "osa", "iva", "ivo", "ira"),
)
_STEP_2 = (
    *("aríamos", "eríamos", "iríamos", "ássemos", "êssemos", "íssemos", "aríeis", "eríeis"),
    *("iríeis", "ásseis", "ésseis", "ísseis", "áramos", "éramos", "íramos", "ávamos", "aremos"),
    *("eremos", "iremos", "ariam", "eriam", "iriam", "assem", "essem", "issem", "ara~o", "era~o"),
    *("ira~o", "arias", "erias", "irias", "ardes", "erdes", "irdes", "asses", "esses", "isses"),
    *("astes", "estes", "istes", "áreis", "areis", "éreis", "ereis", "íreis", "ireis", "áveis"),
    *("íamos", "armos", "ermos", "irmos", "aria", "eria", "iria", "asse", "esse", "isse", "aste"),
    *("este", "iste", "arei", "erei", "irei", "aram", "eram", "iram", "avam", "arem", "erem"),
    *("irem", "ando", "endo", "indo", "adas", "idas", "arás", "aras", "erás", "eras", "irás"),
    *("avas", "ares", "eres", "ires", "íeis", "ados", "idos", "ámos", "amos", "emos", "imos"),
    *("iras", "ada", "ida", "ará", "ara", "erá", "era", "irá", "ava", "iam", "ado", "ido", "ias"),
    *("ais", "eis", "ira", "ia", "ei", "am", "em", "ar", "er", "ir", "as", "es", "is", "eu", "iu"),
    *("ou",),
)
_STEP_4 = ("os", "a", "i", "o", "á", "í", "ó")

# What step 1 puts in a suffix's place where that is something.
_INSTEAD = {
    **dict.fromkeys(("logia", "logias"), "log"),
    **dict.fromkeys(("uça~o", "uço~es"), "u"),
    **dict.fromkeys(("ência", "ências"), "ente"),
}
# What step 1 then cuts from the end of R2; "amente" has its own rule.
_THEN_CUT = {
    "mente": ("ante", "avel", "ivel"),
    **dict.fromkeys(("idade", "idades"), ("ic", "iv", "abil")),
    **dict.fromkeys(("iva", "ivo", "ivas", "ivos"), ("at",)),
}


@remembered
def stem(word: str) -> str:
    """Return the stem of a Portuguese word, as ``PortugueseStemmer().stem(word)`` does."""
    word = word.lower().replace("ã", "a~").replace("õ", "o~")
    word = word.replace("qü", "qu").replace("gü", "gu")
    r1, r2 = _VOWELS.r1_r2(word)
    form = Form(word, r1, r2, _VOWELS.rv(word))
    shorter = _step_1(form) or _step_2(form)
    form = _step_3(shorter) if shorter else form.replace(len(form.first_in_rv(_STEP_4)))
    return _step_5(form).replace("a~", "ã").replace("o~", "õ")


def _step_1(form: Form) -> Form | None:
    """Suffixes that derive words; None where there is none."""
    suffix = suffix_of(form.word, _STEP_1)
    if suffix == "amente" and form.r1_ends(suffix):
        form = form.replace(len(suffix))
        if form.r2_ends("iv"):
            return form.replace(2).cut_first_in_r2(("at",))
        return form.cut_first_in_r2(("os", "ic", "ad"))
    if suffix in ("ira", "iras") and form.rv_ends(suffix) and form.word.endswith(f"e{suffix}"):
        return form.replace(len(suffix), "ir")
    if not suffix or not form.r2_ends(suffix):
        return None
    form = form.replace(len(suffix), _INSTEAD.get(suffix, ""))
    return form.cut_first_in_r2(_THEN_CUT.get(suffix, ()))


def _step_2(form: Form) -> Form | None:
    """Endings of verbs; None where there is none."""
    suffix = form.first_in_rv(_STEP_2)
    return form.replace(len(suffix)) if suffix else None


def _step_3(form: Form) -> Form:
    """A final i behind a c."""
    return form.replace(1) if form.rv_ends("i") and form.word.endswith("ci") else form


def _step_5(form: Form) -> str:
    """A final e with what softened the letter before it, or a cedilla."""
    if form.first_in_rv("eéê"):
        form = form.replace(1)
        soft = (form.rv_ends("u") and form.word.endswith("gu")) or (
            form.rv_ends("i") and form.word.endswith("ci")
        )
        return form.word[:-1] if soft else form.word
    return f"{form.word[:-1]}c" if form.word.endswith("ç") else form.word
