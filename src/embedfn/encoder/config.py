"""What ``config.json`` says of a BERT-shaped encoder, checked once at load."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# model_type -> what its weights' names may begin with, and whether positions count from
# pad_token_id + 1 (RoBERTa's way) or from 0 (BERT's). Facts of the published checkpoints.
FAMILIES = {
    "bert": ("bert.", False),
    "roberta": ("roberta.", True),
    "xlm-roberta": ("roberta.", True),
    "camembert": ("roberta.", True),
}
ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu")


@dataclass(frozen=True)
class EncoderConfig:
    """The shape of one encoder; field names are those of ``config.json``."""

    model_type: str
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float
    hidden_act: str
    pad_token_id: int

    @property
    def prefix(self) -> str:
        """What the names of the weights begin with in checkpoints that carry a task's head."""
        return FAMILIES[self.model_type][0]

    @property
    def first_position(self) -> int:
        """The position number of a text's first token."""
        return self.pad_token_id + 1 if FAMILIES[self.model_type][1] else 0

    @property
    def max_tokens(self) -> int:
        """The longest text, in tokens, that has a position for each."""
        return self.max_position_embeddings - self.first_position


def read_config(values: Mapping[str, Any], source: Path) -> EncoderConfig:
    """Check the values of a ``config.json``.

    Parameters
    ----------
    values : mapping
        The parsed file.
    source : Path
        The file, for errors.

    Raises
    ------
    ValueError
        For an architecture or an option that is not supported, and for a missing or impossible
        number; the file and the value are named.
    """
    model_type = values.get("model_type")
    if model_type not in FAMILIES:
        message = (
            f"{source} has model_type {model_type!r}, which embedfn does not run; "
            f"supported: {', '.join(FAMILIES)}"
        )
        raise ValueError(message)
    for option, plain in (
        ("position_embedding_type", "absolute"),
        ("is_decoder", False),
        ("add_cross_attention", False),
    ):
        given = values.get(option, plain)
        if given != plain:
            message = f"{source} has {option} {given!r}, which embedfn does not run; only {plain!r}"
            raise ValueError(message)
    activation = values.get("hidden_act", "gelu")
    if activation not in ACTIVATIONS:
        message = (
            f"{source} has hidden_act {activation!r}, which embedfn does not run; "
            f"supported: {', '.join(ACTIVATIONS)}"
        )
        raise ValueError(message)
    config = EncoderConfig(
        model_type=model_type,
        hidden_size=_number(values, "hidden_size", source),
        num_hidden_layers=_number(values, "num_hidden_layers", source),
        num_attention_heads=_number(values, "num_attention_heads", source),
        intermediate_size=_number(values, "intermediate_size", source),
        vocab_size=_number(values, "vocab_size", source),
        max_position_embeddings=_number(values, "max_position_embeddings", source),
        type_vocab_size=_number(values, "type_vocab_size", source),
        layer_norm_eps=_epsilon(values, source),
        hidden_act=activation,
        pad_token_id=_number(values, "pad_token_id", source, least=0, absent=_pad(model_type)),
    )
    if config.hidden_size % config.num_attention_heads:
        message = (
            f"{source}: hidden_size {config.hidden_size} is not a multiple of "
            f"num_attention_heads {config.num_attention_heads}"
        )
        raise ValueError(message)
    if config.max_tokens < 1:
        message = f"{source}: max_position_embeddings leaves no position for a token"
        raise ValueError(message)
    return config


def _pad(model_type: str) -> int:
    """The family's padding token where ``config.json`` names none."""
    return 1 if FAMILIES[model_type][1] else 0


def _number(
    values: Mapping[str, Any], key: str, source: Path, least: int = 1, absent: int | None = None
) -> int:
    """One whole number of the file, at least ``least``."""
    value = values.get(key)
    if value is None and absent is not None:
        return absent
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{source}: {key} must be a whole number of at least {least}, not {value!r}"
        raise ValueError(message)
    return value


def _epsilon(values: Mapping[str, Any], source: Path) -> float:
    """What LayerNorm adds to the variance."""
    value = values.get("layer_norm_eps", 1e-12)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        message = f"{source}: layer_norm_eps must be a number in [0, 1), not {value!r}"
        raise ValueError(message)
    return float(value)
