"""OpenAI's form of vectors, ``{"data": [{"index", "embedding"}], "usage"}``, which many speak."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.remote.decode import Place, decode_json, decode_rows, in_order


@cache
def _kind() -> Any:
    """The body's type; numbers stay in their JSON until they go into an array."""
    msgspec = require("msgspec", "remote")
    item: Any = msgspec.defstruct("Item", [("embedding", msgspec.Raw), ("index", int | None, None)])
    tokens = (int | float | None, None)
    usage = msgspec.defstruct("Usage", [("prompt_tokens", *tokens), ("total_tokens", *tokens)])
    return msgspec.defstruct("Answer", [("data", list[item]), ("usage", usage | None, None)])


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
    answer = decode_json(content, _kind())
    indices = [i if item.index is None else item.index for i, item in enumerate(answer.data)]
    ordered = in_order(indices, count)
    rows = decode_rows([item.embedding for item in answer.data], dtype, place)
    if not ordered:
        rows[:] = rows[np.argsort(indices)]
    usage = answer.usage
    told = None if usage is None else usage.prompt_tokens or usage.total_tokens
    return rows, None if told is None else int(told)
