"""Rerankers, by upstream's names; each loads when it is first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedfn.reranker.bgereranker import BGERerankFunction
    from embedfn.reranker.cohere import CohereRerankFunction
    from embedfn.reranker.cross_encoder import CrossEncoderRerankFunction
    from embedfn.reranker.jev import JevRerankFunction
    from embedfn.reranker.jinaai import JinaRerankFunction
    from embedfn.reranker.tei import TEIRerankFunction
    from embedfn.reranker.voyageai import VoyageRerankFunction

__all__ = [
    "BGERerankFunction",
    "CohereRerankFunction",
    "CrossEncoderRerankFunction",
    "JevRerankFunction",
    "JinaRerankFunction",
    "TEIRerankFunction",
    "VoyageRerankFunction",
]

_MODULES = {
    "BGERerankFunction": "bgereranker",
    "CohereRerankFunction": "cohere",
    "CrossEncoderRerankFunction": "cross_encoder",
    "JevRerankFunction": "jev",
    "JinaRerankFunction": "jinaai",
    "TEIRerankFunction": "tei",
    "VoyageRerankFunction": "voyageai",
}


def __getattr__(name: str) -> Any:
    """Import a class's module on first use (PEP 562)."""
    if name in _MODULES:
        return getattr(import_module(f"embedfn.reranker.{_MODULES[name]}"), name)
    message = f"module 'embedfn.reranker' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
