"""What of a masked-LM head stands before the decoder, by native kernels or by torch."""

import os

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, linear

from embedfn import kernels
from embedfn._threads import thread_count
from embedfn.encoder.activations import ACTIVATIONS
from embedfn.encoder.bert import Affine
from embedfn.encoder.forward import NATIVE_ACTIVATIONS
from embedfn.encoder.masked_head import MaskedHead


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
