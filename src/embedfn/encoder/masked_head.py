"""The masked-LM head of a checkpoint: what turns hidden states into logits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.bert import Affine
from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.files import read_object
from embedfn.encoder.modernbert import ModernBertConfig
from embedfn.encoder.stored import Stored, open_stored
from embedfn.encoder.values import flag


@dataclass(frozen=True)
class _Names:
    """What a family calls the parts of its head, as its published checkpoints do."""

    dense: str
    norm: str
    decoder: str
    bias: str
    words: str = "embeddings.word_embeddings.weight"  # what decoders are tied to


_ROBERTA = _Names("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias")
_BERT = _Names(
    "cls.predictions.transform.dense",
    "cls.predictions.transform.LayerNorm",
    "cls.predictions.decoder",
    "cls.predictions.bias",
)
_DISTILBERT = _Names(
    "vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias"
)
_MODERNBERT = _Names(
    "head.dense",
    "head.norm",
    "decoder",
    "decoder.bias",
    "embeddings.tok_embeddings.weight",
)
_ROBERTA_KIND = ("roberta", "xlm-roberta", "camembert", "mpnet")
NAMES = {
    "bert": _BERT,
    "distilbert": _DISTILBERT,
    "modernbert": _MODERNBERT,
    **dict.fromkeys(_ROBERTA_KIND, _ROBERTA),
}
MaskedConfig = EncoderConfig | ModernBertConfig


@dataclass(frozen=True)
class MaskedHead:
    """A dense layer, an activation, a LayerNorm and the decoder, in float32 on the CPU.

    Attributes
    ----------
    dense, norm : Affine
    activation : str
    epsilon : float
    decoder : Affine
        Weights of shape (words, hidden).
    """

    dense: Affine
    norm: Affine
    activation: str
    epsilon: float
    decoder: Affine


def load_head(folder: Path, config: MaskedConfig) -> MaskedHead:
    """Read the head of a checkpoint.

    A decoder without weights of its own has the word embeddings', unless ``config.json`` says
    ``tie_word_embeddings: false``.

    Raises
    ------
    FileNotFoundError
        For weights that are not there.
    ValueError
        For a checkpoint without a head and for a tensor of another shape than ``config.json``
        makes it; the file and the tensor are named.
    """
    file = folder / "config.json"
    values = read_object(file)
    shape = _shape(config, values, file)
    names, hidden, words = shape.names, config.hidden_size, config.vocab_size
    with open_stored(folder) as stored:

        def read(size: tuple[int, ...], *spelled: str) -> Tensor:
            return stored.read(_stored(stored, spelled), size, "config.json")

        def bias(there: bool, size: int, *spelled: str) -> Tensor:
            return read((size,), *spelled) if there else torch.zeros(size)

        dense = Affine(
            read((hidden, hidden), f"{names.dense}.weight"),
            bias(shape.dense_bias, hidden, f"{names.dense}.bias"),
        )
        norm = Affine(
            read((hidden,), f"{names.norm}.weight", f"{names.norm}.gamma"),
            bias(shape.norm_bias, hidden, f"{names.norm}.bias", f"{names.norm}.beta"),
        )
        tied = []
        if values.get("tie_word_embeddings") is not False:
            tied = [f"{shape.prefix}{names.words}", names.words]
        weight = read((words, hidden), f"{names.decoder}.weight", *tied)
        decoder_bias = bias(shape.decoder_bias, words, f"{names.decoder}.bias", names.bias)
    return MaskedHead(
        dense=dense,
        norm=norm,
        activation=shape.activation,
        epsilon=shape.epsilon,
        decoder=Affine(weight.contiguous(), decoder_bias.contiguous()),
    )


@dataclass(frozen=True)
class _Shape:
    """What of a head depends on the configuration; ``prefix`` stands before the encoder's names."""

    names: _Names
    prefix: str
    activation: str
    epsilon: float
    dense_bias: bool = True
    norm_bias: bool = True
    decoder_bias: bool = True


def _shape(config: MaskedConfig, values: Mapping[str, Any], file: Path) -> _Shape:
    """The head that a configuration describes."""
    if isinstance(config, ModernBertConfig):
        activation = values.get("classifier_activation", "gelu")
        if activation not in ACTIVATIONS:
            message = (
                f"{file}: classifier_activation {activation!r} is none that embedfn runs: "
                f"{', '.join(ACTIVATIONS)}"
            )
            raise ValueError(message)
        return _Shape(
            _MODERNBERT,
            "model.",
            activation,
            config.norm_eps,
            dense_bias=flag(values, "classifier_bias", file, absent=False),
            norm_bias=config.norm_bias,
            decoder_bias=flag(values, "decoder_bias", file, absent=True),
        )
    names = NAMES[config.model_type]
    # RoBERTa's code has gelu here, whatever the file says.
    activation = "gelu" if names is _ROBERTA else config.hidden_act
    return _Shape(names, config.prefix, activation, config.layer_norm_eps)


def _stored(stored: Stored, spelled: tuple[str, ...]) -> str:
    """The first of some names that the checkpoint has."""
    for name in spelled:
        if name in stored.readers:
            return name
    message = (
        f"{stored.file} has no tensor {spelled[0]!r}, of a masked language model's head; SPLADE "
        "needs one: give a checkpoint saved as a model for masked language modelling"
    )
    raise ValueError(message)
