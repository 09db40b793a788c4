"""The ModernBERT forward pass (Warner et al. 2024, arXiv 2412.13663) on packed tokens.

Differences from BERT: rotary positions, layers that see only a window between those that see all,
gated feed-forward layers, norms before the layers, and mostly no biases.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding, layer_norm, linear

from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.attention import Attention
from embedfn.encoder.config import check_heads
from embedfn.encoder.rotation import rotated, turns
from embedfn.encoder.values import epsilon, flag, whole_number

_GLOBAL, _LOCAL = "full_attention", "sliding_attention"
_KINDS = (_GLOBAL, _LOCAL)
# Defaults of the published configuration class, for files that leave them out.
_THETA = {_GLOBAL: 160_000.0, _LOCAL: 10_000.0}
_OLD_THETA = {_GLOBAL: "global_rope_theta", _LOCAL: "local_rope_theta"}


@dataclass(frozen=True)
class ModernBertConfig:
    """The shape of one ModernBERT encoder.

    Attributes
    ----------
    local : tuple of bool
        For each layer, whether its tokens see only a window.
    reach : int
        How many places away that window ends.
    theta : tuple of float
        Base of the rotation's frequencies, of layers that see all and of the others.
    """

    hidden_size: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_tokens: int
    norm_eps: float
    norm_bias: bool
    attention_bias: bool
    mlp_bias: bool
    hidden_act: str
    local: tuple[bool, ...]
    reach: int
    theta: tuple[float, float]


def is_plain_modernbert(values: Mapping[str, Any]) -> bool:
    """Whether the forward pass below is the right one: plain rotation, a known activation."""
    if values.get("model_type") != "modernbert":
        return False
    ropes = values.get("rope_parameters") or {}
    kinds = values.get("layer_types") or []
    activation = values.get("hidden_activation", "gelu")
    return (
        not values.get("rope_scaling")
        and values.get("head_dim") is None
        and isinstance(ropes, dict)
        and all(rope in _KINDS for rope in ropes)
        and all(_is_plain_rope(rope) for rope in ropes.values())
        and isinstance(kinds, list)
        and all(kind in _KINDS for kind in kinds)
        and isinstance(activation, str)
        and activation in ACTIVATIONS
    )


def read_modernbert(values: Mapping[str, Any], source: Path) -> ModernBertConfig:
    """Check the values of a ModernBERT's ``config.json``.

    Parameters
    ----------
    values : mapping
        The parsed file, of which :func:`is_plain_modernbert` says so.
    source : Path
        The file, for errors.

    Raises
    ------
    ValueError
        For a missing or impossible value; the file and the value are named.
    """
    layers = whole_number(values, "num_hidden_layers", source)
    kinds = values.get("layer_types")
    if kinds:
        if len(kinds) != layers:
            message = f"{source}: layer_types names {len(kinds)} layers of {layers}"
            raise ValueError(message)
        local = tuple(kind == _LOCAL for kind in kinds)
    else:
        every = whole_number(values, "global_attn_every_n_layers", source, absent=3)
        local = tuple(number % every != 0 for number in range(layers))
    config = ModernBertConfig(
        hidden_size=whole_number(values, "hidden_size", source),
        num_attention_heads=whole_number(values, "num_attention_heads", source),
        intermediate_size=whole_number(values, "intermediate_size", source),
        vocab_size=whole_number(values, "vocab_size", source),
        max_tokens=whole_number(values, "max_position_embeddings", source),
        norm_eps=epsilon(values, "norm_eps", source, 1e-5),
        norm_bias=flag(values, "norm_bias", source, absent=False),
        attention_bias=flag(values, "attention_bias", source, absent=False),
        mlp_bias=flag(values, "mlp_bias", source, absent=False),
        hidden_act=values.get("hidden_activation", "gelu"),
        local=local,
        reach=whole_number(values, "local_attention", source, absent=128) // 2,
        theta=(_theta(values, _GLOBAL, source), _theta(values, _LOCAL, source)),
    )
    check_heads(config.hidden_size, config.num_attention_heads, source, {})
    if config.hidden_size // config.num_attention_heads % 2:
        message = f"{source}: a head of an odd number of components cannot be rotated"
        raise ValueError(message)
    return config


def modernbert_shapes(config: ModernBertConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of the forward pass."""
    hidden, wide = config.hidden_size, config.intermediate_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.tok_embeddings.weight": (config.vocab_size, hidden)
    }
    norms = ["embeddings.norm", "final_norm"]
    for number in range(len(config.local)):
        layer = f"layers.{number}"
        norms += [f"{layer}.mlp_norm", *([f"{layer}.attn_norm"] if number else [])]
        for name, shape, bias in (
            ("attn.Wqkv", (3 * hidden, hidden), config.attention_bias),
            ("attn.Wo", (hidden, hidden), config.attention_bias),
            ("mlp.Wi", (2 * wide, hidden), config.mlp_bias),
            ("mlp.Wo", (hidden, wide), config.mlp_bias),
        ):
            shapes[f"{layer}.{name}.weight"] = shape
            if bias:
                shapes[f"{layer}.{name}.bias"] = shape[:1]
    for norm in norms:
        shapes[f"{norm}.weight"] = (hidden,)
        if config.norm_bias:
            shapes[f"{norm}.bias"] = (hidden,)
    return shapes


