"""Analyzers and their parts, by upstream's module path; the code is in embedfn.lexical."""

from embedfn.lexical.analyzer import (
    Analyzer,
    build_analyzer_from_yaml,
    build_default_analyzer,
    build_standard_analyzer,
)
from embedfn.lexical.components import (
    CharacterfilterPreprocessor,
    LowercaseFilter,
    Preprocessor,
    PunctuationFilter,
    ReplacePreprocessor,
    StandardTokenizer,
    StemmingFilter,
    StopwordFilter,
    TextFilter,
    Tokenizer,
    UnicodeTokenizer,
    register_class,
)
from embedfn.lexical.segmenters import (
    JiebaTokenizer,
    KiwiTokenizer,
    KonlpyTokenizer,
    MecabTokenizer,
)

__all__ = [
    "Analyzer",
    "CharacterfilterPreprocessor",
    "JiebaTokenizer",
    "KiwiTokenizer",
    "KonlpyTokenizer",
    "LowercaseFilter",
    "MecabTokenizer",
    "Preprocessor",
    "PunctuationFilter",
    "ReplacePreprocessor",
    "StandardTokenizer",
    "StemmingFilter",
    "StopwordFilter",
    "TextFilter",
    "Tokenizer",
    "UnicodeTokenizer",
    "build_analyzer_from_yaml",
    "build_default_analyzer",
    "build_standard_analyzer",
    "register_class",
]
