"""The checksum of a saved section: XXH64 of each 16 KiB, and XXH64 of those hashes.

Source of XXH64: Yann Collet's specification of xxHash (github.com/Cyan4973/xxHash,
``doc/xxhash_spec.md``), with the seed 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE = 1 << 14
_STRIPE = 32
_MASK = (1 << 64) - 1
_PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)
_P1, _P2, _P3, _P4, _P5 = _PRIMES
_LANES = ((_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK)


def digest(data: NDArray[np.uint8], n_threads: int) -> int:
    """Return the checksum of the bytes, 0 to 2**64 - 1."""
    whole = len(data) // PIECE
    hashes = _hash_pieces(data[: whole * PIECE].reshape(whole, PIECE)).astype("<u8").tobytes()
    rest = data[whole * PIECE :].tobytes()
    return xxh64(hashes + xxh64(rest).to_bytes(8, "little") if rest else hashes)


def xxh64(data: bytes) -> int:
    """Return the XXH64 of the bytes."""
    stripes = len(data) // _STRIPE
    words = [int.from_bytes(data[i : i + 8], "little") for i in range(0, len(data) & ~7, 8)]
    state = _P5
    if stripes:
        lanes = list(_LANES)
        for i in range(4 * stripes):
            lanes[i % 4] = _round(lanes[i % 4], words[i])
        state = sum(_rotated(lane, by) for lane, by in zip(lanes, (1, 7, 12, 18), strict=True))
        for lane in lanes:
            state = ((state ^ _round(0, lane)) * _P1 + _P4) & _MASK
    state += len(data)
    for word in words[4 * stripes :]:
        state = _rotated(state ^ _round(0, word), 27) * _P1 + _P4
    rest = data[8 * len(words) :]
    if len(rest) >= 4:
        half = int.from_bytes(rest[:4], "little")
        state = _rotated(state ^ (half * _P1 & _MASK), 23) * _P2 + _P3
        rest = rest[4:]
    for byte in rest:
        state = _rotated(state ^ (byte * _P5 & _MASK), 11) * _P1
    return _finished(state & _MASK)


def _rotated(word: int, by: int) -> int:
    """Rotate the low 64 bits to the left."""
    word &= _MASK
    return (word << by | word >> (64 - by)) & _MASK


def _round(lane: int, word: int) -> int:
    """Take one word into a lane."""
    return _rotated(lane + word * _P2, 31) * _P1 & _MASK


def _finished(state: int) -> int:
    """Spread what the last bytes did over all bits."""
    state = (state ^ state >> 33) * _P2 & _MASK
    state = (state ^ state >> 29) * _P3 & _MASK
    return state ^ state >> 32


def _hash_pieces(pieces: NDArray[np.uint8]) -> Any:
    """XXH64 of each row of whole stripes, all rows side by side."""
    p1, p2, p3, p4, _ = (np.uint64(prime) for prime in _PRIMES)
    words = pieces.view("<u8").reshape(len(pieces), PIECE // _STRIPE, 4)

    def rotated(array: Any, by: int) -> Any:
        return array << np.uint64(by) | array >> np.uint64(64 - by)

    lanes = np.tile(np.array(_LANES, dtype=np.uint64), (len(pieces), 1))
    for stripe in range(words.shape[1]):
        lanes = rotated(lanes + words[:, stripe] * p2, 31) * p1
    state = rotated(lanes[:, 0], 1) + rotated(lanes[:, 1], 7)
    state = state + rotated(lanes[:, 2], 12) + rotated(lanes[:, 3], 18)
    for i in range(4):
        state = (state ^ rotated(lanes[:, i] * p2, 31) * p1) * p1 + p4
    state = state + np.uint64(PIECE)
    state = (state ^ state >> np.uint64(33)) * p2
    state = (state ^ state >> np.uint64(29)) * p3
    return state ^ state >> np.uint64(32)
