"""Hybrid embedding functions, by upstream's names, and scores; each loads when first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedfn.hybrid.bge_m3 import BGEM3EmbeddingFunction
    from embedfn.hybrid.mgte import MGTEEmbeddingFunction
    from embedfn.hybrid.scores import colbert_scores, lexical_scores, weighted_scores

__all__ = [
    "BGEM3EmbeddingFunction",
    "MGTEEmbeddingFunction",
    "colbert_scores",
    "lexical_scores",
    "weighted_scores",
]

_MODULES = {
    "BGEM3EmbeddingFunction": "bge_m3",
    "MGTEEmbeddingFunction": "mgte",
    "colbert_scores": "scores",
    "lexical_scores": "scores",
    "weighted_scores": "scores",
}


def __getattr__(name: str) -> Any:
    """Import a name's module on first use (PEP 562)."""
    if name in _MODULES:
        return getattr(import_module(f"embedfn.hybrid.{_MODULES[name]}"), name)
    message = f"module 'embedfn.hybrid' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
