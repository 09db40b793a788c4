"""What ``config.json`` says of a GTE encoder (Zhang et al. 2024, arXiv 2407.19669).

Published as code beside the weights, model type "new" (Alibaba-NLP/new-impl), and as transformers'
"gte".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.config import check_heads
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
    layer_norm_eps: float
    norm_type: str
    packed: bool
    hidden_act: str
    frequencies: tuple[float, ...]


def is_plain_gte(values: Mapping[str, Any]) -> bool:
    """Whether the forward pass below is the right one."""
    kind = values.get("model_type")
    if not isinstance(kind, str) or kind not in _THETA:
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
        layer_norm_eps=epsilon(values, "layer_norm_eps", source, 1e-12),
        norm_type=norm_type,
        packed=flag(values, "pack_qkv", source, absent=True),
        hidden_act=values.get("hidden_act", "gelu"),
        frequencies=_frequencies(values, hidden // heads, source),
    )


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
