"""The native way from texts to terms, for analyzers made of this package's own parts.

C++ cuts texts into sentences and parts and remembers what each distinct part becomes. What a part
becomes it works out itself, but where it does not know a step or a character's lower case depends
on the word: then it asks here, of the plain functions that the analyzer is made of. Any other
analyzer goes its own way.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from embedfn import kernels
from embedfn.lexical.analyzer import Analyzer
from embedfn.lexical.char_classes import char_ranges
from embedfn.lexical.components import (
    LowercaseFilter,
    PunctuationFilter,
    StandardTokenizer,
    StemmingFilter,
    StopwordFilter,
    TextFilter,
    UnicodeTokenizer,
)
from embedfn.lexical.punkt_model import punkt_model
from embedfn.lexical.punkt_tokens import has_break
from embedfn.lexical.tables import once
from embedfn.lexical.treebank import tokenize_sentence
from embedfn.lexical.uax29 import code_ranges

# What stands around a part, as csrc/sentences.hpp tells it.
_FIRST, _AFTER_LINE, _BEFORE_LINE, _FINAL = 1, 2, 4, 8
# Filters that look at one word at a time.
_KNOWN_TOKENIZERS = (StandardTokenizer, UnicodeTokenizer)
_KNOWN_FILTERS = (LowercaseFilter, PunctuationFilter, StopwordFilter, StemmingFilter)


class Rules:
    """What the native analysis asks once for each distinct form."""

    def __init__(self, filters: Sequence[TextFilter]) -> None:
        self._filters = filters

    def ends_sentence(self, snippet: str) -> bool:
        """Say whether a sentence ends between the words of a snippet."""
        return has_break(snippet)

    def part_terms(self, part: str, flags: int) -> list[str]:
        """Return the terms of a part of a sentence; ``flags`` tell what stands around it."""
        # A letter stands for the rest of the sentence: no rule looks further.
        before = "" if flags & _FIRST else "x\n" if flags & _AFTER_LINE else "x "
        after = "" if flags & _FINAL else "\nx" if flags & _BEFORE_LINE else " x"
        words = tokenize_sentence(f"{before}{part}{after}")
        words = words[bool(before) : len(words) - bool(after)]
        for text_filter in self._filters:
            words = text_filter.apply(words)
        return words


class WordRules(Rules):
    """The same where each part is a word."""

    def part_terms(self, part: str, flags: int) -> list[str]:
        """Return the word's terms."""
        words = [part]
        for text_filter in self._filters:
            words = text_filter.apply(words)
        return words


_Chain = list[tuple[type, dict[str, Any]]]
_analyses: WeakKeyDictionary[Analyzer, tuple[_Chain, Any]] = WeakKeyDictionary()


def analysis_of(analyzer: object) -> Any:
    """Return the native analysis of an analyzer, with all it remembers; None where there is none.

    An analyzer that has been changed gets a new one.
    """
    if kernels.Analysis is None or type(analyzer) is not Analyzer:
        return None
    filters = list(analyzer.filters)
    known = all(type(text_filter) in _KNOWN_FILTERS for text_filter in filters)
    tokenizer = type(analyzer.tokenizer)
    if analyzer.preprocessors or tokenizer not in _KNOWN_TOKENIZERS or not known:
        return None
    made_for, analysis = _analyses.get(analyzer, (None, None))
    here = [(type(text_filter), vars(text_filter)) for text_filter in filters]
    if made_for != [(tokenizer, {}), *here]:
        chain = [(type(text_filter), _parameters(text_filter)) for text_filter in filters]
        analysis = _make(analyzer, filters)
        _analyses[analyzer] = [(tokenizer, {}), *chain], analysis
    return analysis


def _make(analyzer: Analyzer, filters: Sequence[TextFilter]) -> Any:
    """Make an analyzer's analysis."""
    if isinstance(analyzer.tokenizer, UnicodeTokenizer):
        return kernels.Analysis(WordRules(filters), _word_model(), _steps(filters))
    return kernels.Analysis(Rules(filters), _sentence_model(), _steps(filters))


def _parameters(text_filter: TextFilter) -> dict[str, Any]:
    """All that a known filter's result depends on, as it is now."""
    return {
        name: frozenset(value) if isinstance(value, set) else value
        for name, value in vars(text_filter).items()
    }


@once
def _sentence_model() -> Any:
    """NLTK's sentences and words."""
    model = punkt_model()
    punkt = (
        [word.encode() for word in model.abbreviations],
        [word.encode() for word in model.starters],
        [(first.encode(), second.encode()) for first, second in model.collocations],
        {word.encode(): contexts for word, contexts in model.contexts.items()},
    )
    return kernels.Model(punkt, char_ranges())


@once
def _word_model() -> Any:
    """Unicode's words."""
    return kernels.Model(((), (), (), {}), char_ranges(), code_ranges())


def _steps(filters: Sequence[TextFilter]) -> list[tuple[str, list[bytes]]] | None:
    """What the filters do to one word; None where native code has no such step."""
    steps: list[tuple[str, list[bytes]]] = []
    for text_filter in filters:
        if isinstance(text_filter, LowercaseFilter):
            steps.append(("lowercase", []))
        elif isinstance(text_filter, PunctuationFilter):
            steps.append(("drop", _encoded(text_filter.punctuation)))
        elif isinstance(text_filter, StopwordFilter):
            steps.append(("drop", _encoded(text_filter.stopwords)))
        elif isinstance(text_filter, StemmingFilter):
            if text_filter.language != "russian":  # the others start by lower-casing
                steps.append(("lowercase", []))
            steps.append(("stem", [text_filter.language.encode()]))
        else:
            return None
    return steps


def _encoded(words: set[str]) -> list[bytes]:
    """Words in UTF-8."""
    return [word.encode("utf-8", "surrogatepass") for word in words]
