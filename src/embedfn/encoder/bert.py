"""The BERT forward pass (Devlin et al. 2018, arXiv 1810.04805) on packed tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding, layer_norm, linear

from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.attention import Attention
from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.pack import Pack

_PARTS = {
    "mix": "attention.output.dense",
    "mix_norm": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "narrow_norm": "output.LayerNorm",
}


@dataclass(frozen=True)
class Affine:
    """A weight and a bias: of a linear layer or of a norm."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class Layer:
    """One transformer layer; ``qkv`` is the query, key and value layers stacked.

    Where the model has gates, ``widen`` is two layers stacked: the content's and the gates'.
    """

    qkv: Affine
    mix: Affine
    mix_norm: Affine
    widen: Affine
    narrow: Affine
    narrow_norm: Affine


def place_affine(
    weights: Mapping[str, Tensor], names: Sequence[str], device: torch.device, dtype: torch.dtype
) -> Affine:
    """Return layers of these names stacked, in one precision on one device.

    Where they have no bias it is zeros.
    """

    def place(tensors: list[Tensor]) -> Tensor:
        stacked = tensors[0] if len(tensors) == 1 else torch.cat(tensors)
        return stacked.to(device=device, dtype=dtype).contiguous()

    each = [weights[f"{name}.weight"] for name in names]
    zeros = [weight.new_zeros(len(weight)) for weight in each]
    biases = [weights.get(f"{n}.bias", zero) for n, zero in zip(names, zeros, strict=True)]
    return Affine(place(each), place(biases))


class Bert:
    """A BERT encoder in one precision on one device.

    Parameters
    ----------
    weights : mapping of str to float32 tensor
        As :func:`embedfn.encoder.weights.load_weights` gives them.
    config : EncoderConfig
    device : torch.device
    dtype : torch.dtype
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: EncoderConfig,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        def place(tensor: Tensor) -> Tensor:
            return tensor.to(device=device, dtype=dtype).contiguous()

        def affine(*names: str) -> Affine:
            return place_affine(weights, names, device, dtype)

        self.config = config
        self.words = place(weights["embeddings.word_embeddings.weight"])
        # A text alone is of type 0 throughout, so its type's row joins the positions' table once.
        self.positions = place(
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self.norm = affine("embeddings.LayerNorm")
        self.layers: list[Layer] = []
        for number in range(config.num_hidden_layers):
            name = f"encoder.layer.{number}"
            heads = f"{name}.attention.self"
            qkv = affine(*(f"{heads}.{part}" for part in ("query", "key", "value")))
            parts = {part: affine(f"{name}.{where}") for part, where in _PARTS.items()}
            self.layers.append(Layer(qkv=qkv, **parts))
        self._activate = ACTIVATIONS[config.hidden_act]

    def forward(
        self, ids: Tensor, positions: Tensor, attend: Attention, reads: Tensor | None = None
    ) -> Tensor:
        """Run the encoder.

        Parameters
        ----------
        ids, positions : int64 tensors of shape (tokens,)
            Token ids of several texts end to end, and the row of the position table for each.
        attend : callable
            Attention within those texts.
        reads : int64 tensor, optional
            The tokens whose states are wanted; the last layer then ends for the others behind its
            attention.

        Returns
        -------
        Tensor of shape (tokens, hidden), or (len(reads), hidden)
            The last layer's hidden states, in the encoder's precision.
        """
        hidden = embedding(ids, self.words).add_(embedding(positions, self.positions))
        hidden = self._normalise(hidden, self.norm)
        for layer in self.layers:
            mixed = attend(apply(hidden, layer.qkv), self.config.num_attention_heads)
            if reads is not None and layer is self.layers[-1]:
                mixed, hidden = mixed[reads], hidden[reads]
            hidden = self._normalise(apply(mixed, layer.mix).add_(hidden), layer.mix_norm)
            wide = self._activate(apply(hidden, layer.widen))
            hidden = self._normalise(apply(wide, layer.narrow).add_(hidden), layer.narrow_norm)
        return hidden

    def _normalise(self, hidden: Tensor, norm: Affine) -> Tensor:
        """LayerNorm over the components."""
        width = (self.config.hidden_size,)
        return layer_norm(hidden, width, norm.weight, norm.bias, self.config.layer_norm_eps)


def position_ids(pack: Pack, config: EncoderConfig) -> NDArray[np.int64]:
    """Which row of the position table each token of a pack takes.

    RoBERTa's kind counts only tokens that are not padding and gives padding its own row; a text
    that spells the padding token has such tokens.
    """
    if config.first_position == 0 or bool((pack.ids != config.pad_token_id).all()):
        return pack.offsets + config.first_position
    real = pack.ids != config.pad_token_id
    counts = np.cumsum(real)
    firsts = np.cumsum(pack.lengths) - pack.lengths
    before = np.repeat(counts[firsts] - real[firsts], pack.lengths)
    return np.where(real, counts - before, 0) + config.pad_token_id


def apply(hidden: Tensor, affine: Affine) -> Tensor:
    """A linear layer."""
    return linear(hidden, affine.weight, affine.bias)
