from collections.abc import Callable, Mapping, Sequence

from typing_extensions import disjoint_base

from embedfn.kernels._py import Float32s, Int32s, Int64s, Table

def mean_rows(
    table: Table, rows: Int32s, scales: Float32s | None, indptr: Int64s, n_threads: int
) -> Float32s: ...

@disjoint_base
class PartTokens:
    def __init__(
        self,
        ask: Callable[[list[str]], Sequence[Sequence[int]]],
        pieces: Mapping[str, int],
        prefix: str,
        unknown: int,
        max_chars: int,
        lowercase: bool,
        joined: str,
        chinese_apart: bool,
    ) -> None: ...
    def __len__(self) -> int: ...
    def encode(
        self,
        texts: list[str],
        room: int | None,
        keep_end: bool,
        before: Sequence[int],
        after: Sequence[int],
        n_threads: int,
    ) -> tuple[Int32s, Int64s]: ...
