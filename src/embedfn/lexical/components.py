"""The parts of an analyzer, under upstream's names: preprocessors, tokenizers, filters.

A part registered with `register_class` can be named in an analyzer's YAML description.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from string import punctuation
from types import MappingProxyType
from typing import TypeVar

from embedfn.lexical.checks import check_str
from embedfn.lexical.stem_english import stem as stem_english
from embedfn.lexical.stem_french import stem as stem_french
from embedfn.lexical.stem_german import stem as stem_german
from embedfn.lexical.stem_italian import stem as stem_italian
from embedfn.lexical.stem_portuguese import stem as stem_portuguese
from embedfn.lexical.stem_russian import stem as stem_russian
from embedfn.lexical.stem_spanish import stem as stem_spanish
from embedfn.lexical.stopwords import stopwords
from embedfn.lexical.treebank import word_tokenize
from embedfn.lexical.uax29 import words

C = TypeVar("C", bound=type)

_class_registry: dict[str, type] = {}
_stemmers: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "english": stem_english,
        "german": stem_german,
        "french": stem_french,
        "russian": stem_russian,
        "spanish": stem_spanish,
        "italian": stem_italian,
        "portuguese": stem_portuguese,
    }
)


def register_class(register_as: str) -> Callable[[C], C]:
    """Make a class known to `build_analyzer_from_yaml` by a name.

    Parameters
    ----------
    register_as : str
        The name; a class registered under it before is replaced.

    Returns
    -------
    callable
        A class decorator that returns the class unchanged.
    """

    def register(cls: C) -> C:
        _class_registry[register_as] = cls
        return cls

    return register


def registered_class(name: str) -> type:
    """Return the class registered by a name.

    Raises
    ------
    ValueError
        When there is none; the error names those there are.
    """
    if name not in _class_registry:
        known = ", ".join(sorted(_class_registry))
        message = (
            f"no analyzer class is registered as {name!r}; registered: {known}. "
            "Add your own with embedfn.lexical.components.register_class"
        )
        raise ValueError(message)
    return _class_registry[name]


class _Part:
    """A repr from the constructor's arguments, which subclasses put in `_arguments`."""

    def _arguments(self) -> str:
        """The arguments as they would be written."""
        return ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._arguments()})"


class Preprocessor(_Part):
    """Base class: `apply` maps a text to a text."""

    def apply(self, text: str) -> str:
        """Return the text to analyze."""
        message = "each preprocessor must implement its 'apply' method"
        raise NotImplementedError(message)


class Tokenizer(_Part):
    """Base class: `tokenize` cuts a text into words."""

    def tokenize(self, text: str) -> list[str]:
        """Return the words of a text."""
        message = "each tokenizer must implement its 'tokenize' method"
        raise NotImplementedError(message)


class TextFilter(_Part):
    """Base class: `apply` maps a list of words to a list of words."""

    def apply(self, tokens: list[str]) -> list[str]:
        """Return the words to keep, changed or not."""
        message = "each filter must implement its 'apply' method"
        raise NotImplementedError(message)


@register_class("CharacterfilterPreprocessor")
class CharacterfilterPreprocessor(Preprocessor):
    """Put a space in place of each of some characters.

    Parameters
    ----------
    chars_to_replace : str or iterable of str
        The characters.

    Raises
    ------
    ValueError
        For an item that is not one character.
    """

    def __init__(self, chars_to_replace: str | Iterable[str]) -> None:
        chars = list(chars_to_replace)
        for char in chars:
            if not isinstance(char, str) or len(char) != 1:
                message = f"chars_to_replace must hold single characters; got {char!r}"
                raise ValueError(message)
        self.replacement_table = {ord(char): " " for char in chars}

    def apply(self, text: str) -> str:
        """Return the text with spaces in place of the characters."""
        return text.translate(self.replacement_table)

    def _arguments(self) -> str:
        """The characters, as one string."""
        return repr("".join(map(chr, self.replacement_table)))


