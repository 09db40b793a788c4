"""The Italian Snowball stemmer, as NLTK 3.10's ``ItalianStemmer`` runs it.

Source: Martin Porter, https://snowballstem.org/algorithms/italian/stemmer.html; the suffix lists
are those of ``nltk.stem.snowball`` (Apache-2.0). NLTK departs from Porter's text in places and is
followed there: a step's suffix is the first in its list, and a word that lost "ia" or "ie" of
"logia" or "logie" is left as it is then.
"""

from embedfn.lexical.stem_common import Form, Vowels, remembered, suffix_of

_VOWELS = Vowels("aeiouàèìòù")

_STEP_0 = (
    *("gliela", "gliele", "glieli", "glielo", "gliene", "sene", "mela", "mele", "meli", "melo"),
    *("mene", "tela", "tele", "teli", "telo", "tene", "cela", "cele", "celi", "celo", "cene"),
    *("vela", "vele", "veli", "velo", "vene", "gli", "ci", "la", "le", "li", "lo", "mi", "ne"),
    *("si", "ti", "vi"),
)
_STEP_1 = (
    *("atrice", "atrici", "azione", "azioni", "uzione", "uzioni", "usione", "usioni", "amento"),
    *("amenti", "imento", "imenti", "amente", "abile", "abili", "ibile", "ibili", "mente", "atore"),
    *("atori", "logia", "logie", "anza", "anze", "iche", "ichi", "ismo", "ismi", "ista", "iste"),
    *("isti", "istà", "istè", "istì", "ante", "anti", "enza", "enze", "ico", "ici", "ica", "ice"),
    *("oso", "osi", "osa", "ose", "ità", "ivo", "ivi", "iva", "ive"),
)
_STEP_2 = (
    *("erebbero", "irebbero", "assero", "assimo", "eranno", "erebbe", "eremmo", "ereste", "eresti"),
    *("essero", "iranno", "irebbe", "iremmo", "ireste", "iresti", "iscano", "iscono", "issero"),
    *("arono", "avamo", "avano", "avate", "eremo", "erete", "erono", "evamo", "evano", "evate"),
    *("iremo", "irete", "irono", "ivamo", "ivano", "ivate", "ammo", "ando", "asse", "assi", "emmo"),
    *("enda", "ende", "endi", "endo", "erai", "erei", "Yamo", "iamo", "immo", "irai", "irei"),
    *("isca", "isce", "isci", "isco", "ano", "are", "ata", "ate", "ati", "ato", "ava", "avi"),
    *("avo", "erà", "ere", "erò", "ete", "eva", "evi", "evo", "irà", "ire", "irò", "ita", "ite"),
    *("iti", "ito", "iva", "ivi", "ivo", "ono", "uta", "ute", "uti", "uto", "ar", "ir"),
)
_STEP_3A = "aeioàèìò"

_NEEDS_RV_ONLY = ("amento", "amenti", "imento", "imenti")
# What step 1 then cuts from the end of R2, one list after the other while something is cut;
# "amente" has its own rule.
_THEN_CUT = {
    **dict.fromkeys(("azione", "azioni", "atore", "atori"), (("ic",),)),
    "ità": (("ic", "iv", "abil"),),
    **dict.fromkeys(("ivo", "ivi", "iva", "ive"), (("at",), ("ic",))),
}

_grave = str.maketrans("áéíóú", "àèìòù")


@remembered
def stem(word: str) -> str:
    """Return the stem of an Italian word, as ``ItalianStemmer().stem(word)`` does."""
    word = word.lower().translate(_grave).replace("qu", "qU")
    word = _VOWELS.mark_consonants(word, between="ui")
    r1, r2 = _VOWELS.r1_r2(word)
    form = _step_0(Form(word, r1, r2, _VOWELS.rv(word)))
    derived = _step_1(form)
    form = derived if derived else form.replace(len(form.first_in_rv(_STEP_2)))
    return _step_3(form).replace("I", "i").replace("U", "u")


def _step_0(form: Form) -> Form:
    """Pronouns attached to a verb."""
    suffix = form.first_in_rv(_STEP_0)
    if not suffix:
        return form
    bare = form.replace(len(suffix))
    if bare.first_in_rv(("ando", "endo")):
        return bare
    if bare.first_in_rv(("ar", "er", "ir")):
        return form.replace(len(suffix), "e")
    return form


def _step_1(form: Form) -> Form | None:
    """Suffixes that derive words; None where there is none."""
    suffix = suffix_of(form.word, _STEP_1)
    if suffix == "amente" and form.r1_ends(suffix):
        form = form.replace(len(suffix))
        if form.r2_ends("iv"):
            return form.replace(2).cut_first_in_r2(("at",))
        return form.cut_first_in_r2(("os", "ic", "abil"))
    if suffix in _NEEDS_RV_ONLY and form.rv_ends(suffix):
        return form.replace(len(suffix))
    if not suffix or not form.r2_ends(suffix):
        return None
    if suffix in ("logia", "logie"):
        return Form(form.word[:-2], 0, 0, 0)
    if suffix in ("uzione", "uzioni", "usione", "usioni"):
        return form.replace(5)
    if suffix in ("enza", "enze"):
        return form.replace(4, "te")
    form = form.replace(len(suffix))
    for endings in _THEN_CUT.get(suffix, ()):
        before = form
        form = form.cut_first_in_r2(endings)
        if form is before:
            break
    return form


def _step_3(form: Form) -> str:
    """A final vowel, an i before it, and the h of a hard c or g."""
    if form.first_in_rv(_STEP_3A):
        form = form.replace(1)
        if form.rv_ends("i"):
            form = form.replace(1)
    return form.word[:-1] if form.first_in_rv(("ch", "gh")) else form.word
