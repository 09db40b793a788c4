"""Activation functions by the names that ``config.json`` gives them (transformers' table)."""

import math
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

Activation = Callable[[Tensor], Tensor]

# The tanh form, whose constants transformers writes out under several names; they agree to 1e-9.
_tanh_gelu = partial(functional.gelu, approximate="tanh")


def _identity(hidden: Tensor) -> Tensor:
    """No activation."""
    return hidden


def _quick_gelu(hidden: Tensor) -> Tensor:
    """Sigmoid form of GELU (Hendrycks and Gimpel 2016)."""
    return hidden * torch.sigmoid(1.702 * hidden)


def _clipped_gelu(hidden: Tensor) -> Tensor:
    """GELU kept within ±10, for quantised models."""
    return functional.gelu(hidden).clamp_(-10, 10)


def _squared_relu(hidden: Tensor) -> Tensor:
    """Square of ReLU (So et al. 2021, arXiv 2109.08668)."""
    return functional.relu(hidden).square_()


def _laplace(hidden: Tensor) -> Tensor:
    """Laplace activation (Ma et al. 2022, arXiv 2209.10655), with its mean and deviation."""
    return 0.5 * (1 + torch.erf((hidden - 0.707107) / (0.282095 * math.sqrt(2.0))))


ACTIVATIONS: Mapping[str, Activation] = {
    "gelu": functional.gelu,
    "gelu_python": functional.gelu,
    "gelu_new": _tanh_gelu,
    "gelu_fast": _tanh_gelu,
    "gelu_accurate": _tanh_gelu,
    "gelu_pytorch_tanh": _tanh_gelu,
    "gelu_python_tanh": _tanh_gelu,
    "gelu_10": _clipped_gelu,
    "quick_gelu": _quick_gelu,
    "hardswish": functional.hardswish,
    "laplace": _laplace,
    "leaky_relu": functional.leaky_relu,
    "linear": _identity,
    "mish": functional.mish,
    "relu": functional.relu,
    "relu2": _squared_relu,
    "relu6": functional.relu6,
    "sigmoid": torch.sigmoid,
    "silu": functional.silu,
    "swish": functional.silu,
    "tanh": torch.tanh,
}
