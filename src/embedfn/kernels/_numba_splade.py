"""The Numba twin of SpladeHead; all its helpers are here, since Numba's cache sees one file."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from embedfn.kernels._py import Float32s, Int32s, Int64s, check_decoder, check_states

Array = NDArray[Any]


class SpladeHead:
    """As ``_py.SpladeHead``."""

    def __init__(self, weight: Float32s, bias: Float32s, simd: str | None = None) -> None:
        check_decoder(weight, bias)
        self._columns = np.ascontiguousarray(weight.T)
        self._bias = bias

    def rows(
        self, hidden: Float32s, indptr: Int64s, logs: int, n_threads: int
    ) -> tuple[Int64s, Int32s, Float32s]:
        """As ``_py.SpladeHead.rows``."""
        check_states(self._columns.T, hidden, indptr)
        starts = np.zeros(len(indptr), np.int64)
        words, weights = [np.empty(0, np.int32)], [np.empty(0, np.float32)]
        peaks = np.empty(len(self._bias), np.float32)
        for text in range(len(indptr) - 1):
            _peaks(hidden, indptr[text], indptr[text + 1], self._columns, peaks)
            peaks += self._bias
            words.append(np.flatnonzero(peaks > 0).astype(np.int32))
            weights.append(peaks[words[-1]])
            starts[text + 1] = starts[text] + len(words[-1])
        data = np.concatenate(weights)
        for _ in range(logs):
            data = np.log1p(data)
        return starts, np.concatenate(words), data


@njit(cache=True, nogil=True)
def _peaks(hidden: Array, start: int, end: int, columns: Array, peaks: Array) -> None:
    """Write one text's greatest logits, without the bias; -infinity without tokens."""
    block = 256
    sums = np.empty(block, np.float32)
    peaks[:] = -np.inf
    for first in range(0, len(peaks), block):
        size = min(block, len(peaks) - first)
        for token in range(start, end):
            sums[:] = 0
            for k in range(len(columns)):
                factor = hidden[token, k]
                for i in range(size):
                    sums[i] += factor * columns[k, first + i]
            for i in range(size):
                peaks[first + i] = max(peaks[first + i], sums[i])
