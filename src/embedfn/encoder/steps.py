"""The modules about the pooling, loaded: what turns tokens' states or vectors into others."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear

from embedfn.encoder.chain import Dense, LayerNorm, Normalize, Step
from embedfn.encoder.pool import unit_rows
from embedfn.encoder.stored import Stored, open_stored

Apply = Callable[[Tensor], Tensor]


def load_step(step: Step, device: torch.device, dtype: torch.dtype) -> Apply:
    """Load what a step needs.

    Parameters
    ----------
    step : Step
    device : torch.device
    dtype : torch.dtype
        Of the rows that the step will be given.

    Returns
    -------
    callable
        From a tensor of rows to a tensor of rows.

    Raises
    ------
    FileNotFoundError
        For missing weights.
    ValueError
        For weights that are not whole or do not fit, and for an activation that torch has not.
    """
    if isinstance(step, Normalize):
        return unit_rows
    loaded = _Norm(step) if isinstance(step, LayerNorm) else _Dense(step)
    return loaded.to(device=device, dtype=dtype).eval().requires_grad_(False)


class _Norm(nn.Module):
    """LayerNorm with torch's own epsilon."""

    def __init__(self, step: LayerNorm) -> None:
        super().__init__()
        with open_stored(step.folder) as stored:
            self.weight = _read(stored, "norm.weight", (step.dimension,))
            self.bias = _read(stored, "norm.bias", (step.dimension,))

    def forward(self, rows: Tensor) -> Tensor:
        """Normalise the rows."""
        return layer_norm(rows, self.weight.shape, self.weight, self.bias)


class _Dense(nn.Module):
    """A linear layer, an activation and perhaps the input, or a projection of it, added."""

    def __init__(self, step: Dense) -> None:
        super().__init__()
        shape = (step.out_features, step.in_features)
        self._adds_input = step.residual
        self.residual = self.bias = None
        with open_stored(step.folder) as stored:
            self.weight = _read(stored, "linear.weight", shape)
            if step.bias:
                self.bias = _read(stored, "linear.bias", shape[:1])
            if step.residual and shape[0] != shape[1]:
                self.residual = _read(stored, "residual.weight", shape)
            self.activation = _activation(step, stored)

    def forward(self, rows: Tensor) -> Tensor:
        """Turn (rows, in_features) into (rows, out_features)."""
        result: Tensor = self.activation(linear(rows, self.weight, self.bias))
        if self._adds_input:
            result = result + (rows if self.residual is None else linear(rows, self.residual))
        return result


def _activation(step: Dense, stored: Stored) -> nn.Module:
    """An activation of torch.nn with its weights, if it has any."""
    found = getattr(nn, step.activation.rpartition(".")[2], None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        message = (
            f"{step.folder / 'config.json'} has activation_function {step.activation!r}, which "
            f"torch {torch.__version__} does not have"
        )
        raise ValueError(message)
    reason = ""
    try:
        activation: Any = found()
        if getattr(activation, "dim", 0) is None:
            activation.dim = -1  # softmax and its like, for which torch warns and guesses the same
        fits = activation.eval()(torch.zeros(1, step.out_features)).shape == (1, step.out_features)
    except Exception as error:  # a layer or a loss, not an activation: whatever it raises
        fits, reason = False, f": {error}"
    if not fits:
        message = (
            f"{step.folder / 'config.json'} has activation_function {step.activation!r}, which is "
            f"not one{reason}"
        )
        raise ValueError(message)
    for name, parameter in activation.named_parameters():
        parameter.data = _read(stored, f"activation_function.{name}", tuple(parameter.shape)).data
    loaded: nn.Module = activation
    return loaded


def _read(stored: Stored, name: str, shape: tuple[int, ...]) -> nn.Parameter:
    """One tensor of a module."""
    if name not in stored.readers:
        message = f"{stored.file} has no tensor {name!r}"
        raise ValueError(message)
    return nn.Parameter(stored.read(name, shape, "the module's config.json"), requires_grad=False)
