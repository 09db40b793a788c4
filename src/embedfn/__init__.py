"""embedfn: text to vectors for search, a faster drop-in for ``pymilvus.model``.

``import embedfn as model`` is the line to change. Heavy libraries load when a class that needs
them is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedfn.dense.sentence_transformer import (
        SentenceTransformerEmbeddingFunction as DefaultEmbeddingFunction,
    )

__version__ = "0.1.0"
__all__ = ["DefaultEmbeddingFunction", "dense", "hybrid", "reranker", "sparse", "utils"]

_SUBPACKAGES = ("compat", "dense", "hybrid", "reranker", "sparse", "utils")


def __getattr__(name: str) -> Any:
    """Import subpackages and the default class on first use (PEP 562)."""
    if name in _SUBPACKAGES:
        return import_module(f"embedfn.{name}")
    if name == "DefaultEmbeddingFunction":
        # Milvus documents all-MiniLM-L6-v2 as its default; upstream's class of this name is another
        # model (docs/differences.md).
        module = import_module("embedfn.dense.sentence_transformer")
        return module.SentenceTransformerEmbeddingFunction
    message = f"module 'embedfn' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
