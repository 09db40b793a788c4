"""Sparse embedding functions: one weight for each term of a vocabulary that a text has."""

from embedfn.sparse.bm25 import BM25EmbeddingFunction
from embedfn.sparse.splade import SpladeEmbeddingFunction

__all__ = ["BM25EmbeddingFunction", "SpladeEmbeddingFunction"]
