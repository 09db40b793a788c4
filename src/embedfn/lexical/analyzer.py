"""Analyzers: from a text to its terms."""

from os import PathLike
from pathlib import Path
from typing import Any

from embedfn._extras import require
from embedfn.lexical.checks import check_str
from embedfn.lexical.components import Preprocessor, TextFilter, Tokenizer, registered_class
from embedfn.lexical.languages import default_parts, standard_parts


class Analyzer:
    """A text's way to its terms: preprocessors, then a tokenizer, then filters.

    A part needs no base class, only its method: ``apply(text) -> str``, ``tokenize(text) -> list``
    or ``apply(tokens) -> list``. An analyzer built of this package's parts may be used from many
    threads, copied and pickled.

    Parameters
    ----------
    name : str
        A name for people to read.
    tokenizer : Tokenizer
        What cuts a text into words.
    preprocessors : list of Preprocessor, optional
        What changes a text before that, in order.
    filters : list of TextFilter, optional
        What drops or changes the words, in order.
    """

    def __init__(
        self,
        name: str,
        tokenizer: Tokenizer,
        preprocessors: list[Preprocessor] | None = None,
        filters: list[TextFilter] | None = None,
    ) -> None:
        self.name = name
        self.tokenizer = tokenizer
        self.preprocessors = preprocessors if preprocessors is not None else []
        self.filters = filters if filters is not None else []

    def __call__(self, text: str) -> list[str]:
        """Return the terms of a text, in its order, repeats included.

        Raises
        ------
        TypeError
            If `text` is not a str.
        """
        check_str(text, "text")
        for preprocessor in self.preprocessors:
            text = preprocessor.apply(text)
        tokens = self.tokenizer.tokenize(text)
        for text_filter in self.filters:
            tokens = text_filter.apply(tokens)
        return tokens

    def __repr__(self) -> str:
        parts = f"{self.name!r}, {self.tokenizer!r}"
        if self.preprocessors:
            parts += f", preprocessors={self.preprocessors!r}"
        return f"{type(self).__name__}({parts}, filters={self.filters!r})"


def build_default_analyzer(language: str = "en") -> Analyzer:
    """Build the analyzer of a language.

    Parameters
    ----------
    language : str, default "en"
        Upstream's code of the language: en, de, fr, ru, sp, it, pt, zh, jp or kr. Upstream's jp and
        kr drop English stopwords; the ISO codes ja and ko drop none, and ja keeps the mark of long
        vowels in words. The ISO code es means the same as sp.

    Returns
    -------
    Analyzer
        A new analyzer, whose parts may be changed.

    Raises
    ------
    ValueError
        For a code without an analyzer; the error names those with one.
    ImportError
        Where the tokenizer for zh, jp, ja, kr or ko is not installed; the error names the extra.
    TypeError
        If `language` is not a str.
    """
    check_str(language, "language")
    return Analyzer(language, *default_parts(language))


def build_standard_analyzer(
    language: str | None = None, *, stopwords: bool | None = None, stem: bool | None = None
) -> Analyzer:
    """Build an analyzer on Unicode's default word boundaries (UAX #29), for any language.

    Its words are those of `embedfn.lexical.uax29`, in lower case; with a language, without its
    stopwords and stemmed. Upstream has no such analyzer. The terms are others than those of
    `build_default_analyzer`: use one of the two for a corpus and its queries.

    Parameters
    ----------
    language : str, optional
        The language's code: en, de, fr, ru, es, it or pt (or sp, upstream's code for es).
    stopwords : bool, optional
        Whether to drop the language's stopwords; by default yes, if there is a language.
    stem : bool, optional
        Whether to replace words by their Snowball stems; by default yes, if there is a language.

    Returns
    -------
    Analyzer
        A new analyzer, whose parts may be changed.

    Raises
    ------
    ValueError
        For a language without stopwords and stemmer, the error naming those with them; and for
        ``stopwords=True`` or ``stem=True`` without a language.
    TypeError
        If `language` is neither a str nor None.
    """
    if language is not None:
        check_str(language, "language")
    name = "standard" if language is None else f"standard_{language}"
    return Analyzer(name, *standard_parts(language, stopwords, stem))


def build_analyzer_from_yaml(filepath: str | PathLike[str], name: str) -> Analyzer:
    """Build an analyzer from its description in a YAML file.

    The file maps names to descriptions; a description has a ``tokenizer`` and may have lists of
    ``preprocessors`` and ``filters``; each part has a ``class``, registered with
    `embedfn.lexical.components.register_class`, and may have ``params``, its keyword arguments.

    Parameters
    ----------
    filepath : str or path
        The YAML file, in UTF-8.
    name : str
        Which of the file's descriptions to build; the analyzer gets this name.

    Returns
    -------
    Analyzer
        A new analyzer.

    Raises
    ------
    ImportError
        Without PyYAML; the error names the extra that brings it.
    ValueError
        For a name the file does not have, an unknown class, or a description of another shape.
    """
    yaml = require("yaml", "yaml")
    with Path(filepath).open(encoding="utf-8") as file:
        config = yaml.safe_load(file)
    if not isinstance(config, dict):
        message = f"{filepath} must map names to analyzers"
        raise ValueError(message)
    described = config.get(name)
    if not described:
        known = ", ".join(map(str, config))
        message = f"no analyzer {name!r} in {filepath}; it has: {known}"
        raise ValueError(message)
    if not isinstance(described, dict) or "tokenizer" not in described:
        message = f"analyzer {name!r} in {filepath} has no tokenizer"
        raise ValueError(message)
    return Analyzer(
        name,
        _build_part(described["tokenizer"]),
        [_build_part(part) for part in described.get("preprocessors") or ()],
        [_build_part(part) for part in described.get("filters") or ()],
    )


def _build_part(description: Any) -> Any:
    """An instance of a part from its description in the file."""
    if not isinstance(description, dict) or "class" not in description:
        message = f"an analyzer's part must be given as 'class' and 'params'; got {description!r}"
        raise ValueError(message)
    return registered_class(description["class"])(**(description.get("params") or {}))
