"""What every dense function offers whose model runs in this process."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedfn._arguments import check_count
from embedfn._distinct import distinct
from embedfn._formats import Format, checked_format, checked_output
from embedfn._texts import Texts, as_texts, refuse_surrogates
from embedfn.dense._dense import DenseEmbeddingFunction, Kind, Output, check_kind, checked_blocks

if TYPE_CHECKING:
    from embedfn.encoder.tokenise import TokenCounts

# Large enough to fill a GPU's passes, small enough that a block of passages takes little memory.
BLOCK_SIZE = 1024


class LocalModel(Protocol):
    """What runs a model: an engine of embedfn.encoder."""

    dim: int

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Vectors of the texts, shape (n, dim)."""

    def encode_blocks(self, blocks: Iterable[list[str]]) -> Iterator[NDArray[np.float32]]:
        """The vectors of each block."""

    def count(self, texts: list[str]) -> "TokenCounts":
        """The texts' tokens."""


class LocalEmbeddingFunction(DenseEmbeddingFunction):
    """Dense vectors of texts; a subclass loads ``_model``.

    All methods that encode take the keywords of :meth:`__call__`.
    """

    _model: LocalModel

    @property
    def dim(self) -> int:
        """Number of components of a vector."""
        return self._model.dim

    def __call__(
        self,
        texts: Texts,
        *,
        output: Output = "list",
        output_dtype: str = "float32",
        ranges: ArrayLike | None = None,
    ) -> Any:
        """Embed texts as they are.

        Parameters
        ----------
        texts : iterable of str
            A text that stands several times is worked on once.
        output : str
            ``"list"`` for a list of rows, ``"array"`` for the one array that they are rows of.
        output_dtype : str
            ``"float32"``; ``"float16"``; ``"bfloat16"`` (of ml_dtypes, extra ``bf16``);
            ``"int8"`` or ``"uint8"``, the 256 equal steps between the bounds in ``ranges``;
            ``"ubinary"``, the signs as packed bits (a Milvus BINARY_VECTOR), or ``"binary"``, the
            same less 128. Bytes and bits equal those of Sentence Transformers'
            ``quantize_embeddings``.
        ranges : array of shape (2, dim), optional
            Each component's smallest and greatest value, as :meth:`calibrate` finds them; for int8
            and uint8 only.

        Returns
        -------
        list of arrays of shape (dim,), or array of shape (n, dim)
            In the order of the texts; contiguous. Bits have (dim + 7) // 8 bytes a row.

        Raises
        ------
        TypeError
            For a bare str and for an item that is not a str; its position is named.
        ValueError
            For a lone surrogate; its position is named. For an output that does not exist.
        """
        return self._encode(texts, "text", "texts", output, output_dtype, ranges)

    def encode_iter(
        self,
        texts: Texts,
        *,
        kind: Kind = "document",
        block_size: int = BLOCK_SIZE,
        output_dtype: str = "float32",
        ranges: ArrayLike | None = None,
    ) -> Iterator[NDArray[Any]]:
        """Embed texts block by block; memory does not grow with their number.

        Parameters
        ----------
        texts : iterable of str
            Read as blocks are asked for, on a GPU one block further.
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

        Raises
        ------
        TypeError, ValueError
            As calling the object, wrong arguments at once and a text when its block is due, with
            its position among all texts.
        """
        check_kind(kind)
        check_count("block_size", block_size)
        wanted = checked_format(output_dtype, ranges, self.dim)
        return self._stream(checked_blocks(texts, block_size), kind, wanted)

    def calibrate(self, texts: Texts, *, kind: Kind = "document") -> NDArray[np.float32]:
        """Find the bounds for int8 and uint8 on a sample of texts, a few thousand or more.

        Returns
        -------
        float32 array of shape (2, dim)
            Each component's smallest and greatest value over the sample.

        Raises
        ------
        ValueError
            For a sample of fewer than two texts.
        """
        check_kind(kind)
        low = np.full(self.dim, np.inf, np.float32)
        high = -low
        count = 0
        for block in self.encode_iter(texts, kind=kind):
            count += len(block)
            np.minimum(low, block.min(axis=0), out=low)
            np.maximum(high, block.max(axis=0), out=high)
        if count < 2:
            message = f"calibrate needs a sample of texts, thousands if possible; got {count}"
            raise ValueError(message)
        return np.stack([low, high])

    def count_tokens(self, texts: Texts, *, kind: Kind = "text") -> "TokenCounts":
        """Count the tokens of texts, and say which the model sees only a part of.

        Parameters
        ----------
        texts : iterable of str
        kind : str
            ``"query"`` and ``"document"`` count with what is put before them.

        Returns
        -------
        TokenCounts
            ``tokens``, int64 of shape (n,), of the whole text with special tokens; ``truncated``,
            bool of shape (n,).
        """
        check_kind(kind)
        checked = as_texts(texts)
        refuse_surrogates(checked)
        return self._counts(checked, kind)

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
        as_array = checked_output(output)
        wanted = checked_format(output_dtype, ranges, self.dim)
        checked = as_texts(texts, argument)
        refuse_surrogates(checked, argument)
        unique, which = distinct(checked)
        vectors = wanted.convert(self._vectors(unique, kind))
        if which is not None:
            vectors = vectors[which]
        return vectors if as_array else list(vectors)

    def _stream(
        self, blocks: Iterator[list[str]], kind: Kind, wanted: Format
    ) -> Iterator[NDArray[Any]]:
        """Vectors of blocks of texts."""
        copies = []

        def prepared() -> Iterator[list[str]]:
            for block in blocks:
                unique, which = distinct(block)
                copies.append(which)
                yield unique

        for vectors in self._vector_blocks(prepared(), kind):
            which = copies.pop(0)
            converted = wanted.convert(vectors)
            yield converted if which is None else converted[which]

    def _vectors(self, texts: list[str], kind: Kind) -> NDArray[np.float32]:
        """The vectors of texts of that kind, shape (n, dim)."""
        return self._model.encode(texts)

    def _vector_blocks(
        self, blocks: Iterator[list[str]], kind: Kind
    ) -> Iterator[NDArray[np.float32]]:
        """The vectors of each block."""
        return self._model.encode_blocks(blocks)

    def _counts(self, texts: list[str], kind: Kind) -> "TokenCounts":
        """The tokens of texts of that kind."""
        return self._model.count(texts)
