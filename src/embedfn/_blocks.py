"""The gate for texts that need not fit into memory: checked and handed on block by block."""

import reprlib
from collections.abc import Iterable, Iterator, Mapping, Set, Sized
from itertools import islice
from typing import Any

from embedfn._texts import as_texts

_BLOCK = 4096


def text_blocks(texts: Any, argument: str = "texts", size: int = _BLOCK) -> Iterator[list[str]]:
    """Yield the texts in lists of str.

    Parameters
    ----------
    texts : iterable of str
        What ``as_texts`` takes. A list is one block; an array or Series is converted piece by
        piece, and anything else is iterated over once.
    argument : str
        The caller's name for the argument, for the error.
    size : int
        Texts in a block of what is not a list.

    Raises
    ------
    TypeError
        As ``as_texts``: at once for what is not texts, at the item for an item that is not a str;
        its position among all texts is named.
    """
    unfit = (str, bytes, bytearray, Mapping, Set)
    if isinstance(texts, (list, *unfit)) or not isinstance(texts, Iterable):
        yield as_texts(texts, argument)
    elif any(hasattr(texts, name) for name in ("to_pylist", "to_list", "tolist")):
        yield from _of_array(texts, argument, size)
    else:
        yield from _of_iterator(iter(texts), argument, size)


def _of_array(texts: Any, argument: str, size: int) -> Iterator[list[str]]:
    """Blocks of an array library's container."""
    if not isinstance(texts, Sized) or getattr(texts, "ndim", 1) != 1:
        yield as_texts(texts, argument)
        return
    rows: Any = getattr(texts, "iloc", texts)  # pandas slices by label otherwise
    for start in range(0, len(texts), size):
        try:
            block = as_texts(rows[start : start + size], argument)
        except TypeError:
            as_texts(texts, argument)  # the same error with the position among all texts
            raise
        yield block


def _of_iterator(items: Iterator[Any], argument: str, size: int) -> Iterator[list[str]]:
    """Blocks of anything else."""
    start = 0
    while block := list(islice(items, size)):
        if set(map(type, block)) - {str}:
            for position, item in enumerate(block, start):
                if not isinstance(item, str):
                    kind = type(item).__name__
                    shown = reprlib.repr(item)
                    message = f"{argument}[{position}] must be a str, not {kind}: {shown}"
                    raise TypeError(message)
        yield block
        start += len(block)
