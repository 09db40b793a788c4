from collections.abc import Iterable

from typing_extensions import disjoint_base

@disjoint_base
class WordBreakTable:
    def __init__(self, ranges: Iterable[tuple[int, int, int]]) -> None: ...
    @property
    def ways(self) -> int: ...
    def word_spans(self, text: bytes, way: int = 0) -> list[tuple[int, int]]: ...
