from typing_extensions import disjoint_base

from embedfn.kernels._py import Float32s, Int32s, Int64s

ACTIVATIONS: dict[str, int]
SIMD: dict[str, int]

def simd_tiers() -> list[str]: ...

@disjoint_base
class HeadTransform:
    def __init__(
        self,
        dense: tuple[Float32s, Float32s],
        norm: tuple[Float32s, Float32s],
        epsilon: float,
        activation: str,
        simd: str | None = None,
    ) -> None: ...
    def apply(self, hidden: Float32s, n_threads: int) -> Float32s: ...

@disjoint_base
class SpladeHead:
    def __init__(
        self, weight: Float32s, bias: Float32s, simd: str | None = None, bounds: bool = True
    ) -> None: ...
    @property
    def bounds(self) -> bool: ...
    def rows(
        self, hidden: Float32s, indptr: Int64s, logs: int, n_threads: int
    ) -> tuple[Int64s, Int32s, Float32s]: ...
