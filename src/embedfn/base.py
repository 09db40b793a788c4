"""What every embedding function and reranker offers, by upstream's names."""

from abc import ABC, abstractmethod
from typing import Any

from embedfn._texts import Texts


class BaseEmbeddingFunction(ABC):
    """Texts in, one vector a text out, in the order of the texts."""

    @abstractmethod
    def __call__(self, texts: Texts) -> Any:
        """Embed texts that are neither queries nor documents."""

    @abstractmethod
    def encode_queries(self, queries: Texts) -> Any:
        """Embed queries."""

    @abstractmethod
    def encode_documents(self, documents: Texts) -> Any:
        """Embed documents."""

    @property
    @abstractmethod
    def dim(self) -> Any:
        """Number of components of a vector; a dict by vector name where there are several."""


class BaseRerankFunction(ABC):
    """A query and documents in, the best documents with their scores out."""

    @abstractmethod
    def __call__(self, query: str, documents: Texts, top_k: int) -> "list[RerankResult]":
        """Score the documents against the query; the best ``top_k``, best first."""


class RerankResult:
    """One document's place in a reranking.

    Parameters
    ----------
    text : str
        The document.
    score : float
        Higher is better; the scale is the model's.
    index : int
        The document's position in the list that was given.
    """

    def __init__(self, text: str, score: float, index: int) -> None:
        self.text = text
        self.score = score
        self.index = index

    def to_dict(self) -> dict[str, Any]:
        """Return text, score and index as a dict."""
        return {"text": self.text, "score": self.score, "index": self.index}

    def __repr__(self) -> str:
        return f"RerankResult(text={self.text!r}, score={self.score}, index={self.index})"
