"""Which device, and in which precision; the only file that asks torch what there is."""

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

# Names that a caller may give, and what the encoder computes in. int8 is for linear layers alone.
DTYPES = {
    "fp32": torch.float32,
    "fp16": torch.float16,
    "bf16": torch.bfloat16,
    "int8": torch.int8,
}


def choose_device(device: str | torch.device | None) -> torch.device:
    """Return the device for a request.

    Parameters
    ----------
    device : str, torch.device or None
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; None takes the first there is of CUDA, MPS
        and CPU.

    Raises
    ------
    TypeError
        For another type.
    ValueError
        For a name that is no device embedfn runs on.
    RuntimeError
        For a device that this machine, or this build of torch, does not have.
    """
    if device is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if not isinstance(device, (str, torch.device)):
        message = f"device must be a str such as 'cpu' or None, not {type(device).__name__}"
        raise TypeError(message)
    try:
        chosen = torch.device(device)
    except RuntimeError:
        chosen = None
    if chosen is None or chosen.type not in ("cpu", "cuda", "mps"):
        message = f"device {str(device)!r} is not one of 'cpu', 'cuda', 'cuda:<number>', 'mps'"
        raise ValueError(message)
    there = {
        "cpu": 1,
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
    }[chosen.type]
    if (chosen.index or 0) >= there:
        message = (
            f"device {str(device)!r} was asked for, but torch sees {there} of type "
            f"{chosen.type!r}; use device=None to take what there is"
        )
        raise RuntimeError(message)
    return chosen


def default_dtype(device: torch.device) -> torch.dtype:
    """Half precision on a GPU, single on a CPU."""
    return torch.float32 if device.type == "cpu" else torch.float16


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """Return the precision for a request.

    Parameters
    ----------
    name : str
        ``"auto"`` for the device's default, or one of ``DTYPES``.

    Raises
    ------
    ValueError
        For any other name, and for int8 on another device than a CPU.
    """
    if name == "auto":
        return default_dtype(device)
    if name not in DTYPES:
        message = f"dtype must be one of auto, {', '.join(DTYPES)}; got {name!r}"
        raise ValueError(message)
    if name == "int8" and device.type != "cpu":
        message = f"dtype 'int8' is for CPUs, not for device '{device}'; use 'fp16' there"
        raise ValueError(message)
    return DTYPES[name]


def float_dtype(dtype: torch.dtype) -> torch.dtype:
    """What everything but the linear layers of a transformer is computed in."""
    return torch.float32 if dtype == torch.int8 else dtype


def to_device(array: NDArray[Any], device: torch.device) -> Tensor:
    """The array on a device; a CUDA device copies it while the caller goes on.

    Memory must be page-locked for that. torch keeps it from other use until the copy is done.
    """
    tensor = torch.from_numpy(array)
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
