"""Hybrid embedding functions, by upstream's names, and scores; each loads when first used."""

from typing import TYPE_CHECKING

from embedfn._lazy import lazy

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
__getattr__, __dir__ = lazy(__name__, _MODULES)
