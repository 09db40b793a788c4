"""The masked-LM head of a BERT-shaped checkpoint: what turns hidden states into logits."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear

from embedfn import kernels
from embedfn._threads import thread_count
from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.bert import Affine
from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.files import read_object
from embedfn.encoder.forward import NATIVE_ACTIVATIONS
from embedfn.encoder.stored import Stored, open_stored


@dataclass(frozen=True)
class _Names:
    """What a family calls the parts of its head, as its published checkpoints do."""

    dense: str
    norm: str
    decoder: str
    bias: str
    gelu: bool  # whatever config.json says


_ROBERTA = _Names("lm_head.dense", "lm_head.layer_norm", "lm_head.decoder", "lm_head.bias", True)
_BERT = _Names(
    "cls.predictions.transform.dense",
    "cls.predictions.transform.LayerNorm",
    "cls.predictions.decoder",
    "cls.predictions.bias",
    False,
)
_DISTILBERT = _Names(
    "vocab_transform", "vocab_layer_norm", "vocab_projector", "vocab_projector.bias", False
)
NAMES = {"bert": _BERT, "distilbert": _DISTILBERT} | dict.fromkeys(
    ("roberta", "xlm-roberta", "camembert", "mpnet"), _ROBERTA
)
_WORDS = "embeddings.word_embeddings.weight"


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


class Transform:
    """From hidden states to what the decoder takes, by native kernels or by torch."""

    def __init__(self, head: MaskedHead, device: torch.device, dtype: torch.dtype) -> None:
        self._epsilon = head.epsilon
        self._activate = ACTIVATIONS[head.activation]
        self._dense, self._norm = (
            Affine(part.weight.to(device, dtype), part.bias.to(device, dtype))
            for part in (head.dense, head.norm)
        )
        self._native = None
        here = device.type == "cpu" and dtype == torch.float32
        if here and kernels.HeadTransform is not None and head.activation in NATIVE_ACTIVATIONS:
            dense, norm = (
                (part.weight.numpy(), part.bias.numpy()) for part in (self._dense, self._norm)
            )
            self._native = kernels.HeadTransform(
                dense,
                norm,
                head.epsilon,
                NATIVE_ACTIVATIONS[head.activation],
                os.environ.get("EMBEDFN_SIMD"),
            )

    def __call__(self, hidden: Tensor) -> Tensor:
        """Hidden states (tokens, hidden) before the decoder."""
        if self._native is not None:
            return torch.from_numpy(self._native.apply(hidden.numpy(), thread_count()))
        wide = self._activate(linear(hidden, self._dense.weight, self._dense.bias))
        norm = self._norm
        return layer_norm(wide, wide.shape[-1:], norm.weight, norm.bias, self._epsilon)


def load_head(folder: Path, config: EncoderConfig) -> MaskedHead:
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
    names = NAMES[config.model_type]
    hidden, words = config.hidden_size, config.vocab_size
    with open_stored(folder) as stored:

        def read(shape: tuple[int, ...], *spelled: str) -> Tensor:
            return stored.read(_stored(stored, spelled), shape, "config.json")

        def affine(name: str, shape: tuple[int, ...], *old: str) -> Affine:
            weight, bias = [f"{name}.weight", *old[:1]], [f"{name}.bias", *old[1:]]
            return Affine(read(shape, *weight), read((hidden,), *bias))

        old = (f"{names.norm}.gamma", f"{names.norm}.beta")
        dense = affine(names.dense, (hidden, hidden))
        norm = affine(names.norm, (hidden,), *old)
        tied = []
        if _is_tied(folder):
            tied = [f"{prefix}{_WORDS}" for prefix in (config.prefix, "")]
        weight = read((words, hidden), f"{names.decoder}.weight", *tied)
        bias = read((words,), f"{names.decoder}.bias", names.bias)
    return MaskedHead(
        dense=dense,
        norm=norm,
        activation="gelu" if names.gelu else config.hidden_act,
        epsilon=config.layer_norm_eps,
        decoder=Affine(weight.contiguous(), bias.contiguous()),
    )


def _is_tied(folder: Path) -> bool:
    """Whether the decoder may have the word embeddings for weights."""
    return read_object(folder / "config.json").get("tie_word_embeddings") is not False


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
