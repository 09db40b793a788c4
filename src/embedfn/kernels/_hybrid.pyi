from collections.abc import Sequence

from typing_extensions import disjoint_base

from embedfn.kernels._py_hybrid import Bools, Float32s, Int32s, Int64s

ACTIVATIONS: dict[str, int]
SIMD: dict[str, int]

def simd_tiers() -> list[str]: ...

@disjoint_base
class TokenLinear:
    def __init__(self, weight: Float32s, bias: Float32s, simd: str | None = None) -> None: ...
    def apply(self, hidden: Float32s, unit: bool, n_threads: int) -> Float32s: ...

def token_maxima(
    ids: Int64s, weights: Float32s, indptr: Int64s, skipped: Bools, n_threads: int
) -> tuple[Int64s, Int32s, Float32s]: ...
def max_sim(
    query: Float32s, documents: Sequence[Float32s], n_threads: int, simd: str | None = None
) -> Float32s: ...
