"""From hidden states to weights of words: by the kernels, or by torch on any device."""

import os
from importlib.util import find_spec
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from embedfn import kernels
from embedfn._threads import thread_count
from embedfn.encoder.bert import Affine
from embedfn.encoder.pack import Pack
from embedfn.encoder.rows import Rows
from embedfn.encoder.top_k import keep_top_k, top_k

# Logits of so many words stand in memory at a time.
_WORDS = 2048


class Head(Protocol):
    """A decoder with the pooling over a text's tokens."""

    def rows(self, hidden: Tensor, pack: Pack, k: int | None = None) -> Rows:
        """Return the rows of the pack's texts, in its order, whole or their ``k`` largest."""


class KernelHead:
    """The decoder and the greatest logits over tokens, in float32 on the CPU.

    Parameters
    ----------
    decoder : Affine
        Weights of shape (words, hidden), and the bias.
    logs : int
        How many times ``log(1 + .)`` is taken.
    """

    def __init__(self, decoder: Affine, logs: int) -> None:
        weight, bias = decoder.weight.numpy(), decoder.bias.numpy()
        self._head = kernels.SpladeHead(weight, bias, os.environ.get("EMBEDFN_SIMD"))
        self._logs = logs

    def rows(self, hidden: Tensor, pack: Pack, k: int | None = None) -> Rows:
        """Return the rows of the pack's texts, in its order, whole or their ``k`` largest."""
        rows = self._head.rows(hidden.numpy(), pack.indptr, self._logs, thread_count())
        return rows if k is None else top_k(rows, k)


class TorchHead:
    """The decoder and the pooling over tokens, some words at a time.

    Parameters
    ----------
    decoder : Affine
        Weights of shape (words, hidden), and the bias.
    device : torch.device
    dtype : torch.dtype
        What the products are computed in; all else is float32.
    pooling : str
        ``"max"`` or ``"sum"``.
    logs : int
        How many times ``log(1 + .)`` is taken.
    """

    def __init__(
        self, decoder: Affine, device: torch.device, dtype: torch.dtype, pooling: str, logs: int
    ) -> None:
        self._weight = decoder.weight.to(device, dtype)
        self._bias = decoder.bias.to(device)
        self._pool = torch.amax if pooling == "max" else torch.sum
        self._logs = logs

    def rows(self, hidden: Tensor, pack: Pack, k: int | None = None) -> Rows:
        """Return the rows of the pack's texts, in its order, whole or their ``k`` largest."""
        n, words = len(pack.lengths), len(self._weight)
        weights = torch.empty(n, words, device=hidden.device)
        for first in range(0, words, _WORDS):
            block = slice(first, first + _WORDS)
            logits = linear(hidden, self._weight[block]).float().add_(self._bias[block]).relu_()
            for _ in range(self._logs):
                logits.log1p_()
            text = token = 0
            for count, length in pack.runs:
                part = logits[token : token + count * length].view(count, length, -1)
                weights[text : text + count, block] = self._pool(part, dim=1)
                text, token = text + count, token + count * length
        if k is not None:
            weights = keep_top_k(weights, k)
        at = weights.nonzero(as_tuple=True)
        indptr = np.zeros(n + 1, np.int64)
        np.cumsum((weights > 0).sum(dim=1).cpu().numpy(), out=indptr[1:])
        return indptr, at[1].cpu().numpy().astype(np.int32), weights[at].cpu().numpy()


def choose_head(
    decoder: Affine, device: torch.device, dtype: torch.dtype, pooling: str, logs: int
) -> Head:
    """Return the way for a device, of which torch has one for everything.

    A maximum in float32 on a CPU has kernels, and one on a GPU Triton, where that is installed.
    """
    if pooling == "max" and device.type == "cpu" and dtype == torch.float32:
        return KernelHead(decoder, logs)
    if pooling == "max" and device.type == "cuda" and find_spec("triton") is not None:
        # Imported here, since it defines kernels of Triton's.
        from embedfn.encoder.triton_head import TritonHead

        return TritonHead(decoder, device, dtype, logs)
    return TorchHead(decoder, device, dtype, pooling, logs)
