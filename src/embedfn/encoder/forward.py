"""From a pack of texts to hidden states, by one of two ways: the one place that chooses.

The native way runs BERT and GTE in float32 or int8 on a CPU; torch runs everything, everywhere, and
is the definition of correct.
"""

import os
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedfn import kernels
from embedfn._threads import thread_count
from embedfn.encoder.attention import by_runs, padded
from embedfn.encoder.bert import Affine, Bert, position_ids
from embedfn.encoder.device import to_device
from embedfn.encoder.graphs import Graphs
from embedfn.encoder.gte import Gte
from embedfn.encoder.gte_config import GteConfig
from embedfn.encoder.pack import Pack
from embedfn.encoder.rotation import turns
from embedfn.encoder.scores import rule_for

# One token of each text, (texts,), by its place in the pack, where no other one's states are read;
# None where they may be. What of the last layer only others need is then left out.
Reads = NDArray[np.int64] | None
Arrays = tuple[NDArray[np.float32], NDArray[np.float32]]
# What the kernels call the activations of config.json.
NATIVE_ACTIVATIONS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
}


class Forward(Protocol):
    """A way; ``most_tokens`` in one pack is best for it, None where it does not matter."""

    most_tokens: int | None

    def __call__(self, pack: Pack, reads: Reads = None) -> Tensor:
        """Hidden states (tokens, hidden) of the last layer, or of the tokens that are read."""


def most_tokens_in_torch(device: torch.device) -> int | None:
    """How many tokens at once are best for torch's operations.

    Measured with MiniLM on two cores: 1,024 to 2,048 are alike and 256 and 8,192 each lose 10 to
    25 %; beyond, activations no longer fit the caches.
    """
    return 1536 if device.type == "cpu" else None


class TorchForward:
    """The way of torch, on any device.

    Parameters
    ----------
    bert : Bert
    device : torch.device
    relative : Tensor, optional
        What distances add to the scores of attention, as
        :class:`embedfn.encoder.scores.Relative` takes it.
    """

    def __init__(self, bert: Bert, device: torch.device, relative: Tensor | None = None) -> None:
        self.most_tokens = most_tokens_in_torch(device)
        self._bert = bert
        self._device = device
        self._relative = relative
        self._attention = by_runs if device.type == "cpu" else padded
        self._graphs = Graphs(bert, device, relative) if device.type == "cuda" else None

    def __call__(self, pack: Pack, reads: Reads = None) -> Tensor:
        """Hidden states (tokens, hidden) of the last layer, or of the tokens that are read."""
        chosen = None if reads is None else to_device(reads, self._device)
        hidden = self._graphs(pack) if self._graphs else None
        if hidden is None:
            return self._apart(pack, chosen)
        return hidden if chosen is None else hidden[chosen]

    def _apart(self, pack: Pack, reads: Tensor | None) -> Tensor:
        """The same, each operation launched by itself."""
        ids = to_device(pack.ids, self._device)
        positions = to_device(position_ids(pack, self._bert.config), self._device)
        attend = self._attention(pack, self._device, rule_for(self._relative))
        return self._bert.forward(ids, positions, attend, reads)


class NativeForward:
    """The way of the native kernels, with a copy of the layers' weights in their own order.

    Parameters
    ----------
    model : Bert or Gte
        In float32 on the CPU; a Gte with LayerNorms.
    simd : str or None
        Which instructions to use; None takes the widest there are.
    int8 : bool
        Whether the linear layers multiply whole numbers: weights rounded to int8 with a scale for
        each output, each token's states to uint8 between its smallest and its greatest.
    """

    # The kernels see to the caches themselves; this bounds what a pack's hidden states take.
    most_tokens: int | None = 1 << 14

    def __init__(self, model: Bert | Gte, simd: str | None = None, int8: bool = False) -> None:
        self._config = config = model.config
        gated = isinstance(model, Gte)
        shape = (
            config.hidden_size,
            config.intermediate_size,
            config.num_attention_heads,
            config.num_hidden_layers,
            NATIVE_ACTIVATIONS[config.hidden_act],
            config.layer_norm_eps,
        )
        words, positions = model.words.numpy(), model.positions.numpy()
        self._encoder = kernels.BertEncoder(shape, words, positions, simd, int8, gated)
        self._encoder.set_norm(_arrays(model.norm))
        for number, layer in enumerate(model.layers):
            widen, gate = _arrays(layer.widen), None
            if gated:
                widen, gate = _halves(widen)
            self._encoder.set_layer(
                number,
                _arrays(layer.qkv),
                _arrays(layer.mix),
                _arrays(layer.mix_norm),
                widen,
                _arrays(layer.narrow),
                _arrays(layer.narrow_norm),
                gate,
            )

    def __call__(self, pack: Pack, reads: Reads = None) -> Tensor:
        """Hidden states (tokens, hidden) of the last layer, or of the tokens that are read."""
        if isinstance(self._config, GteConfig):
            places, every_place = pack.offsets, torch.arange(int(pack.lengths.max(initial=0)))
            frequencies = torch.tensor(self._config.frequencies)
            table = torch.cat(turns(every_place, frequencies), dim=2)[:, 0].numpy()
        else:
            places, table = position_ids(pack, self._config), None
        hidden = self._encoder.forward(pack.ids, places, pack.indptr, thread_count(), reads, table)
        return torch.from_numpy(hidden)


def choose_forward(
    bert: Bert, device: torch.device, dtype: torch.dtype, relative: Tensor | None = None
) -> Forward:
    """Choose the native way where it can be gone.

    Raises
    ------
    ValueError
        For int8 where it cannot.
    """
    native = choose_native(bert, device, dtype, relative is None)
    return native or TorchForward(bert, device, relative)


def choose_native(
    model: Bert | Gte, device: torch.device, dtype: torch.dtype, is_plain: bool
) -> NativeForward | None:
    """Choose the native way where it can be gone; ``EMBEDFN_SIMD`` forces one of its tiers.

    Raises
    ------
    ValueError
        For int8 where it cannot.
    """
    int8 = dtype == torch.int8
    there = kernels.BertEncoder is not None and device.type == "cpu"
    if not there or not is_plain or model.config.hidden_act not in NATIVE_ACTIVATIONS:
        refuse_int8(dtype, "a model that they do not run, or embedfn without them")
    elif int8 or dtype == torch.float32:
        return NativeForward(model, os.environ.get("EMBEDFN_SIMD"), int8)
    return None


def refuse_int8(dtype: torch.dtype, what: str) -> None:
    """Raise where only the native way could do what is asked for."""
    if dtype == torch.int8:
        message = f"dtype 'int8' needs the native kernels; this is {what}; use 'fp32'"
        raise ValueError(message)


def _halves(affine: Arrays) -> tuple[Arrays, Arrays]:
    """Two layers of equally many outputs that are stacked."""
    weight, bias = (np.split(part, 2) for part in affine)
    return (weight[0], bias[0]), (weight[1], bias[1])


def _arrays(affine: Affine) -> Arrays:
    """The tensors as arrays, without a copy."""
    return affine.weight.numpy(), affine.bias.numpy()
