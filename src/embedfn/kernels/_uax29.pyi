from collections.abc import Iterable

from typing_extensions import disjoint_base

@disjoint_base
class WordBreakTable:
    def __init__(self, ranges: Iterable[tuple[int, int, int]]) -> None: ...
    def word_spans(self, text: bytes, plain: bool = False) -> list[tuple[int, int]]: ...
