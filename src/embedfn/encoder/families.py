"""From a model's ``config.json`` to the forward pass that runs it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from embedfn.encoder.attention import Plan
from embedfn.encoder.bert import Bert, position_ids
from embedfn.encoder.config import RELATIVE_BUCKETS, EncoderConfig, is_bert_shaped, read_config
from embedfn.encoder.foreign import Foreign, ForeignConfig, read_foreign
from embedfn.encoder.modernbert import (
    ModernBert,
    ModernBertConfig,
    is_plain_modernbert,
    read_modernbert,
)
from embedfn.encoder.names import RELATIVE
from embedfn.encoder.pack import Pack
from embedfn.encoder.scores import Relative, Window, plain, relative_table
from embedfn.encoder.weights import load_weights

ModelConfig = EncoderConfig | ModernBertConfig | ForeignConfig


class Model(Protocol):
    """A loaded encoder."""

    def hidden(self, pack: Pack, plan: Plan) -> Tensor:
        """Last hidden states of a pack's tokens, (tokens, hidden); ``plan`` plans attention."""


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
    return read_foreign(folder, values.get("model_type"))


def load_model(
    folder: Path, config: ModelConfig, device: torch.device, dtype: torch.dtype
) -> Model:
    """Load the weights of a folder.

    Raises
    ------
    FileNotFoundError, ValueError
        For weights that are not there, not whole or not the configuration's own.
    ImportError
        For an architecture that transformers runs, without the extra ``transformers``.
    """
    if isinstance(config, EncoderConfig):
        return _BertShaped(load_weights(folder, config), config, device, dtype)
    if isinstance(config, ModernBertConfig):
        return _Modern(load_weights(folder, config), config, device, dtype)
    return _Foreign(Foreign(folder, config, device, dtype))


class _BertShaped:
    """BERT and the families that differ in names, positions or a bias of distance."""

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: EncoderConfig,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._device = device
        self._bert = Bert(weights, config, device, dtype)
        self._relative = None
        if config.relative_buckets:
            table = relative_table(weights[RELATIVE], config.max_tokens, RELATIVE_BUCKETS)
            self._relative = table.to(device=device, dtype=dtype)

    def hidden(self, pack: Pack, plan: Plan) -> Tensor:
        """Run the encoder; see :class:`Model`."""
        ids = torch.from_numpy(pack.ids).to(self._device)
        positions = torch.from_numpy(position_ids(pack, self._bert.config)).to(self._device)
        rule = plain if self._relative is None else Relative(self._relative)
        return self._bert.forward(ids, positions, plan(pack, self._device, rule))


class _Modern:
    """ModernBERT."""

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: ModernBertConfig,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._device = device
        self._bert = ModernBert(weights, config, device, dtype)
        self._window = Window(config.reach)

    def hidden(self, pack: Pack, plan: Plan) -> Tensor:
        """Run the encoder; see :class:`Model`."""
        ids = torch.from_numpy(pack.ids).to(self._device)
        places = torch.from_numpy(pack.offsets).to(self._device)
        everywhere = plan(pack, self._device, plain)
        return self._bert.forward(ids, places, everywhere, plan(pack, self._device, self._window))


class _Foreign:
    """What transformers runs, which plans attention itself."""

    def __init__(self, model: Foreign) -> None:
        self.model = model

    def hidden(self, pack: Pack, plan: Plan) -> Tensor:
        """Run the model; see :class:`Model`."""
        return self.model.hidden(pack)
