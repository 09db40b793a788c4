"""What ``config.json`` says of an encoder, checked once at load."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.values import epsilon, whole_number


@dataclass(frozen=True)
class Family:
    """How one kind of BERT-shaped checkpoint differs from BERT; facts of the published files.

    Attributes
    ----------
    prefix : str
        What its weights' names may begin with.
    offset : bool
        Whether positions count from the padding token's id + 1 (RoBERTa's way) or from 0.
    keys : mapping of str to str
        Where ``config.json`` calls a number by another name than BERT's.
    types : bool
        Whether there is a table of token types.
    pad : int or None
        The padding token, where the architecture fixes it.
    """

    prefix: str
    offset: bool = False
    keys: Mapping[str, str] | None = None
    types: bool = True
    pad: int | None = None


FAMILIES = {
    "bert": Family("bert."),
    "roberta": Family("roberta.", offset=True),
    "xlm-roberta": Family("roberta.", offset=True),
    "camembert": Family("roberta.", offset=True),
    "mpnet": Family("mpnet.", offset=True, types=False, pad=1),
    "distilbert": Family(
        "distilbert.",
        types=False,
        keys={
            "hidden_size": "dim",
            "num_hidden_layers": "n_layers",
            "num_attention_heads": "n_heads",
            "intermediate_size": "hidden_dim",
            "hidden_act": "activation",
        },
    ),
}
# Options that change what is computed, with the one value for which our own forward is right.
_PLAIN = {
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
}
# MPNet's code tells distances apart by 32 buckets whatever the file says of their number.
RELATIVE_BUCKETS = 32


@dataclass(frozen=True)
class EncoderConfig:
    """The shape of one BERT-shaped encoder; field names are those of BERT's ``config.json``.

    ``type_vocab_size`` is 0 without token types, ``relative_buckets`` is 0 without a relative
    position bias.
    """

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
    relative_buckets: int = 0

    @property
    def prefix(self) -> str:
        """What the names of the weights begin with in checkpoints that carry a task's head."""
        return FAMILIES[self.model_type].prefix

    @property
    def first_position(self) -> int:
        """The position number of a text's first token."""
        return self.pad_token_id + 1 if FAMILIES[self.model_type].offset else 0

    @property
    def max_tokens(self) -> int:
        """The longest text, in tokens, that has a position for each."""
        return self.max_position_embeddings - self.first_position


def is_bert_shaped(values: Mapping[str, Any]) -> bool:
    """Whether the checkpoint is of a family, and of its plain form, that runs as BERT does."""
    family = FAMILIES.get(str(values.get("model_type")))
    if family is None:
        return False
    activation = values.get((family.keys or {}).get("hidden_act", "hidden_act"), "gelu")
    plain = all(values.get(option, value) == value for option, value in _PLAIN.items())
    return plain and (not isinstance(activation, str) or activation in ACTIVATIONS)


def read_config(values: Mapping[str, Any], source: Path) -> EncoderConfig:
    """Check the values of a BERT-shaped encoder's ``config.json``.

    Parameters
    ----------
    values : mapping
        The parsed file, of which :func:`is_bert_shaped` says so.
    source : Path
        The file, for errors.

    Raises
    ------
    ValueError
        For a missing or impossible value; the file and the value are named.
    """
    model_type = str(values["model_type"])
    family = FAMILIES[model_type]
    keys = family.keys or {}

    def number(name: str, least: int = 1, absent: int | None = None) -> int:
        return whole_number(values, keys.get(name, name), source, least, absent)

    buckets = 0
    if model_type == "mpnet":
        buckets = number("relative_attention_num_buckets", RELATIVE_BUCKETS, RELATIVE_BUCKETS)
    pad = family.pad
    if pad is None:
        pad = number("pad_token_id", 0, 1 if family.offset else 0)
    config = EncoderConfig(
        model_type=model_type,
        hidden_size=number("hidden_size"),
        num_hidden_layers=number("num_hidden_layers"),
        num_attention_heads=number("num_attention_heads"),
        intermediate_size=number("intermediate_size"),
        vocab_size=number("vocab_size"),
        max_position_embeddings=number("max_position_embeddings"),
        type_vocab_size=number("type_vocab_size") if family.types else 0,
        layer_norm_eps=1e-12
        if model_type == "distilbert"  # fixed in its code
        else epsilon(values, "layer_norm_eps", source, 1e-12),
        hidden_act=_activation(values, keys.get("hidden_act", "hidden_act"), source),
        pad_token_id=pad,
        relative_buckets=buckets,
    )
    check_heads(config.hidden_size, config.num_attention_heads, source, keys)
    if config.max_tokens < 1:
        message = f"{source}: max_position_embeddings leaves no position for a token"
        raise ValueError(message)
    return config


def check_heads(hidden: int, heads: int, source: Path, keys: Mapping[str, str]) -> None:
    """Raise where the heads do not share the components out evenly."""
    if hidden % heads:
        message = (
            f"{source}: {keys.get('hidden_size', 'hidden_size')} {hidden} is not a multiple of "
            f"{keys.get('num_attention_heads', 'num_attention_heads')} {heads}"
        )
        raise ValueError(message)


def _activation(values: Mapping[str, Any], key: str, source: Path) -> str:
    """The name of the activation function."""
    name = values.get(key, "gelu")
    if not isinstance(name, str):
        message = f"{source}: {key} must be the name of an activation function, not {name!r}"
        raise ValueError(message)
    return name
