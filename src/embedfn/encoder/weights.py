"""Tensors of a checkpoint, by the names that the forward passes know."""

from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.gte import gte_shapes
from embedfn.encoder.gte_config import GteConfig
from embedfn.encoder.modernbert import ModernBertConfig, modernbert_shapes
from embedfn.encoder.names import TYPES, spellings, wanted_shapes
from embedfn.encoder.stored import Stored, open_stored

# The one tensor that every family has, by whose name a prefix shows itself.
_ANCHORS = ("embeddings.word_embeddings.weight", "embeddings.tok_embeddings.weight")


def load_weights(
    folder: Path, config: EncoderConfig | ModernBertConfig | GteConfig
) -> dict[str, Tensor]:
    """Read every tensor that the forward pass needs, in float32 on the CPU.

    Parameters
    ----------
    folder : Path
        Holds ``model.safetensors`` or, without it, ``pytorch_model.bin``; either may be sharded,
        with an ``.index.json`` that names the shards.
    config : EncoderConfig, ModernBertConfig or GteConfig

    Returns
    -------
    dict of str to Tensor
        Names without the family's prefix. All BERT-shaped families have BERT's, such as
        ``encoder.layer.0.output.dense.weight``; one without token types gets a table of zeros.

    Raises
    ------
    FileNotFoundError
        Where the folder has neither file, or a shard is missing.
    ValueError
        For an unreadable file and for a tensor that is missing or of another shape than
        ``config.json`` says; the tensor and the file are named.
    """
    if isinstance(config, ModernBertConfig):
        shapes, family, prefix = modernbert_shapes(config), "modernbert", "model."
    elif isinstance(config, GteConfig):
        shapes, family, prefix = gte_shapes(config), "gte", "new."
    else:
        shapes, family, prefix = wanted_shapes(config), config.model_type, config.prefix
    with open_stored(folder) as stored:
        prefixes = ["", prefix, *_shown_prefixes(stored.readers)]
        weights = {
            name: stored.read(
                _stored_name(spellings(name, family), prefixes, stored), shape, "config.json"
            )
            for name, shape in shapes.items()
        }
    if isinstance(config, EncoderConfig) and not config.type_vocab_size:
        weights[TYPES] = torch.zeros(1, config.hidden_size)
    return weights


def _shown_prefixes(names: Iterable[str]) -> list[str]:
    """What stands before the word embeddings' name; the shortest first."""
    found = [n.removesuffix(anchor) for n in names for anchor in _ANCHORS if n.endswith(anchor)]
    return sorted((prefix for prefix in found if prefix.endswith(".")), key=len)


def _stored_name(names: list[str], prefixes: list[str], stored: Stored) -> str:
    """The name under which the checkpoint has the tensor."""
    for name in names:
        for prefix in prefixes:
            if prefix + name in stored.readers:
                return prefix + name
    message = f"{stored.file} has no tensor {names[0]!r}, with or without {prefixes[1]!r} before it"
    raise ValueError(message)
