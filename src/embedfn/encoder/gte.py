"""The forward pass of GTE's multilingual and v1.5 encoders (Zhang et al. 2024, arXiv 2407.19669).

Differences from BERT: rotary positions, perhaps with their base scaled, and gated feed-forward
layers. The code that models of type "new" bring with them is never run.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import embedding, layer_norm

from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.attention import Attention
from embedfn.encoder.bert import Affine, Layer, apply, place_affine
from embedfn.encoder.gte_config import GteConfig
from embedfn.encoder.rotation import rotated, turns

_PARTS = {
    "mix": "attention.o_proj",
    "mix_norm": "attn_ln",
    "widen": "mlp.up_gate_proj",
    "narrow": "mlp.down_proj",
    "narrow_norm": "mlp_ln",
}


def gte_shapes(config: GteConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that a checkpoint must have."""
    hidden, wide = config.hidden_size, config.intermediate_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config.vocab_size, hidden)
    }
    if config.type_vocab_size:
        shapes["embeddings.token_type_embeddings.weight"] = (config.type_vocab_size, hidden)
    norms = []
    for number in range(config.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        parts = _parts(config)
        linears = {part: (3 * hidden // len(parts), hidden) for part in parts}
        linears |= {"attention.o_proj": (hidden, hidden), "mlp.down_proj": (hidden, wide)}
        for part, shape in linears.items():
            shapes[f"{layer}.{part}.weight"] = shape
            shapes[f"{layer}.{part}.bias"] = shape[:1]
        shapes[f"{layer}.mlp.up_gate_proj.weight"] = (2 * wide, hidden)
        norms += [f"{layer}.attn_ln", f"{layer}.mlp_ln"]
    shapes |= {f"{norm}.weight": (hidden,) for norm in norms}
    if config.norm_type == "layer_norm":
        shapes |= {f"{norm}.bias": (hidden,) for norm in norms}
    shapes |= {f"embeddings.LayerNorm.{kind}": (hidden,) for kind in ("weight", "bias")}
    return shapes


class Gte:
    """A GTE encoder in one precision on one device.

    Parameters
    ----------
    weights : mapping of str to float32 tensor
        As :func:`embedfn.encoder.weights.load_weights` gives them.
    config : GteConfig
    device : torch.device
    dtype : torch.dtype
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: GteConfig,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        def affine(*names: str) -> Affine:
            return place_affine(weights, names, device, dtype)

        self.config = config
        words = weights["embeddings.word_embeddings.weight"]
        if config.type_vocab_size:
            # A text alone is of type 0 throughout, so its type's row joins the words once.
            words = words + weights["embeddings.token_type_embeddings.weight"][0]
        self.words = words.to(device=device, dtype=dtype).contiguous()
        # What positions add to words: nothing, they turn queries and keys.
        self.positions = torch.zeros_like(self.words[:1])
        self.norm = affine("embeddings.LayerNorm")
        self.layers: list[Layer] = []
        for number in range(config.num_hidden_layers):
            name = f"encoder.layer.{number}"
            qkv = affine(*(f"{name}.{part}" for part in _parts(config)))
            parts = {part: affine(f"{name}.{where}") for part, where in _PARTS.items()}
            self.layers.append(Layer(qkv=qkv, **parts))
        self._activate = ACTIVATIONS[config.hidden_act]
        self._frequencies = torch.tensor(config.frequencies, dtype=torch.float32, device=device)

    def forward(
        self, ids: Tensor, places: Tensor, attend: Attention, reads: Tensor | None = None
    ) -> Tensor:
        """Run the encoder.

        Parameters
        ----------
        ids, places : int64 tensors of shape (tokens,)
            Token ids of several texts end to end, and the place of each in its own text.
        attend : callable
            Attention within those texts.
        reads : int64 tensor, optional
            As :meth:`embedfn.encoder.bert.Bert.forward` takes it.

        Returns
        -------
        Tensor of shape (tokens, hidden), or (len(reads), hidden)
            The last hidden states, in the encoder's precision.
        """
        turn = turns(places, self._frequencies)
        heads = self.config.num_attention_heads
        hidden = self._layer_norm(embedding(ids, self.words), self.norm)
        for layer in self.layers:
            mixed = attend(rotated(apply(hidden, layer.qkv), heads, *turn), heads)
            if reads is not None and layer is self.layers[-1]:
                mixed, hidden = mixed[reads], hidden[reads]
            hidden = self._normalise(apply(mixed, layer.mix).add_(hidden), layer.mix_norm)
            content, gate = apply(hidden, layer.widen).chunk(2, dim=1)
            narrow = apply(self._activate(gate).mul_(content), layer.narrow)
            hidden = self._normalise(narrow.add_(hidden), layer.narrow_norm)
        return hidden

    def _normalise(self, hidden: Tensor, norm: Affine) -> Tensor:
        """A layer's norm over the components."""
        if self.config.norm_type == "layer_norm":
            return self._layer_norm(hidden, norm)
        wide = hidden.float()
        scale = torch.rsqrt(wide.square().mean(dim=-1, keepdim=True) + self.config.layer_norm_eps)
        return norm.weight * (wide * scale).to(hidden.dtype)

    def _layer_norm(self, hidden: Tensor, norm: Affine) -> Tensor:
        """LayerNorm over the components."""
        return layer_norm(
            hidden, norm.weight.shape, norm.weight, norm.bias, self.config.layer_norm_eps
        )


def _parts(config: GteConfig) -> tuple[str, ...]:
    """The stored layers of queries, keys and values."""
    names = ("qkv",) if config.packed else ("q", "k", "v")
    return tuple(f"attention.{part}_proj" for part in names)
