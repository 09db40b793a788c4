"""The gate for BM25's texts: those in Arrow's memory stay there, any others become lists of str.

Any library's Arrow strings are read that offers them by the Arrow PyCapsule interface (pyarrow,
polars, nanoarrow, ...) or lies on pyarrow (pandas); none is imported for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from embedfn import _blocks, _texts, kernels

_BLOCK = 1 << 14


def as_texts(texts: Any, argument: str = "texts") -> Sequence[str]:
    """Return the texts as a sequence of str, checked.

    Parameters
    ----------
    texts : iterable of str
        What ``embedfn._texts.as_texts`` takes.
    argument : str
        The caller's name for the argument, for the error.

    Returns
    -------
    list of str or kernels.ArrowTexts
        The latter for strings of Arrow's, plain, large, viewed or in a dictionary, wherever
        native code can read them.

    Raises
    ------
    TypeError
        For what is not texts, and for an item that is not a str, null included; an item's position
        is named.
    ValueError
        For an item in Arrow's memory that is not UTF-8; its position is named.
    """
    arrays = _arrow_arrays(texts, argument)
    if arrays is None:
        are_str = _texts.all_str if kernels.all_str is None else kernels.all_str
        return _texts.as_texts(texts, argument, are_str)
    whole = kernels.ArrowTexts(arrays)
    _check(whole, argument, 0)
    return whole


def text_blocks(texts: Any, argument: str = "texts") -> Iterator[Sequence[str]]:
    """Yield the texts in sequences as ``as_texts`` returns them, each checked when its turn comes.

    Raises
    ------
    TypeError, ValueError
        As ``as_texts``, at the item; its position among all texts is named.
    """
    arrays = _arrow_arrays(texts, argument)
    if arrays is None:
        yield from _blocks.text_blocks(texts, argument)
        return
    start = 0
    for block in _even_blocks(arrays):
        _check(block, argument, start)
        yield block
        start += len(block)


def _arrow_arrays(texts: Any, argument: str) -> Iterable[kernels.ArrowTexts] | None:
    """The arrays of strings that can be read in place; None where there are none."""
    if kernels.ArrowReader is None:
        return None
    producer = _producer(texts)
    if producer is None:
        return None
    reader = kernels.ArrowReader(producer)
    if not reader.has_texts():
        return None
    if type(producer).__module__.startswith("pyarrow."):
        try:
            # Only pyarrow knows how large its buffers are: whether they hold what offsets promise.
            producer.validate()
        except ValueError as error:
            message = f"{argument} is a damaged Arrow array: {error}"
            raise ValueError(message) from None
    return reader


def _producer(texts: Any) -> Any:
    """What hands over the Arrow arrays that the texts are, without converting any."""
    if hasattr(texts, "iloc"):  # pandas offers to convert whatever it holds
        dtype = getattr(texts, "dtype", None)
        on_arrow = hasattr(dtype, "pyarrow_dtype") or getattr(dtype, "storage", "") == "pyarrow"
        return texts.array.__arrow_array__() if on_arrow else None
    if hasattr(texts, "__arrow_c_stream__") or hasattr(texts, "__arrow_c_array__"):
        return texts
    return None


def _even_blocks(arrays: Iterable[kernels.ArrowTexts]) -> Iterator[kernels.ArrowTexts]:
    """The texts of the arrays in blocks of one size, the last one smaller."""
    waiting: list[kernels.ArrowTexts] = []
    size = 0
    for array in arrays:
        waiting.append(array)
        size += len(array)
        if size < _BLOCK:
            continue
        texts = kernels.ArrowTexts(waiting)
        whole = size - size % _BLOCK
        for start in range(0, whole, _BLOCK):
            yield texts[start : start + _BLOCK]
        waiting, size = [texts[whole:]], size - whole
    if size:
        yield kernels.ArrowTexts(waiting)


def _check(texts: kernels.ArrowTexts, argument: str, start: int) -> None:
    """Raise for the first of the texts that is none; text 0 of these is text ``start`` of all."""
    fault = texts.first_fault()
    if fault is None:
        return
    place = f"{argument}[{start + fault[0]}]"
    if fault[1] == "null":
        message = f"{place} must be a str, not NoneType: None"
        raise TypeError(message)
    if fault[1] == "outside":
        message = f"{place} lies outside of its Arrow buffer: the array is damaged"
        raise ValueError(message)
    message = (
        f"{place} is not UTF-8, as Arrow's strings must be; decode the bytes by the encoding they "
        "are in, or replace what is wrong: bytes.decode('utf-8', 'replace')"
    )
    raise ValueError(message)
