from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from typing_extensions import disjoint_base

from embedfn.kernels._arrow import ArrowTexts
from embedfn.kernels._py import Bytes, Int32s, Int64s

class _Rules(Protocol):
    def ends_sentence(self, snippet: str) -> bool: ...
    def part_terms(self, part: str, flags: int) -> list[str]: ...

@disjoint_base
class Model:
    def __init__(
        self,
        punkt: tuple[
            Sequence[bytes], Sequence[bytes], Sequence[tuple[bytes, bytes]], Mapping[bytes, int]
        ],
        classes: Mapping[str, Sequence[tuple[int, int]]],
        word_breaks: Sequence[tuple[int, int, int]] | None = None,
    ) -> None: ...

@disjoint_base
class Analysis:
    def __init__(
        self, rules: _Rules, model: Model, steps: Sequence[tuple[str, list[bytes]]] | None
    ) -> None: ...
    def run(
        self,
        texts: list[str] | ArrowTexts,
        n_threads: int,
        first: int = 0,
        last: int | None = None,
    ) -> list[tuple[Bytes, Int64s, Int64s, Int32s, int]]: ...

def all_str(items: list[Any]) -> bool: ...
