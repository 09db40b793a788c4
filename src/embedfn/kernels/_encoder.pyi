import numpy as np
from numpy.typing import NDArray
from typing_extensions import disjoint_base

ACTIVATIONS: dict[str, int]
SIMD: dict[str, int]

_Floats = NDArray[np.float32]
_Int64s = NDArray[np.int64]
_Affine = tuple[_Floats, _Floats]

def simd_tiers() -> list[str]: ...
def activate(activation: str, values: _Floats, simd: str) -> _Floats: ...
def encode_rows(values: _Floats, simd: str) -> tuple[NDArray[np.uint8], _Floats]: ...
def byte_products(codes: NDArray[np.uint8], weights: _Floats, simd: str) -> NDArray[np.int32]: ...

@disjoint_base
class BertEncoder:
    simd: str
    def __init__(
        self,
        shape: tuple[int, int, int, int, str, float],
        words: _Floats,
        positions: _Floats,
        simd: str | None = None,
        int8: bool = False,
        gated: bool = False,
    ) -> None: ...
    def set_norm(self, norm: _Affine) -> None: ...
    def set_layer(
        self,
        number: int,
        qkv: _Affine,
        mix: _Affine,
        mix_norm: _Affine,
        widen: _Affine,
        narrow: _Affine,
        narrow_norm: _Affine,
        gate: _Affine | None = None,
    ) -> None: ...
    def forward(
        self,
        ids: _Int64s,
        position_ids: _Int64s,
        indptr: _Int64s,
        n_threads: int,
        reads: _Int64s | None = None,
        turns: _Floats | None = None,
    ) -> _Floats: ...
