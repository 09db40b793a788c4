"""Tokenizers for Chinese, Japanese and Korean, each on a package of its own.

What a package loads is loaded once a process (MeCab: once a thread) at first use, and shared by all
tokenizers of that class; so these hold nothing and may be copied, pickled and used from many
threads. Upstream makes MeCab, Kkma and Kiwi anew for every text.
"""

import warnings
from threading import Lock, local
from types import ModuleType
from typing import Any

from embedfn._extras import require
from embedfn.lexical.checks import check_str
from embedfn.lexical.components import Tokenizer, register_class
from embedfn.lexical.tables import once


def _check_text(text: str) -> None:
    """Raise unless the text is a str of characters, which is all the native libraries take."""
    check_str(text, "text")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = (
            f"text has a lone surrogate, {text[error.start]!a}, at position {error.start}, which "
            "this tokenizer cannot read; remove it or put U+FFFD in its place"
        )
        raise ValueError(message) from None


def _import_jieba() -> ModuleType:
    """Import jieba; on some Pythons its source, and what it imports, warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return require("jieba", "zh")


@once
def _jieba() -> ModuleType:
    """Load jieba's dictionary, unless it is loaded.

    Loading it this way writes nothing to the log and no cache into the folder for temporary files.
    """
    jieba = _import_jieba()
    dictionary = jieba.dt
    with dictionary.lock:
        if not dictionary.initialized:
            loaded = dictionary.gen_pfdict(dictionary.get_dict_file())
            dictionary.FREQ, dictionary.total = loaded
            dictionary.initialized = True
    return jieba


@register_class("JiebaTokenizer")
class JiebaTokenizer(Tokenizer):
    """``jieba.lcut``: Chinese words, white space and punctuation included.

    Words added to jieba itself (``jieba.add_word``, ``jieba.load_userdict``) count.

    Raises
    ------
    ImportError
        Without jieba; the error names the extra that brings it.
    """

    def __init__(self) -> None:
        _import_jieba()

    def tokenize(self, text: str) -> list[str]:
        """Return the words of a text.

        Raises
        ------
        TypeError
            If `text` is not a str.
        """
        check_str(text, "text")
        words: list[str] = _jieba().lcut(text)
        return words


_taggers = local()


def _tagger() -> Any:
    """Get the thread's own MeCab, which takes a fraction of a millisecond to make."""
    if not hasattr(_taggers, "wakati"):
        mecab = require("MeCab", "ja")
        try:
            _taggers.wakati = mecab.Tagger("-Owakati")
        except RuntimeError as error:
            message = f"MeCab did not find its dictionary; run: pip install 'embedfn[ja]'\n{error}"
            raise ImportError(message, name="unidic_lite") from error
    return _taggers.wakati


def mecab_dictionary() -> dict[str, Any]:
    """Tell MeCab's dictionaries apart: the words in each that it uses, and their format."""
    words, about = [], _tagger().dictionary_info()
    while about:
        words.append(about.size)
        version, about = about.version, about.next
    return {"words": words, "format": version}


@register_class("MecabTokenizer")
class MecabTokenizer(Tokenizer):
    """``MeCab.Tagger("-Owakati")``: Japanese words, punctuation included.

    The dictionary is the one mecab-python3 finds: unidic where that is installed, else unidic-lite.

    Raises
    ------
    ImportError
        Without mecab-python3 or a dictionary; the error names the extra that brings them.
    """

    def __init__(self) -> None:
        require("MeCab", "ja")
        _tagger()

    def tokenize(self, text: str) -> list[str]:
        """Return the words of a text.

        Raises
        ------
        TypeError
            If `text` is not a str.
        ValueError
            If `text` has a lone surrogate.
        """
        _check_text(text)
        # To MeCab a null character ends the text.
        words: list[str] = _tagger().parse(text.replace("\0", " ")).split()
        return words


# Neither promises to serve two threads at once.
_kkma_lock = Lock()
_kiwi_lock = Lock()


@once
def _kkma() -> Any:
    """Start konlpy's Kkma in a Java virtual machine."""
    return require("konlpy.tag", "ko").Kkma()


@register_class("KonlpyTokenizer")
class KonlpyTokenizer(Tokenizer):
    """``konlpy.tag.Kkma().nouns``: the nouns of a Korean text, each once.

    Raises
    ------
    ImportError
        Without konlpy; the error names the extra that brings it.
    RuntimeError
        Without Java.
    """

    def __init__(self) -> None:
        require("konlpy", "ko")
        jpype = require("jpype", "ko")
        if jpype.isJVMStarted():
            return
        try:
            jpype.getDefaultJVMPath()
        except ValueError as error:
            message = "konlpy's Kkma needs Java, and none was found; install one or set JAVA_HOME"
            raise RuntimeError(message) from error

    def tokenize(self, text: str) -> list[str]:
        """Return the nouns of a text.

        Raises
        ------
        TypeError
            If `text` is not a str.
        ValueError
            If `text` has a lone surrogate.
        """
        _check_text(text)
        with _kkma_lock:
            nouns: list[str] = _kkma().nouns(text)
        return nouns


@once
def _kiwi() -> Any:
    """Make kiwipiepy's Kiwi, which loads its model at its first text."""
    return require("kiwipiepy", "kiwi").Kiwi()


@register_class("KiwiTokenizer")
class KiwiTokenizer(Tokenizer):
    """``kiwipiepy.Kiwi().tokenize``: the morphemes of a Korean text, punctuation included.

    Raises
    ------
    ImportError
        Without kiwipiepy; the error names the extra that brings it.
    """

    def __init__(self) -> None:
        require("kiwipiepy", "kiwi")

    def tokenize(self, text: str) -> list[str]:
        """Return the morphemes of a text.

        Raises
        ------
        TypeError
            If `text` is not a str.
        ValueError
            If `text` has a lone surrogate.
        """
        _check_text(text)
        with _kiwi_lock:
            return [token.form for token in _kiwi().tokenize(text, normalize_coda=True)]
