"""The parts of the built-in analyzers, by code of the language.

Source: pymilvus.model 0.3.4 (Apache-2.0), ``sparse/bm25/lang.yaml``; es, ja and ko are our own.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from embedfn.lexical.components import (
    CharacterfilterPreprocessor,
    LowercaseFilter,
    Preprocessor,
    PunctuationFilter,
    StandardTokenizer,
    StemmingFilter,
    StopwordFilter,
    TextFilter,
    Tokenizer,
    UnicodeTokenizer,
)
from embedfn.lexical.segmenters import JiebaTokenizer, KonlpyTokenizer, MecabTokenizer

_CHINESE_MARKS = (
    " 、＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､"  # noqa: RUF001 - these very marks
    "〃〈〉《》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰–—‘’‛“”„‟…‧﹏﹑﹔·．！？｡。"  # noqa: RUF001 - these very marks
)
_LONG_VOWEL = "ー"
_JAPANESE_MARKS = f"、。「」『』【】（）｛｝・：；！？{_LONG_VOWEL}〜…‥[]"  # noqa: RUF001 - these very marks

_SNOWBALL = {
    **{"en": "english", "de": "german", "fr": "french", "ru": "russian", "sp": "spanish"},
    **{"it": "italian", "pt": "portuguese", "es": "spanish"},
}


class Parts(NamedTuple):
    """What an analyzer is made of."""

    tokenizer: Tokenizer
    preprocessors: list[Preprocessor]
    filters: list[TextFilter]


def default_parts(code: str) -> Parts:
    """Build the parts of a language's analyzer.

    Parameters
    ----------
    code : str
        The language's code.

    Returns
    -------
    Parts
        Tokenizer, preprocessors and filters, all new.

    Raises
    ------
    ValueError
        For a code without an analyzer; the error names those with one.
    """
    if code not in _BUILDERS:
        message = f"no analyzer for language {code!r}; available: {', '.join(_BUILDERS)}"
        raise ValueError(message)
    return _BUILDERS[code]()


def standard_parts(code: str | None, stopwords: bool | None, stem: bool | None) -> Parts:
    """Build the parts of the standard analyzer.

    Parameters
    ----------
    code : str or None
        The language's code.
    stopwords, stem : bool or None
        Whether to drop the language's stopwords, and to stem; None says yes, with a language.

    Returns
    -------
    Parts
        Tokenizer, preprocessors and filters, all new.

    Raises
    ------
    ValueError
        For a language without a stemmer, and for a stopword list or stemmer of no language.
    """
    filters: list[TextFilter] = [LowercaseFilter()]
    if code is None:
        for name, wanted in (("stopwords", stopwords), ("stem", stem)):
            if wanted:
                message = f"{name}=True needs a language, one of {', '.join(_SNOWBALL)}"
                raise ValueError(message)
        return Parts(UnicodeTokenizer(), [], filters)
    if code not in _SNOWBALL:
        message = (
            f"no stopwords and stemmer for language {code!r}; available: {', '.join(_SNOWBALL)}. "
            "Give no language for words in lower case alone"
        )
        raise ValueError(message)
    if stopwords is not False:
        filters.append(StopwordFilter(_SNOWBALL[code]))
    if stem is not False:
        filters.append(StemmingFilter(_SNOWBALL[code]))
    return Parts(UnicodeTokenizer(), [], filters)


def _stemmed(language: str, marks: str = "") -> Parts:
    """Words in lower case, without punctuation and stopwords, stemmed."""
    drop = [PunctuationFilter(marks), StopwordFilter(language)]
    return Parts(StandardTokenizer(), [], [LowercaseFilter(), *drop, StemmingFilter(language)])


def _german() -> Parts:
    """The same with the filters in upstream's order, which no word can tell from the other."""
    filters = [LowercaseFilter(), StopwordFilter("german"), PunctuationFilter()]
    return Parts(StandardTokenizer(), [], [*filters, StemmingFilter("german")])


def _chinese() -> Parts:
    """Words as they are, without stopwords and punctuation."""
    return Parts(
        JiebaTokenizer(), [], [StopwordFilter("chinese"), PunctuationFilter(_CHINESE_MARKS)]
    )


def _upstreams_japanese() -> Parts:
    """Without English stopwords; marks go before words are cut, that of long vowels among them."""
    marks = CharacterfilterPreprocessor(_JAPANESE_MARKS)
    return Parts(MecabTokenizer(), [marks], [StopwordFilter(), PunctuationFilter()])


def _japanese() -> Parts:
    """The mark of long vowels stays, for it is a part of words; no stopwords."""
    marks = CharacterfilterPreprocessor(_JAPANESE_MARKS.replace(_LONG_VOWEL, ""))
    return Parts(MecabTokenizer(), [marks], [PunctuationFilter(_CHINESE_MARKS)])


def _upstreams_korean() -> Parts:
    """Nouns, without English stopwords."""
    return Parts(KonlpyTokenizer(), [], [StopwordFilter()])


def _korean() -> Parts:
    """Nouns."""
    return Parts(KonlpyTokenizer(), [], [])


_BUILDERS: dict[str, Callable[[], Parts]] = {
    "en": partial(_stemmed, "english"),
    "de": _german,
    "fr": partial(_stemmed, "french"),
    "ru": partial(_stemmed, "russian"),
    "sp": partial(_stemmed, "spanish", "¡¿"),
    "it": partial(_stemmed, "italian"),
    "pt": partial(_stemmed, "portuguese"),
    "zh": _chinese,
    "jp": _upstreams_japanese,
    "kr": _upstreams_korean,
    "es": partial(_stemmed, "spanish", "¡¿"),
    "ja": _japanese,
    "ko": _korean,
}
