"""Files of tensors: safetensors or PyTorch's, whole or in shards."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from embedfn.encoder.files import read_object

# In the order in which transformers looks for them.
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
_INDEX = ".index.json"


@dataclass(frozen=True)
class Stored:
    """Tensors of one folder.

    Attributes
    ----------
    file : Path
        The file, or the index of the shards, for errors.
    readers : mapping of str to callable
        For each name, what reads that tensor.
    """

    file: Path
    readers: Mapping[str, Callable[[str], Tensor]]

    def read(self, name: str, shape: tuple[int, ...], says: str) -> Tensor:
        """Return one tensor in float32.

        Parameters
        ----------
        name : str
            One of ``readers``.
        shape : tuple of int
            The shape it must have.
        says : str
            Which file says so, for errors.

        Raises
        ------
        ValueError
            For another shape, and for what is no tensor of numbers.
        """
        tensor = self.readers[name](name)
        if not isinstance(tensor, Tensor) or tensor.is_complex() or tensor.layout != torch.strided:
            message = f"{self.file}: {name!r} is not a tensor of plain numbers"
            raise ValueError(message)
        if tuple(tensor.shape) != shape:
            message = (
                f"{self.file}: tensor {name!r} has shape {tuple(tensor.shape)}, "
                f"where {says} makes it {shape}"
            )
            raise ValueError(message)
        return tensor.to(torch.float32)


@contextmanager
def open_stored(folder: Path) -> Iterator[Stored]:
    """Open a folder's tensors for reading.

    Raises
    ------
    FileNotFoundError
        Where there are none, or a shard is missing.
    ValueError
        For an unreadable file.
    """
    with ExitStack() as stack:
        for name in WEIGHT_FILES:
            file, index = folder / name, folder / f"{name}{_INDEX}"
            if file.is_file():
                yield Stored(file, stack.enter_context(open_tensors(file)))
                return
            if index.is_file():
                yield Stored(index, _shards(index, stack))
                return
        message = f"{folder} has no weights: neither {' nor '.join(WEIGHT_FILES)}, whole or sharded"
        raise FileNotFoundError(message)


def _shards(index: Path, stack: ExitStack) -> dict[str, Callable[[str], Tensor]]:
    """Open every shard that an index names."""
    places = read_object(index).get("weight_map")
    if not isinstance(places, dict) or not all(isinstance(p, str) for p in places.values()):
        message = f"{index}: weight_map must be an object of file names"
        raise ValueError(message)
    shards = {}
    for place in sorted(set(places.values())):
        if PurePath(place).name != place:
            message = f"{index}: shard {place!r} is not a file beside it"
            raise ValueError(message)
        file = index.parent / place
        if not file.is_file():
            message = f"{file} is missing, which {index.name} names; copy or download it again"
            raise FileNotFoundError(message)
        shards[place] = stack.enter_context(open_tensors(file))
    for name, place in places.items():
        if name not in shards[place]:
            message = (
                f"{index.parent / place} has no tensor {name!r}, which {index.name} puts there"
            )
            raise ValueError(message)
    return {name: shards[place][name] for name, place in places.items()}


_Opened = Iterator[Mapping[str, Callable[[str], Tensor]]]


@contextmanager
def open_tensors(file: Path) -> _Opened:
    """Open one file for reading, by its ending; yields what reads each tensor by its name.

    Raises
    ------
    ValueError
        For an unreadable file.
    """
    with (_safetensors if file.suffix == ".safetensors" else _pickled)(file) as readers:
        yield readers


@contextmanager
def _safetensors(file: Path) -> _Opened:
    """A reader for each name in a safetensors file."""
    try:
        with safe_open(file, framework="pt") as stored:
            yield dict.fromkeys(stored.keys(), stored.get_tensor)
    except SafetensorError as error:
        message = f"{file} is not a readable safetensors file: {error}"
        raise ValueError(message) from error


@contextmanager
def _pickled(file: Path) -> _Opened:
    """A reader for each name in a PyTorch checkpoint; only tensors are ever unpickled."""
    try:
        stored = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds, from pickle, zipfile and its own
        message = f"{file} is not a readable PyTorch checkpoint: {error}"
        raise ValueError(message) from error
    if not isinstance(stored, Mapping):
        message = f"{file} holds a {type(stored).__name__}, not a mapping of names to tensors"
        raise ValueError(message)
    yield dict.fromkeys((name for name in stored if isinstance(name, str)), stored.__getitem__)
