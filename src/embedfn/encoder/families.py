"""From a model's ``config.json`` to the forward pass that runs it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from embedfn.encoder.attention import by_runs, padded
from embedfn.encoder.bert import Bert
from embedfn.encoder.config import RELATIVE_BUCKETS, EncoderConfig, is_bert_shaped, read_config
from embedfn.encoder.device import float_dtype, to_device
from embedfn.encoder.foreign import Foreign, ForeignConfig, read_foreign
from embedfn.encoder.forward import (
    Forward,
    Reads,
    choose_forward,
    choose_native,
    most_tokens_in_torch,
    refuse_int8,
)
from embedfn.encoder.gte import Gte
from embedfn.encoder.gte_config import GteConfig, is_plain_gte, read_gte
from embedfn.encoder.modernbert import (
    ModernBert,
    ModernBertConfig,
    is_plain_modernbert,
    read_modernbert,
)
from embedfn.encoder.names import RELATIVE
from embedfn.encoder.pack import Pack
from embedfn.encoder.scores import Window, plain, relative_table
from embedfn.encoder.weights import load_weights

ModelConfig = EncoderConfig | ModernBertConfig | GteConfig | ForeignConfig


def read_model_config(folder: Path, values: Mapping[str, Any]) -> ModelConfig:
    """Check what ``config.json`` says.

    Parameters
    ----------
    folder : Path
        Holds the file.
    values : mapping
        The parsed file.

    Raises
    ------
    ValueError
        For a missing or impossible value, and for an architecture that nothing here runs.
    ImportError
        For an architecture that transformers runs, without the extra ``transformers``.
    """
    file = folder / "config.json"
    if is_bert_shaped(values):
        return read_config(values, file)
    if is_plain_modernbert(values):
        return read_modernbert(values, file)
    if is_plain_gte(values):
        return read_gte(values, file)
    return read_foreign(folder, values.get("model_type"))


def load_model(
    folder: Path, config: ModelConfig, device: torch.device, dtype: torch.dtype
) -> Forward:
    """Load the weights of a folder.

    Raises
    ------
    FileNotFoundError, ValueError
        For weights that are not there, not whole or not the configuration's own, and for int8
        where the native kernels do not run the model.
    ImportError
        For an architecture that transformers runs, without the extra ``transformers``.
    """
    if isinstance(config, EncoderConfig):
        weights = load_weights(folder, config)
        relative = None
        if config.relative_buckets:
            table = relative_table(weights[RELATIVE], config.max_tokens, RELATIVE_BUCKETS)
            relative = table.to(device=device, dtype=float_dtype(dtype))
        bert = Bert(weights, config, device, float_dtype(dtype))
        return choose_forward(bert, device, dtype, relative)
    if isinstance(config, GteConfig):
        gte = Gte(load_weights(folder, config), config, device, float_dtype(dtype))
        native = choose_native(gte, device, dtype, config.norm_type == "layer_norm")
        return native or _GteForward(gte, device)
    refuse_int8(dtype, f"{type(config).__name__.removesuffix('Config')} by torch")
    if isinstance(config, ModernBertConfig):
        modern = ModernBert(load_weights(folder, config), config, device, dtype)
        return _ModernForward(modern, device)
    return Foreign(folder, config, device, dtype)


class _ModernForward:
    """ModernBERT, by torch."""

    def __init__(self, bert: ModernBert, device: torch.device) -> None:
        self.most_tokens = most_tokens_in_torch(device)
        self._bert = bert
        self._device = device
        self._attention = by_runs if device.type == "cpu" else padded
        self._window = Window(bert.config.reach)

    def __call__(self, pack: Pack, reads: Reads = None) -> Tensor:
        """Hidden states (tokens, hidden) of the last layer, or of the tokens that are read."""
        ids = to_device(pack.ids, self._device)
        places = to_device(pack.offsets, self._device)
        everywhere = self._attention(pack, self._device, plain)
        near = self._attention(pack, self._device, self._window)
        chosen = None if reads is None else to_device(reads, self._device)
        return self._bert.forward(ids, places, everywhere, near, chosen)


class _GteForward:
    """GTE, by torch."""

    def __init__(self, gte: Gte, device: torch.device) -> None:
        self.most_tokens = most_tokens_in_torch(device)
        self._gte = gte
        self._device = device
        self._attention = by_runs if device.type == "cpu" else padded

    def __call__(self, pack: Pack, reads: Reads = None) -> Tensor:
        """Hidden states (tokens, hidden) of the last layer, or of the tokens that are read."""
        ids = to_device(pack.ids, self._device)
        places = to_device(pack.offsets, self._device)
        attend = self._attention(pack, self._device, plain)
        chosen = None if reads is None else to_device(reads, self._device)
        return self._gte.forward(ids, places, attend, chosen)
