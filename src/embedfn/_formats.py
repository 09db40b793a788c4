"""In which numbers vectors leave: floats of several widths, scaled bytes, bits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require

FLOATS = ("float32", "float16", "bfloat16")
BYTES = ("int8", "uint8")
BITS = ("binary", "ubinary")
OUTPUTS = ("list", "array")
_ROWS = 4096  # converted at a time, so that temporary arrays stay small


@dataclass(frozen=True)
class Format:
    """One way to hand vectors out; made by :func:`checked_format`.

    Attributes
    ----------
    output_dtype : str
        Of ``FLOATS``, ``BYTES`` and ``BITS``.
    ranges : float32 array of shape (2, dim), or None
        Each component's smallest and greatest value, for ``BYTES``.
    """

    output_dtype: str = "float32"
    ranges: NDArray[np.float32] | None = None

    def convert(self, vectors: NDArray[np.float32]) -> NDArray[Any]:
        """Convert float32 vectors of shape (n, dim); the same array where nothing changes.

        Raises
        ------
        ValueError
            For a value beyond what float16 holds.
        """
        if self.output_dtype == "float32":
            return vectors
        width = vectors.shape[1]
        if self.output_dtype in BITS:
            width = (width + 7) // 8
        result = np.empty((len(vectors), width), _numpy_dtype(self.output_dtype))
        for start in range(0, len(vectors), _ROWS):
            result[start : start + _ROWS] = self._block(vectors[start : start + _ROWS])
        return result

    def _block(self, vectors: NDArray[np.float32]) -> NDArray[Any]:
        """Some rows in this format."""
        if self.output_dtype == "float16":
            return _half(vectors)
        if self.output_dtype == "bfloat16":
            return vectors.astype(_numpy_dtype("bfloat16"))
        if self.output_dtype in BITS:
            bits = np.packbits(vectors > 0, axis=1)
            return bits if self.output_dtype == "ubinary" else _signed(bits)
        assert self.ranges is not None  # checked_format saw to it
        levels = _levels(vectors, self.ranges)
        return levels if self.output_dtype == "uint8" else _signed(levels)


def checked_format(output_dtype: object, ranges: object, dim: int) -> Format:
    """Return the format for a caller's wish.

    Parameters
    ----------
    output_dtype : str
    ranges : array of shape (2, dim), or None
    dim : int

    Raises
    ------
    TypeError
        For ranges without a use.
    ValueError
        For a name that is none, for missing ranges, and for ranges of another shape or that are
        not finite and in order.
    ImportError
        For bfloat16 without ml_dtypes.
    """
    names = (*FLOATS, *BYTES, *BITS)
    if output_dtype not in names:
        message = f"output_dtype must be one of {', '.join(names)}; got {output_dtype!r}"
        raise ValueError(message)
    name = str(output_dtype)
    if name not in BYTES:
        if ranges is not None:
            message = f"ranges belong to output_dtype int8 and uint8; {name} has no use for them"
            raise TypeError(message)
        _numpy_dtype(name)
        return Format(name)
    if ranges is None:
        message = (
            f"output_dtype={name!r} needs ranges, each component's smallest and greatest value: "
            "calibrate() finds them on a sample of your texts"
        )
        raise ValueError(message)
    values = np.array(ranges, np.float32)
    if values.shape != (2, dim):
        message = f"ranges must have the shape (2, {dim}), not {values.shape}"
        raise ValueError(message)
    if not (np.isfinite(values).all() and (values[0] <= values[1]).all()):
        message = "ranges must be finite, and no component's smallest value above its greatest"
        raise ValueError(message)
    return Format(name, values)


def checked_output(output: object) -> bool:
    """Say whether one array is asked for, not a list of its rows.

    Raises
    ------
    ValueError
        For any other word.
    """
    if output not in OUTPUTS:
        message = f"output must be 'list' or 'array', not {output!r}"
        raise ValueError(message)
    return output == "array"


def _levels(vectors: NDArray[np.float32], ranges: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Which of 256 equal steps between a component's bounds; float32 as Sentence Transformers."""
    low, high = ranges
    step = (high - low) / np.float32(255)
    step[step == 0] = 1
    levels: NDArray[np.float32] = vectors - low
    levels /= step
    np.floor(levels, out=levels)
    np.clip(levels, 0, 255, out=levels)
    return levels.astype(np.uint8)


def _signed(values: NDArray[np.uint8]) -> NDArray[np.int8]:
    """0 to 255 as -128 to 127."""
    return (values ^ np.uint8(128)).view(np.int8)


def _half(vectors: NDArray[np.float32]) -> NDArray[np.float16]:
    """Rounded to float16."""
    with np.errstate(over="ignore"):
        half = vectors.astype(np.float16)
    if np.isinf(half).any():
        message = (
            f"a vector has the value {np.abs(vectors).max():g}, beyond float16, which ends at "
            "65504; take bfloat16 or normalised vectors"
        )
        raise ValueError(message)
    return half


def _numpy_dtype(name: str) -> Any:
    """NumPy's type for a format; bfloat16 comes from ml_dtypes, as pymilvus wants it."""
    if name == "bfloat16":
        return np.dtype(require("ml_dtypes", "bf16").bfloat16)
    return np.dtype({"binary": "int8", "ubinary": "uint8"}.get(name, name))