class ModernBert:
    """A ModernBERT encoder in one precision on one device.

    Parameters
    ----------
    weights : mapping of str to float32 tensor
        By the names of :func:`modernbert_shapes`.
    config : ModernBertConfig
    device : torch.device
    dtype : torch.dtype
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        config: ModernBertConfig,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self.config = config
        self._weights = {
            name: tensor.to(device=device, dtype=dtype).contiguous()
            for name, tensor in weights.items()
        }
        self._activate = ACTIVATIONS[config.hidden_act]
        width = config.hidden_size // config.num_attention_heads
        steps = torch.arange(0, width, 2, dtype=torch.float) / width
        self._frequencies = [(1.0 / theta**steps).to(device) for theta in config.theta]

    def forward(
        self,
        ids: Tensor,
        places: Tensor,
        everywhere: Attention,
        near: Attention,
        reads: Tensor | None = None,
    ) -> Tensor:
        """Run the encoder.

        Parameters
        ----------
        ids, places : int64 tensors of shape (tokens,)
            Token ids of several texts end to end, and the place of each in its own text.
        everywhere, near : callable
            Attention within those texts, without and with the window.
        reads : int64 tensor, optional
            As :meth:`embedfn.encoder.bert.Bert.forward` takes it.

        Returns
        -------
        Tensor of shape (tokens, hidden), or (len(reads), hidden)
            The last hidden states, in the encoder's precision.
        """
        each_turn = [turns(places, frequencies) for frequencies in self._frequencies]
        heads = self.config.num_attention_heads
        hidden = embedding(ids, self._weights["embeddings.tok_embeddings.weight"])
        hidden = self._normalise(hidden, "embeddings.norm")
        for number, local in enumerate(self.config.local):
            layer = f"layers.{number}"
            normed = self._normalise(hidden, f"{layer}.attn_norm") if number else hidden
            qkv = rotated(self._apply(normed, f"{layer}.attn.Wqkv"), heads, *each_turn[local])
            mixed = (near if local else everywhere)(qkv, heads)
            if reads is not None and number + 1 == len(self.config.local):
                mixed, hidden = mixed[reads], hidden[reads]
            hidden = hidden + self._apply(mixed, f"{layer}.attn.Wo")
            wide = self._apply(self._normalise(hidden, f"{layer}.mlp_norm"), f"{layer}.mlp.Wi")
            content, gate = wide.chunk(2, dim=1)
            hidden += self._apply(self._activate(content) * gate, f"{layer}.mlp.Wo")
        return self._normalise(hidden, "final_norm")

    def _apply(self, hidden: Tensor, name: str) -> Tensor:
        """A linear layer."""
        return linear(hidden, self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias"))

    def _normalise(self, hidden: Tensor, name: str) -> Tensor:
        """LayerNorm over the components."""
        weight, bias = self._weights[f"{name}.weight"], self._weights.get(f"{name}.bias")
        return layer_norm(hidden, weight.shape, weight, bias, self.config.norm_eps)


def _is_plain_rope(rope: Any) -> bool:
    """Whether one kind of layer rotates in the plain way."""
    return rope is None or (
        isinstance(rope, dict) and rope.get("rope_type", "default") == "default"
    )


def _theta(values: Mapping[str, Any], kind: str, source: Path) -> float:
    """The base of one kind of layer's frequencies; old files say it under a key of its own."""
    rope = (values.get("rope_parameters") or {}).get(kind) or {}
    value = rope.get("rope_theta", values.get(_OLD_THETA[kind]))
    if value is None:
        return _THETA[kind]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        message = f"{source}: the base of {kind}'s rotation must be above zero, not {value!r}"
        raise ValueError(message)
    return float(value)
