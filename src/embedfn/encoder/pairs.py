"""Cross-encoders: pairs of texts to logits, on the packed forward pass."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear

from embedfn.encoder.bert import Affine, Bert
from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.device import float_dtype
from embedfn.encoder.families import read_model_config
from embedfn.encoder.files import read_object
from embedfn.encoder.folder import token_limit
from embedfn.encoder.forward import choose_forward
from embedfn.encoder.names import TYPES
from embedfn.encoder.pack import Pack, PackQueue, Tokens
from embedfn.encoder.pair_tokens import Cut, PairTokeniser
from embedfn.encoder.passes import run_passes
from embedfn.encoder.pool import tokens_read
from embedfn.encoder.stored import Stored, open_stored
from embedfn.encoder.tokenise import check_tokens
from embedfn.encoder.weights import load_weights

_WORDS = "embeddings.word_embeddings.weight"
# How a sequence classification head's two layers are called, and what stands between them.
_HEADS = {
    "bert": (("bert.pooler.dense", "pooler.dense"), "classifier", torch.tanh),
    "distilbert": (("pre_classifier",), "classifier", torch.relu),
} | dict.fromkeys(
    ("roberta", "xlm-roberta", "camembert"),
    (("classifier.dense",), "classifier.out_proj", torch.tanh),
)


class CrossEncoder:
    """A sequence classifier over pairs, on one device.

    Parameters
    ----------
    folder : Path
    device : torch.device
    batch_size : int
        Bounds memory; scores do not depend on it.
    dtype : torch.dtype
    max_length, query_max_length : int or None
        Where a pair and, before that, a query are cut; without the latter the longer of the two is.

    Raises
    ------
    FileNotFoundError, ValueError
        For a folder that is not whole, and for a model without such a head or of another family.
    """

    def __init__(
        self,
        folder: Path,
        device: torch.device,
        batch_size: int,
        dtype: torch.dtype,
        max_length: int | None = None,
        query_max_length: int | None = None,
    ) -> None:
        values = read_object(folder / "config.json")
        config = read_model_config(folder, values)
        if not isinstance(config, EncoderConfig) or config.model_type not in _HEADS:
            message = f"{folder} is no cross-encoder that embedfn runs: {', '.join(_HEADS)}"
            raise ValueError(message)
        limit = token_limit(folder, folder, {}) or config.max_tokens
        most = min(limit, config.max_tokens, max_length or limit)
        self._cut = Cut(most, query_max_length)
        self._tokeniser = PairTokeniser(
            folder, most if query_max_length is None else config.max_tokens
        )
        self._vocab_size, self._folder = config.vocab_size, folder
        weights = load_weights(folder, config)
        types = weights.get(TYPES)
        self._typed = types is not None and len(types) > 1
        if types is not None and self._typed:
            # A word of the second text is a word of its own, the types' difference in it.
            words = weights[_WORDS]
            weights = {**weights, _WORDS: torch.cat((words, words + (types[1] - types[0])))}
        bert = Bert(weights, config, device, float_dtype(dtype))
        self._forward = choose_forward(bert, device, dtype)
        tokens = batch_size * most
        self._budget = min(tokens, self._forward.most_tokens or tokens)
        self._dense, self._out, self._between = _head(folder, config, device)
        self.activation = _activation(values)

    def logits(self, query: str, texts: list[str]) -> NDArray[np.float32]:
        """Return each pair's logits, shape (n, labels)."""
        if not texts:
            return np.empty((0, len(self._out.bias)), np.float32)
        tokens, second = self._tokeniser.pairs(query, texts, self._cut)
        check_tokens(tokens, self._vocab_size, self._folder)
        if self._typed:
            ids = tokens.ids + np.where(second, np.int32(self._vocab_size), np.int32(0))
            tokens = Tokens(ids, tokens.indptr)
        result = np.empty((len(texts), len(self._out.bias)), np.float32)

        def put(pack: Pack, logits: NDArray[np.float32]) -> None:
            result[pack.rows] = logits

        run_passes(PackQueue(tokens, self._budget), [self._logits], put)
        return result

    def _logits(self, pack: Pack) -> NDArray[np.float32]:
        """The logits of one pack's pairs, in its order."""
        first = self._forward(pack, tokens_read(pack, ("cls",))).float()
        pooled = self._between(linear(first, self._dense.weight, self._dense.bias))
        logits: NDArray[np.float32] = linear(pooled, self._out.weight, self._out.bias).cpu().numpy()
        return logits


def _head(
    folder: Path, config: EncoderConfig, device: torch.device
) -> tuple[Affine, Affine, Callable[[Tensor], Tensor]]:
    """The head's two layers in float32, and what stands between them."""
    dense, out, between = _HEADS[config.model_type]
    hidden = config.hidden_size
    with open_stored(folder) as stored:
        inner = next((name for name in dense if f"{name}.weight" in stored.readers), dense[0])
        _check(stored, f"{inner}.weight", f"{out}.weight")
        labels = stored.readers[f"{out}.bias"](f"{out}.bias").shape[0]

        def affine(name: str, size: int) -> Affine:
            weight = stored.read(f"{name}.weight", (size, hidden), "config.json")
            return Affine(weight.to(device), stored.read(f"{name}.bias", (size,), "it").to(device))

        return affine(inner, hidden), affine(out, labels), between


def _check(stored: Stored, *names: str) -> None:
    """Raise for tensors that are not there."""
    for name in names:
        if name not in stored.readers:
            message = f"{stored.file} has no tensor {name!r}, of a sequence classification head"
            raise ValueError(message)


def _activation(values: dict[str, object]) -> str:
    """The dotted name of what is applied to logits, by config.json; empty where it is silent."""
    own = values.get("sentence_transformers")
    named = own.get("activation_fn") if isinstance(own, dict) else None
    named = named or values.get("sbert_ce_default_activation_function")
    return named if isinstance(named, str) else ""
