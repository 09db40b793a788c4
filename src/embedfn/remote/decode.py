"""Bodies of answers to arrays, without a Python object for a number."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.remote.answers import BadAnswer

_QUOTE = ord('"')


def decode_json(content: bytes, kind: Any) -> Any:
    """Decode a body to a msgspec type.

    Raises
    ------
    BadAnswer
        For what is not JSON or not of that type.
    """
    msgspec = require("msgspec", "remote")
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        message = f"the answer is not what an embedding service sends ({error})"
        raise BadAnswer(message) from None


def in_order(indices: Sequence[int], count: int) -> bool:
    """Say whether the rows come in the order of the texts.

    Raises
    ------
    BadAnswer
        When there are not as many as texts, or an index is missing.
    """
    if len(indices) != count:
        message = f"the answer has {len(indices)} vectors for {count} texts"
        raise BadAnswer(message)
    expected = range(count)
    if all(map(int.__eq__, indices, expected)):
        return True
    if sorted(indices) != list(expected):
        message = "the answer's indices are not those of the texts, each once"
        raise BadAnswer(message)
    return False


# Where the vectors of a request belong, shape (n, dim), for a dim; None where that is no one place.
Place = Callable[[int], NDArray[Any] | None]


def decode_rows(
    raw: Sequence[Any], dtype: str = "float32", place: Place | None = None
) -> NDArray[Any]:
    """Decode vectors to one array.

    Parameters
    ----------
    raw : sequence of buffers of JSON
        Each a string of base64, of little-endian numbers, or a list of numbers.
    dtype : str
        ``"float32"``, ``"int8"`` or ``"uint8"``.
    place : callable, optional
        Gives the array to fill.

    Returns
    -------
    array of shape (n, dim)
        That of ``place``, or a new one.

    Raises
    ------
    BadAnswer
        For what is neither, for lengths that differ, for numbers beyond the type and for what is
        not finite.
    """
    base64 = require("pybase64", "remote").b64decode
    wanted = np.dtype(dtype).newbyteorder("<")
    rows: NDArray[Any] | None = None
    places = memoryview(b"")
    size = 0
    for position, item in enumerate(raw):
        view = memoryview(item)
        try:
            if view[0] == _QUOTE:
                row = base64(view[1:-1], validate=True)
            else:
                row = _listed(item, wanted).tobytes()
            if rows is None:
                dim, size = len(np.frombuffer(row, wanted)), len(row)
                if dim == 0:
                    raise ValueError("it is empty")
                there = None if place is None else place(dim)
                rows = np.empty((len(raw), dim), np.dtype(dtype)) if there is None else there
                # Bytes into bytes: half the time of an array into its row.
                places = rows.data.cast("B")
            if len(row) != size:
                raise ValueError(f"it has {len(row)} bytes, those before have {size}")
            places[position * size : (position + 1) * size] = row
        except ValueError as error:
            message = f"vector {position} of the answer cannot be read ({error})"
            raise BadAnswer(message) from None
    if rows is None:
        return np.empty((0, 0), np.dtype(dtype))
    if not wanted.isnative:
        rows.byteswap(inplace=True)
    if dtype == "float32":
        _check_finite(rows)
    return rows


def _check_finite(rows: NDArray[np.float32]) -> None:
    """Raise for NaN and infinity; a sum of squares finds them without an array of truths."""
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(np.dot(rows.ravel(), rows.ravel())):
            return
    wrong = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(wrong):
        message = f"vector {wrong[0]} of the answer has a value that is not finite"
        raise BadAnswer(message)


def _listed(item: Any, dtype: "np.dtype[Any]") -> NDArray[Any]:
    """A JSON list of numbers; ValueError for anything else, null included."""
    msgspec = require("msgspec", "remote")
    try:
        if dtype.kind != "f":
            whole = np.array(msgspec.json.decode(item, type=list[int]), np.int64)
            bounds = np.iinfo(dtype)
            if len(whole) and not (bounds.min <= whole.min() and whole.max() <= bounds.max):
                message = f"a value is beyond {dtype.name}"
                raise ValueError(message)
            return whole.astype(dtype)
        return np.array(msgspec.json.decode(item, type=list[float]), dtype)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ValueError(str(error)) from None
