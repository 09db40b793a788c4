"""What hybrid models do with hidden states: linear layers on tokens, by the kernels or by torch."""

import os

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import linear

from embedfn import kernels
from embedfn._threads import thread_count
from embedfn.encoder.bert import Affine
from embedfn.encoder.pack import Pack
from embedfn.encoder.pool import unit_rows
from embedfn.encoder.rows import Rows

Floats = NDArray[np.floating]


class TokenLayer:
    """A linear layer from hidden states to a vector for each token.

    In float32 on a CPU a token's vector is the same to the bit in any company.

    Parameters
    ----------
    affine : Affine
        Weights of shape (outputs, hidden), and the bias; float32 on the CPU.
    device : torch.device
    dtype : torch.dtype
        What the products are computed in.
    """

    def __init__(self, affine: Affine, device: torch.device, dtype: torch.dtype) -> None:
        self.width = len(affine.weight)
        self._native = None
        if device.type == "cpu" and dtype == torch.float32 and kernels.TokenLinear is not None:
            weight, bias = affine.weight.contiguous().numpy(), affine.bias.contiguous().numpy()
            self._native = kernels.TokenLinear(weight, bias, os.environ.get("EMBEDFN_SIMD"))
        else:
            self._weight = affine.weight.to(device, dtype)
            self._bias = affine.bias.to(device, dtype)

    def __call__(self, hidden: Tensor, unit: bool) -> Tensor:
        """Return float32 vectors of shape (tokens, outputs); of length 1 where ``unit`` says so."""
        if self._native is not None:
            return torch.from_numpy(self._native.apply(hidden.numpy(), unit, thread_count()))
        vectors = linear(hidden, self._weight, self._bias).float()
        return unit_rows(vectors) if unit else vectors


class LexicalHead:
    """One weight for each token, and of each text's tokens the greatest.

    Parameters
    ----------
    affine : Affine
        Weights of shape (1, hidden), and the bias.
    skipped : bool array of shape (vocabulary,)
        Which tokens get no weight.
    device, dtype
        As :class:`TokenLayer` takes them.
    """

    def __init__(
        self,
        affine: Affine,
        skipped: NDArray[np.bool_],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._layer = TokenLayer(affine, device, dtype)
        self._skipped = skipped

    def rows(self, hidden: Tensor, pack: Pack) -> Rows:
        """Return (indptr, indices, data) of the pack's texts, in its order."""
        weights = self._layer(hidden, unit=False)[:, 0].cpu().numpy()
        return kernels.token_maxima(pack.ids, weights, pack.indptr, self._skipped, thread_count())


class ColbertHead:
    """A vector for each token but a text's first.

    Parameters
    ----------
    affine : Affine
        Weights of shape (dim, hidden), and the bias.
    device, dtype
        As :class:`TokenLayer` takes them.
    unit : bool
        Scale vectors to length 1.
    half : bool
        Round to float16.
    """

    def __init__(
        self, affine: Affine, device: torch.device, dtype: torch.dtype, unit: bool, half: bool
    ) -> None:
        self._layer = TokenLayer(affine, device, dtype)
        self._unit = unit
        self._half = half
        self.dim = self._layer.width
        self.dtype = np.dtype(np.float16 if half else np.float32)

    def vectors(self, hidden: Tensor) -> Floats:
        """Return the vectors of all tokens, (tokens, dim)."""
        vectors = self._layer(hidden, self._unit)
        if self._half and vectors.device.type != "cpu":
            vectors = vectors.half()  # half as much to copy from there
        array: Floats = vectors.cpu().numpy()
        return array
