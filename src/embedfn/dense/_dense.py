"""What every dense function offers, wherever its model runs."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedfn._arguments import check_type
from embedfn._blocks import text_blocks
from embedfn._texts import Texts, as_texts, refuse_surrogates
from embedfn.base import BaseEmbeddingFunction

Kind = Literal["text", "query", "document"]
Output = Literal["list", "array"]


class DenseEmbeddingFunction(BaseEmbeddingFunction):
    """Dense vectors of texts; a subclass works them out in ``_encode``."""

    def encode_queries(
        self,
        queries: Texts,
        *,
        output: Output = "list",
        output_dtype: str = "float32",
        ranges: ArrayLike | None = None,
    ) -> Any:
        """Embed queries; otherwise as calling the object."""
        return self._encode(queries, "query", "queries", output, output_dtype, ranges)

    def encode_documents(
        self,
        documents: Texts,
        *,
        output: Output = "list",
        output_dtype: str = "float32",
        ranges: ArrayLike | None = None,
    ) -> Any:
        """Embed documents; otherwise as calling the object."""
        return self._encode(documents, "document", "documents", output, output_dtype, ranges)

    @abstractmethod
    def _encode(
        self,
        texts: Texts,
        kind: Kind,
        argument: str,
        output: object = "list",
        output_dtype: object = "float32",
        ranges: object = None,
    ) -> Any:
        """Vectors of texts in the form asked for."""

    def _encode_query(self, query: str) -> NDArray[np.float32]:
        """One query's vector, shape (dim,)."""
        check_type("query", query, str)
        rows: list[NDArray[np.float32]] = self._encode([query], "query", "query")
        return rows[0]

    def _encode_document(self, document: str) -> NDArray[np.float32]:
        """One document's vector, shape (dim,)."""
        check_type("document", document, str)
        rows: list[NDArray[np.float32]] = self._encode([document], "document", "document")
        return rows[0]


def check_kind(kind: object) -> None:
    """Raise for what is no kind of text."""
    if kind not in ("text", "query", "document"):
        message = f"kind must be 'text', 'query' or 'document', not {kind!r}"
        raise ValueError(message)


def checked_blocks(texts: Texts, size: int) -> Iterator[list[str]]:
    """Return checked texts in lists of ``size``, the last perhaps shorter.

    What is no iterable of texts raises at once, a wrong text when its block is due.
    """
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        as_texts(texts)  # raises
    return _checked(texts, size)


def _checked(texts: Texts, size: int) -> Iterator[list[str]]:
    """The same, once they are iterable."""
    first = 0
    for block in text_blocks(texts, "texts", size):
        for start in range(0, len(block), size):
            part = block[start : start + size] if len(block) > size else block
            refuse_surrogates(part, "texts", first)
            first += len(part)
            yield part
