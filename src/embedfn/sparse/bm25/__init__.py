"""BM25 and the analyzers that turn its texts into terms."""

from embedfn.sparse.bm25.bm25 import BM25EmbeddingFunction
from embedfn.sparse.bm25.tokenizers import (
    Analyzer,
    build_analyzer_from_yaml,
    build_default_analyzer,
    build_standard_analyzer,
)

__all__ = [
    "Analyzer",
    "BM25EmbeddingFunction",
    "build_analyzer_from_yaml",
    "build_default_analyzer",
    "build_standard_analyzer",
]
