"""What every dense function offers whose model runs at a provider."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedfn._arguments import check_count
from embedfn._formats import FLOATS, Format, checked_format, checked_output
from embedfn._texts import Texts, as_texts, refuse_surrogates
from embedfn.dense._dense import DenseEmbeddingFunction, Kind, Output, check_kind, checked_blocks

if TYPE_CHECKING:
    from embedfn.remote.client import RemoteModel
    from embedfn.remote.usage import Usage

_BLOCK = 16384  # texts of encode_iter that are asked for together


class RemoteEmbeddingFunction(DenseEmbeddingFunction):
    """Dense vectors from a provider; a subclass makes ``_remote``.

    All methods that encode take the keywords of :meth:`__call__`. Every class on this one takes
    the options of the transport as keywords (docs/remote.md): ``batch_size``, ``concurrency``,
    ``max_retries``, ``timeout``, ``requests_per_minute``, ``tokens_per_minute``, ``too_long``,
    ``on_error``, ``cache``, ``progress``.
    """

    model_name: str
    _remote: "RemoteModel"
    _dim: int | None = None
    _probe = "dim"  # a text whose vector tells how long vectors are

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model_name={self.model_name!r})"

    @property
    def dim(self) -> int:
        """Number of components of a vector; one request tells that of a model not listed."""
        if self._dim is None:
            if self._remote.dim is None:
                self._remote.encode([self._probe], self._kind("text"))
            self._dim = self._remote.dim
        assert self._dim is not None  # an answer has come
        return self._dim

    @property
    def usage(self) -> "Usage":
        """What all calls so far sent, and what the provider said it bills."""
        return self._remote.usage.copy()

    def __call__(
        self,
        texts: Texts,
        *,
        output: Output = "list",
        output_dtype: str = "float32",
        ranges: ArrayLike | None = None,
    ) -> Any:
        """Embed texts that are neither queries nor documents.

        Parameters
        ----------
        texts : iterable of str
            A text that stands several times is sent once.
        output : str
            ``"list"`` for a list of rows, ``"array"`` for the one array that they are rows of.
        output_dtype, ranges
            As for local models: ``"float32"``, ``"float16"``, ``"bfloat16"``, ``"int8"``,
            ``"uint8"``, ``"ubinary"``, ``"binary"``.

        Returns
        -------
        list of arrays of shape (dim,), or array of shape (n, dim)
            In the order of the texts; contiguous. A refused text, with ``on_error="null"``, is
            None in a list, and NaN, or 0, in an array.

        Raises
        ------
        TypeError, ValueError
            As local models; ``InputsRefused``, a ValueError, for texts that the provider refuses.
        PermissionError
            For a key that the provider does not accept, and for an account without quota.
        ConnectionError, RuntimeError
            When retries did not help. What was paid for is in the cache, where there is one.
        """
        return self._encode(texts, "text", "texts", output, output_dtype, ranges)

    async def aencode_queries(self, queries: Texts, **form: Any) -> Any:
        """Embed queries without blocking the event loop.

        Takes and returns what :meth:`encode_queries` does. Being cancelled, it returns at once
        and sends nothing more; ``usage`` says what was billed.
        """
        return await self._awaited(queries, "query", "queries", **form)

    async def aencode_documents(self, documents: Texts, **form: Any) -> Any:
        """Embed documents; otherwise as :meth:`aencode_queries`."""
        return await self._awaited(documents, "document", "documents", **form)

    def encode_iter(
        self,
        texts: Texts,
        *,
        kind: Kind = "document",
        block_size: int = _BLOCK,
        output_dtype: str = "float32",
        ranges: ArrayLike | None = None,
    ) -> Iterator[NDArray[Any]]:
        """Embed texts block by block; memory does not grow with their number.

        Parameters
        ----------
        texts : iterable of str
            Read as blocks are asked for.
        kind : str
            ``"document"``, ``"query"``, or ``"text"`` for neither.
        block_size : int
            Texts in a block; the last may hold fewer.
        output_dtype, ranges
            As calling the object.

        Yields
        ------
        array of shape (up to block_size, dim)
            In the order of the texts.
        """
        check_kind(kind)
        check_count("block_size", block_size)
        self._format(output_dtype, ranges)
        return self._stream(checked_blocks(texts, block_size), kind, output_dtype, ranges)

    def _stream(
        self, blocks: Iterator[list[str]], kind: Kind, output_dtype: str, ranges: ArrayLike | None
    ) -> Iterator[NDArray[Any]]:
        """Vectors of blocks of texts."""
        for block in blocks:
            yield self._encode(block, kind, "texts", "array", output_dtype, ranges)

    def _kind(self, kind: str) -> str:
        """How the provider calls a kind of text; the same word for kinds that it does not tell."""
        return "text"

    def _shaped(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Vectors as the caller gets them, from what the provider sent."""
        return rows

    def _listed(self, rows: NDArray[Any]) -> list[Any]:
        """The rows as a list."""
        return list(rows)

    def _encode(
        self,
        texts: Texts,
        kind: Kind,
        argument: str,
        output: object = "list",
        output_dtype: object = "float32",
        ranges: object = None,
        stop: threading.Event | None = None,
    ) -> Any:
        """Vectors of texts in the form asked for."""
        as_array = checked_output(output)
        wanted = self._format(output_dtype, ranges)
        checked = as_texts(texts, argument)
        refuse_surrogates(checked, argument)
        if not checked:
            dim = self._dim or self._remote.dim or 0
            return wanted.convert(np.empty((0, dim), np.float32)) if as_array else []
        rows, refused = self._remote.encode(checked, self._kind(kind), argument, stop)
        rows = self._shaped(rows)
        if rows.dtype == np.float32:
            rows = wanted.convert(rows)
        elif wanted != Format():
            message = f"the provider's vectors are {rows.dtype}; output_dtype is for float32 ones"
            raise TypeError(message)
        if as_array:
            return rows
        vectors = self._listed(rows)
        for position in refused:
            vectors[position] = None
        return vectors

    def _format(self, output_dtype: object, ranges: object) -> Format:
        """The form asked for, checked before anything is sent; dim is needed for ranges only."""
        if ranges is None and output_dtype in FLOATS:
            return checked_format(output_dtype, None, 1)
        return checked_format(output_dtype, ranges, 1 if ranges is None else self.dim)

    async def _awaited(self, texts: Texts, kind: Kind, argument: str, **form: Any) -> Any:
        """The same as ``_encode``, in a thread."""
        from embedfn.remote.client import in_thread

        stop = threading.Event()
        return await in_thread(lambda: self._encode(texts, kind, argument, stop=stop, **form), stop)