@register_class("ReplacePreprocessor")
class ReplacePreprocessor(Preprocessor):
    """Replace some strings by others; where several begin at one place, the first given wins.

    Parameters
    ----------
    replacement_mapping : dict of str to str
        What to replace, and by what. With an empty mapping texts stay as they are.
    """

    def __init__(self, replacement_mapping: Mapping[str, str]) -> None:
        self.replacement_mapping = dict(replacement_mapping)
        self.pattern = re.compile("|".join(map(re.escape, self.replacement_mapping)))

    def apply(self, text: str) -> str:
        """Return the text with the replacements made."""
        if not self.replacement_mapping:  # the empty pattern matches everywhere
            return text
        return self.pattern.sub(lambda found: self.replacement_mapping[found[0]], text)

    def _arguments(self) -> str:
        """The mapping."""
        return repr(self.replacement_mapping)


@register_class("StandardTokenizer")
class StandardTokenizer(Tokenizer):
    """NLTK's ``word_tokenize``, which cuts sentences with its English model for any language."""

    def tokenize(self, text: str) -> list[str]:
        """Return the words of a text.

        Raises
        ------
        TypeError
            If `text` is not a str.
        """
        return word_tokenize(text)


@register_class("UnicodeTokenizer")
class UnicodeTokenizer(Tokenizer):
    """Unicode's default words (UAX #29): `embedfn.lexical.uax29` says which segments are words."""

    def tokenize(self, text: str) -> list[str]:
        """Return the words of a text.

        Raises
        ------
        TypeError
            If `text` is not a str.
        """
        return words(text)


@register_class("LowercaseFilter")
class LowercaseFilter(TextFilter):
    """Put each word in lower case (`str.lower`)."""

    def apply(self, tokens: list[str]) -> list[str]:
        """Return the words in lower case."""
        return [token.lower() for token in tokens]


@register_class("StopwordFilter")
class StopwordFilter(TextFilter):
    """Drop NLTK's stopwords of a language, and others.

    Parameters
    ----------
    language : str, default "english"
        The language's English name in lower case.
    stopword_list : iterable of str, optional
        Further words to drop.

    Raises
    ------
    ValueError
        For a language without a list.
    TypeError
        If `stopword_list` is one str.
    """

    def __init__(
        self, language: str = "english", stopword_list: Iterable[str] | None = None
    ) -> None:
        if isinstance(stopword_list, str):
            message = f"stopword_list must be a list of str, not one str: {stopword_list!r}"
            raise TypeError(message)
        self.language = language
        self.stopwords = set(stopwords(language)).union(stopword_list or ())

    def apply(self, tokens: list[str]) -> list[str]:
        """Return the words that are no stopwords; case matters."""
        return [token for token in tokens if token not in self.stopwords]

    def _arguments(self) -> str:
        """The language and the words beyond its list."""
        extra = sorted(self.stopwords.difference(stopwords(self.language)))
        return f"{self.language!r}, {extra!r}" if extra else repr(self.language)


@register_class("PunctuationFilter")
class PunctuationFilter(TextFilter):
    """Drop the words that are one character of `string.punctuation`, or one of the extras.

    Parameters
    ----------
    extras : str, default ""
        Further characters to drop.
    """

    def __init__(self, extras: str = "") -> None:
        check_str(extras, "extras")
        self.extras = extras
        self.punctuation = set(punctuation + extras)

    def apply(self, tokens: list[str]) -> list[str]:
        """Return the words that are not one punctuation character."""
        return [token for token in tokens if token not in self.punctuation]

    def _arguments(self) -> str:
        """The extras."""
        return repr(self.extras) if self.extras else ""


@register_class("StemmingFilter")
class StemmingFilter(TextFilter):
    """Replace each word by its Snowball stem.

    Parameters
    ----------
    language : str, default "english"
        The language's English name in lower case.

    Raises
    ------
    ValueError
        For a language without a stemmer.
    """

    def __init__(self, language: str = "english") -> None:
        if language not in _stemmers:
            known = ", ".join(_stemmers)
            message = f"no stemmer for language {language!r}; available: {known}"
            raise ValueError(message)
        self.language = language

    def apply(self, tokens: list[str]) -> list[str]:
        """Return the stems."""
        return list(map(_stemmers[self.language], tokens))

    def _arguments(self) -> str:
        """The language."""
        return repr(self.language)
