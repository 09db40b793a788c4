"""Rerankers, by upstream's names; each loads when it is first used."""

from typing import TYPE_CHECKING

from embedfn._lazy import lazy

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
__getattr__, __dir__ = lazy(__name__, _MODULES)
