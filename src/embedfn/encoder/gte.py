"""The forward pass of GTE's multilingual and v1.5 encoders (Zhang et al. 2024, arXiv 2407.19669).

Published as code beside the weights, model type "new" (Alibaba-NLP/new-impl), and as transformers'
"gte". Differences from BERT: rotary positions, perhaps with their base scaled, and gated
feed-forward layers. No code of a model's folder is ever run.
"""

import math
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
from embedfn.encoder.modernbert import rotated
from embedfn.encoder.values import epsilon, flag, name, whole_number

_NORMS = ("layer_norm", "rms_norm")
# Options of the published code that change what is computed, with the one value run here.
_PLAIN = {"position_embedding_type": "rope", "logn_attention_scale": False}
# The base of the frequencies, where the file leaves it out.
_THETA = {"new": 10_000.0, "gte": 160_000.0}


@dataclass(frozen=True)
class GteConfig:
    """The shape of one GTE encoder.

    Attributes
    ----------
    packed : bool
        Whether queries, keys and values come from one stored layer.
    norm_type : str
        ``"layer_norm"`` or ``"rms_norm"``.
    frequencies : tuple of float
        Of the rotation, one for each pair of a head's components.
    """

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    type_vocab_size: int
    max_tokens: int
    norm_eps: float
    norm_type: str
    packed: bool
    hidden_act: str
    frequencies: tuple[float, ...]


def is_plain_gte(values: Mapping[str, Any]) -> bool:
    """Whether the forward pass below is the right one."""
    kind = values.get("model_type")
    if kind not in _THETA:
        return False
    rope = values.get("rope_parameters") or {}
    activation = values.get("hidden_act", "gelu")
    return (
        (kind == "new" or not values.get("rope_scaling"))
        and all(values.get(option, value) == value for option, value in _PLAIN.items())
        and isinstance(rope, dict)
        and rope.get("rope_type", "default") == "default"
        and isinstance(activation, str)
        and activation in ACTIVATIONS
    )


def read_gte(values: Mapping[str, Any], source: Path) -> GteConfig:
    """Check the values of a GTE encoder's ``config.json``.

    Parameters
    ----------
    values : mapping
        The parsed file, of which :func:`is_plain_gte` says so.
    source : Path
        The file, for errors.

    Raises
    ------
    ValueError
        For a missing or impossible value; the file and the value are named.
    """
    hidden = whole_number(values, "hidden_size", source)
    heads = whole_number(values, "num_attention_heads", source)
    check_heads(hidden, heads, source, {})
    if hidden // heads % 2:
        message = f"{source}: a head of an odd number of components cannot be rotated"
        raise ValueError(message)
    norm_type = name(values, "layer_norm_type", source) or _NORMS[0]
    if norm_type not in _NORMS:
        message = f"{source}: layer_norm_type must be one of {', '.join(_NORMS)}, not {norm_type!r}"
        raise ValueError(message)
    return GteConfig(
        hidden_size=hidden,
        num_hidden_layers=whole_number(values, "num_hidden_layers", source),
        num_attention_heads=heads,
        intermediate_size=whole_number(values, "intermediate_size", source),
        vocab_size=whole_number(values, "vocab_size", source),
        type_vocab_size=whole_number(values, "type_vocab_size", source, least=0, absent=1),
        max_tokens=whole_number(values, "max_position_embeddings", source),
        norm_eps=epsilon(values, "layer_norm_eps", source, 1e-12),
        norm_type=norm_type,
        packed=flag(values, "pack_qkv", source, absent=True),
        hidden_act=values.get("hidden_act", "gelu"),
        frequencies=_frequencies(values, hidden // heads, source),
    )


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

    def forward(self, ids: Tensor, places: Tensor, attend: Attention) -> Tensor:
        """Run the encoder.

        Parameters
        ----------
        ids, places : int64 tensors of shape (tokens,)
            Token ids of several texts end to end, and the place of each in its own text.
        attend : callable
            Attention within those texts.

        Returns
        -------
        Tensor of shape (tokens, hidden)
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
            mixed = self._apply(attend(qkv, heads), f"{layer}.attention.o_proj")
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


def _frequencies(values: Mapping[str, Any], size: int, source: Path) -> tuple[float, ...]:
    """The rotation's frequencies.

    ``rope_scaling`` of type "ntk" with a factor above 1 stretches them for texts that are longer by
    that factor, always, as the published code does: by a greater base and a last division, or,
    with ``mixed_b``, each by its own divisor (https://kexue.fm/archives/9706, equations 6, 10-13).
    """
    rope = values.get("rope_parameters") or {}
    kind = str(values["model_type"])
    theta = _positive(rope.get("rope_theta", values.get("rope_theta", _THETA[kind])), source)
    steps = torch.arange(0, size, 2, dtype=torch.float) / size
    scaling = values.get("rope_scaling")
    if not scaling:
        return tuple((1.0 / theta**steps).tolist())
    if not isinstance(scaling, dict) or scaling.get("type", scaling.get("rope_type")) != "ntk":
        message = f"{source}: rope_scaling {scaling!r} is not run here; supported: type 'ntk'"
        raise ValueError(message)
    factor = _positive(scaling.get("factor"), source)
    if factor <= 1:
        return tuple((1.0 / theta**steps).tolist())
    if scaling.get("mixed_b") is None:
        return tuple((1.0 / (theta * factor) ** steps / factor ** (2 / size)).tolist())
    power = _positive(scaling["mixed_b"], source)
    rate = math.log(factor) / (size / 2) ** power
    divisors = torch.exp(rate * torch.arange(1, size // 2 + 1).float() ** power)
    return tuple((1.0 / theta**steps / divisors).tolist())


def _positive(value: Any, source: Path) -> float:
    """A number above zero."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        message = f"{source}: a base or factor of rotation must be above zero, not {value!r}"
        raise ValueError(message)
    return float(value)
