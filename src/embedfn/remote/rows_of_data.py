"""OpenAI's form of vectors, ``{"data": [{"index", "embedding"}], "usage"}``, which many speak."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.remote.decode import Place, decode_json, decode_rows, in_order

_NAME = b'"embedding"'


@cache
def _kind() -> Any:
    """The body's type; numbers stay in their JSON until they go into an array."""
    msgspec = require("msgspec", "remote")
    item: Any = msgspec.defstruct("Item", [("embedding", msgspec.Raw), ("index", int | None, None)])
    tokens = (int | float | None, None)
    usage = msgspec.defstruct("Usage", [("prompt_tokens", *tokens), ("total_tokens", *tokens)])
    return msgspec.defstruct("Answer", [("data", list[item]), ("usage", usage | None, None)])


def _cut_out(content: bytes) -> tuple[bytes, list[memoryview]]:
    """The body without its base64, and the strings of base64 with their quotes.

    What is cut out is no JSON that a parser need walk; base64's own decoder checks it. The rest is
    parsed, and tells by its number of items whether each string was a vector.
    """
    view = memoryview(content)
    kept, strings = [], []
    start = end = size = 0
    name = _NAME  # and what stood between it and the last string, as it mostly will again
    while (found := content.find(_NAME, end)) >= 0:
        opening = found + len(name) - 1
        if name is _NAME or not content.startswith(name, found):
            end = found + len(_NAME)
            opening = content.find(b'"', end)
            if opening < 0 or content[end : min(opening, end + 9)].strip() != b":":
                continue  # the word as a value, or a list
            name = content[found : opening + 1]
        end = opening + size  # where it ends if it is as long as the last
        if size == 0 or content[end - 1 : end] != b'"':
            end = content.find(b'"', opening + 1) + 1
            if end == 0:
                return content, []
            size = end - opening
        strings.append(view[opening:end])
        kept.append(view[start : opening + 1])
        start = end - 1
    kept.append(view[start:])
    return b"".join(kept), strings


def read_data(
    content: bytes, count: int, dtype: str = "float32", place: Place | None = None
) -> tuple[NDArray[Any], int | None]:
    """Return the vectors in the order of the texts, and the tokens billed where they are told.

    Parameters
    ----------
    content : bytes
    count : int
        Texts that were sent.
    dtype : str
    place : callable, optional
        Gives the array to fill.

    Raises
    ------
    BadAnswer
    """
    short, strings = _cut_out(content)
    answer = decode_json(short, _kind())
    if len(strings) != len(answer.data):
        answer = decode_json(content, _kind())
        strings = [item.embedding for item in answer.data]
    indices = [i if item.index is None else item.index for i, item in enumerate(answer.data)]
    ordered = in_order(indices, count)
    rows = decode_rows(strings, dtype, place)
    if not ordered:
        rows[:] = rows[np.argsort(indices)]
    usage = answer.usage
    told = None if usage is None else usage.prompt_tokens or usage.total_tokens
    return rows, None if told is None else int(told)
