"""The forward pass of GTE's multilingual and v1.5 encoders (Zhang et al. 2024, arXiv 2407.19669).

Differences from BERT: rotary positions, perhaps with their base scaled, and gated feed-forward
layers. The code that models of type "new" bring with them is never run.
"""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import embedding, layer_norm, linear

from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.attention import Attention
from embedfn.encoder.gte_config import GteConfig
from embedfn.encoder.modernbert import rotated


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
        self.config = config
        placed = dict(weights)
        if config.type_vocab_size:
            # A text alone is of type 0 throughout, so its type's row joins the words once.
            types = placed.pop("embeddings.token_type_embeddings.weight")
            words = "embeddings.word_embeddings.weight"
            placed[words] = placed[words] + types[0]
        for number in range(config.num_hidden_layers):
            layer = f"encoder.layer.{number}"
            for kind in ("weight", "bias"):
                stacked = [placed.pop(f"{layer}.{part}.{kind}") for part in _parts(config)]
                placed[f"{layer}.attention.qkv.{kind}"] = torch.cat(stacked)
        self._weights = {
            key: tensor.to(device=device, dtype=dtype).contiguous()
            for key, tensor in placed.items()
        }
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
        angles = (places[:, None].float() * self._frequencies)[:, None]
        turn = angles.cos(), angles.sin()
        heads = self.config.num_attention_heads
        hidden = embedding(ids, self._weights["embeddings.word_embeddings.weight"])
        hidden = self._layer_norm(hidden, "embeddings.LayerNorm")
        for number in range(self.config.num_hidden_layers):
            layer = f"encoder.layer.{number}"
            qkv = rotated(self._apply(hidden, f"{layer}.attention.qkv"), heads, *turn)
            mixed = attend(qkv, heads)
            if reads is not None and number + 1 == self.config.num_hidden_layers:
                mixed, hidden = mixed[reads], hidden[reads]
            mixed = self._apply(mixed, f"{layer}.attention.o_proj")
            hidden = self._normalise(mixed.add_(hidden), f"{layer}.attn_ln")
            content, gate = self._apply(hidden, f"{layer}.mlp.up_gate_proj").chunk(2, dim=1)
            narrow = self._apply(self._activate(gate).mul_(content), f"{layer}.mlp.down_proj")
            hidden = self._normalise(narrow.add_(hidden), f"{layer}.mlp_ln")
        return hidden

    def _apply(self, hidden: Tensor, part: str) -> Tensor:
        """A linear layer."""
        return linear(hidden, self._weights[f"{part}.weight"], self._weights.get(f"{part}.bias"))

    def _normalise(self, hidden: Tensor, part: str) -> Tensor:
        """A layer's norm over the components."""
        if self.config.norm_type == "layer_norm":
            return self._layer_norm(hidden, part)
        wide = hidden.float()
        scale = torch.rsqrt(wide.square().mean(dim=-1, keepdim=True) + self.config.norm_eps)
        return self._weights[f"{part}.weight"] * (wide * scale).to(hidden.dtype)

    def _layer_norm(self, hidden: Tensor, part: str) -> Tensor:
        """LayerNorm over the components."""
        weight, bias = self._weights[f"{part}.weight"], self._weights[f"{part}.bias"]
        return layer_norm(hidden, weight.shape, weight, bias, self.config.norm_eps)


def _parts(config: GteConfig) -> tuple[str, ...]:
    """The stored layers of queries, keys and values."""
    names = ("qkv",) if config.packed else ("q", "k", "v")
    return tuple(f"attention.{part}_proj" for part in names)
