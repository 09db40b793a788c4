"""Tensors of a BERT-shaped checkpoint, by the names of today's BERT."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from embedfn.encoder.config import EncoderConfig

WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
# Checkpoints converted from TensorFlow name LayerNorm's two tensors so.
_OLD_NAMES = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}


def load_weights(folder: Path, config: EncoderConfig) -> dict[str, Tensor]:
    """Read every tensor that the forward pass needs, in float32 on the CPU.

    Parameters
    ----------
    folder : Path
        Holds ``model.safetensors`` or, without it, ``pytorch_model.bin``.
    config : EncoderConfig

    Returns
    -------
    dict of str to Tensor
        Names without the family's prefix, such as ``encoder.layer.0.output.dense.weight``.

    Raises
    ------
    FileNotFoundError
        Where the folder has neither file.
    ValueError
        For an unreadable file and for a tensor that is missing or of another shape than
        ``config.json`` says; the tensor and the file are named.
    """
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            file = folder / name
            break
    else:
        message = f"{folder} has no weights: neither {' nor '.join(WEIGHT_FILES)}"
        raise FileNotFoundError(message)
    opened = _safetensors if file.suffix == ".safetensors" else _pickled
    with opened(file) as (names, read):
        return {
            name: _checked(read(_stored_name(name, names, config, file)), name, shape, file)
            for name, shape in wanted_shapes(config).items()
        }


def wanted_shapes(config: EncoderConfig) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor the forward pass needs."""
    hidden, wide = config.hidden_size, config.intermediate_size
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (config.vocab_size, hidden),
        "embeddings.position_embeddings.weight": (config.max_position_embeddings, hidden),
        "embeddings.token_type_embeddings.weight": (config.type_vocab_size, hidden),
    }
    norms = ["embeddings.LayerNorm"]
    for number in range(config.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        linears = {
            "attention.self.query": (hidden, hidden),
            "attention.self.key": (hidden, hidden),
            "attention.self.value": (hidden, hidden),
            "attention.output.dense": (hidden, hidden),
            "intermediate.dense": (wide, hidden),
            "output.dense": (hidden, wide),
        }
        for name, shape in linears.items():
            shapes[f"{layer}.{name}.weight"] = shape
            shapes[f"{layer}.{name}.bias"] = shape[:1]
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for norm in norms:
        shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (hidden,)
    return shapes


_Opened = Iterator[tuple[set[str], Callable[[str], Tensor]]]


@contextmanager
def _safetensors(file: Path) -> _Opened:
    """Names in a safetensors file and a reader of one."""
    try:
        with safe_open(file, framework="pt") as stored:
            yield set(stored.keys()), stored.get_tensor
    except SafetensorError as error:
        message = f"{file} is not a readable safetensors file: {error}"
        raise ValueError(message) from error


@contextmanager
def _pickled(file: Path) -> _Opened:
    """Names in a PyTorch checkpoint and a reader of one; only tensors are ever unpickled."""
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds, from pickle, zipfile and its own
        message = f"{file} is not a readable PyTorch checkpoint: {error}"
        raise ValueError(message) from error
    if not isinstance(stored, Mapping):
        message = f"{file} holds a {type(stored).__name__}, not a mapping of names to tensors"
        raise ValueError(message)
    yield set(stored), stored.__getitem__


def _stored_name(name: str, names: set[str], config: EncoderConfig, file: Path) -> str:
    """The name under which the file has the tensor."""
    spellings = [name]
    for today, old in _OLD_NAMES.items():
        if name.endswith(today):
            spellings.append(name.removesuffix(today) + old)
    for spelling in spellings:
        for stored in (spelling, config.prefix + spelling):
            if stored in names:
                return stored
    message = f"{file} has no tensor {name!r}, with or without {config.prefix!r} before it"
    raise ValueError(message)


def _checked(tensor: Tensor, name: str, shape: tuple[int, ...], file: Path) -> Tensor:
    """The tensor in float32, if it is of the wanted shape."""
    if tuple(tensor.shape) != shape:
        message = (
            f"{file}: tensor {name!r} has shape {tuple(tensor.shape)}, "
            f"where config.json makes it {shape}"
        )
        raise ValueError(message)
    return tensor.to(torch.float32)
