from typing_extensions import disjoint_base

def stem_english(word: bytes) -> bytes: ...
def treebank_words(sentence: bytes) -> list[bytes]: ...

@disjoint_base
class PunktModel:
    def __init__(
        self,
        abbreviations: list[bytes],
        starters: list[bytes],
        collocations: list[tuple[bytes, bytes]],
        contexts: dict[bytes, int],
    ) -> None: ...
    def has_break(self, snippet: bytes) -> bool: ...
