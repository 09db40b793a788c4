"""Sentence encoders as ONNX graphs, run by onnxruntime in padded batches of like lengths."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn._threads import thread_count
from embedfn.encoder.files import read_object
from embedfn.encoder.pack import Tokens
from embedfn.encoder.tokenise import TokenCounts, Tokeniser, chunks

# Places, padding among them, in one run: as with the encoder's own, more leaves the caches.
TOKENS = 2048
_PLACES = ("", "onnx")
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_NUMBERS = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
# Whose positions begin behind the padding token's number.
_SHIFTED = ("roberta", "xlm-roberta", "camembert", "mpnet")
_NO_LIMIT = 10**9  # some files write 1e30


class OnnxModel:
    """An ONNX encoder with mean pooling; safe to use from many threads.

    Parameters
    ----------
    folder : Path
        Holds ``model.onnx`` or ``onnx/model.onnx``, perhaps ``config.json``.
    tokenizer : Path
        Holds ``tokenizer.json`` and perhaps ``tokenizer_config.json`` and ``config.json``.
    batch_size : int
        Texts in one run at most.
    providers : list, optional
        onnxruntime's; None takes its choice for a CPU.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a graph that cannot be run or wants other inputs than token ids, mask and types.
    """

    def __init__(
        self, folder: Path, tokenizer: Path, batch_size: int, providers: list[Any] | None = None
    ) -> None:
        self._file = _find(folder)
        settings = read_object(tokenizer / "config.json", optional=True) or read_object(
            folder / "config.json", optional=True
        )
        self._tokeniser = Tokeniser(tokenizer, _limit(tokenizer, settings), lowercase=False)
        self._padding = int(settings.get("pad_token_id") or 0)
        self._batch_size = batch_size
        self._session = _session(self._file, providers)
        self._inputs = _inputs(self._session, self._file)
        shape = self._session.get_outputs()[0].shape
        if len(shape or ()) not in (0, 3):
            message = (
                f"{self._file}: the first output is of shape {shape}; a hidden state for each "
                "token, three axes, is needed"
            )
            raise ValueError(message)
        width = shape[-1] if shape else None
        self.dim: int = width if isinstance(width, int) else self._run([[0]], [[1]]).shape[-1]

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return the texts' vectors, of length 1, float32 of shape (len(texts), dim)."""
        vectors = [np.empty((0, self.dim), np.float32)]
        vectors.extend(self._vectors(self._tokeniser.tokenise(chunk)) for chunk in chunks(texts))
        return np.concatenate(vectors)

    def encode_blocks(self, blocks: Iterable[list[str]]) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each block of texts."""
        return map(self.encode, blocks)

    def count(self, texts: list[str]) -> TokenCounts:
        """Count the texts' tokens, and say which are cut."""
        return self._tokeniser.count(texts)

    def _vectors(self, tokens: Tokens) -> NDArray[np.float32]:
        """The vectors of some texts, longest first through the graph."""
        lengths = np.diff(tokens.indptr)
        vectors = np.zeros((len(lengths), self.dim), np.float32)
        order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
        start = 0
        while start < len(order):
            size = max(1, min(self._batch_size, TOKENS // int(lengths[order[start]])))
            rows = order[start : start + size]
            real = np.arange(lengths[rows[0]]) < lengths[rows, None]
            ids = np.full(real.shape, self._padding, np.int64)
            # Rows one after the other, as their tokens lie end to end.
            ids[real] = np.concatenate(
                [tokens.ids[tokens.indptr[row] : tokens.indptr[row + 1]] for row in rows]
            )
            vectors[rows] = _means(self._run(ids, real), real)
            start += size
        return vectors

    def _run(self, ids: Any, mask: Any) -> NDArray[Any]:
        """The graph's first output for a batch, shape (texts, tokens, dim)."""
        given = dict(zip(_INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))
        feed = {name: np.asarray(given[name], dtype) for name, dtype in self._inputs.items()}
        hidden: NDArray[Any] = self._session.run(None, feed)[0]
        if hidden.ndim != 3:
            message = f"{self._file}: the first output has {hidden.ndim} axes; three are needed"
            raise ValueError(message)
        return hidden


def _means(hidden: NDArray[Any], real: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Mean over the tokens that are no padding, scaled to length 1."""
    mask = real.astype(np.float32)
    means: NDArray[np.float32] = (mask[:, None] @ hidden.astype(np.float32, copy=False))[:, 0]
    means /= mask.sum(axis=1, keepdims=True)
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    norms[norms == 0] = 1
    means /= norms
    return means


def _find(folder: Path) -> Path:
    """The graph's file."""
    for place in _PLACES:
        file = folder / place / "model.onnx"
        if file.is_file():
            return file
    message = f"{folder} has neither model.onnx nor onnx/model.onnx; export the model to ONNX"
    raise FileNotFoundError(message)


def _limit(tokenizer: Path, settings: dict[str, Any]) -> int:
    """Tokens of a text that are used: what the tokenizer says, and what has a position."""
    limits = [_NO_LIMIT]
    longest = read_object(tokenizer / "tokenizer_config.json", optional=True)
    limits.append(longest.get("model_max_length") or _NO_LIMIT)
    positions = settings.get("max_position_embeddings")
    if positions and positions > 0:
        shifted = settings.get("model_type") in _SHIFTED
        limits.append(positions - (int(settings.get("pad_token_id") or 0) + 1) * shifted)
    return int(min(limits))


def _session(file: Path, providers: list[Any] | None) -> Any:
    """An onnxruntime session on as many threads as this process may use."""
    onnxruntime = require("onnxruntime", "onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = thread_count()
    # It would keep a plan and its memory for each of the many shapes.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            str(file), options, providers=providers or ["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime's own classes are not public
        message = f"{file} cannot be run by onnxruntime: {error}"
        raise ValueError(message) from error


def _inputs(session: Any, file: Path) -> dict[str, Any]:
    """The graph's inputs by name, with the type of each."""
    inputs = {each.name: each.type for each in session.get_inputs()}
    strange = {name: kind for name, kind in inputs.items() if name not in _INPUTS}
    if strange or not set(inputs.values()) <= set(_NUMBERS) or "input_ids" not in inputs:
        message = f"{file} wants the inputs {inputs}; embedfn gives {', '.join(_INPUTS)}, integers"
        raise ValueError(message)
    return {name: _NUMBERS[kind] for name, kind in inputs.items()}
