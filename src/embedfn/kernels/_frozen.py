"""How the terms of a saved vocabulary are laid out, so that a file of them is a table as it lies.

A term's hash is a number of 32 bits. Its home among the slots is ``hash * n_buckets >> 32``. The
slots, each ``hash << 32 | id + 1`` or 0 where it is empty, stand in ascending order, each at its
home or, where that is taken, after the slot before it; the last one is empty. So a look-up starts
at the home and ends at the first slot that is empty or has a greater hash.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# Of tables that are taken: how far a slot may be from its home, and how many may have one hash. At
# two slots in three taken, no seed in any number worth naming gives a table beyond them.
MAX_DISTANCE = 1024
MAX_ALIKE = 16

_MASK = (1 << 64) - 1
_ODD_1, _ODD_2 = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93


def term_hashes(
    buffer: NDArray[np.uint8], offsets: NDArray[np.int64], seed: int, n_threads: int
) -> NDArray[np.uint32]:
    """Return each term's hash."""
    text = buffer.tobytes()
    spans = pairwise(offsets.tolist())
    return np.array([_hash(text[i:j], seed) for i, j in spans], dtype=np.uint32)


def n_buckets(n_terms: int) -> int:
    """Return the number of homes."""
    return n_terms + n_terms // 2 + 1


def place_slots(hashes: NDArray[np.uint32]) -> NDArray[np.uint64] | None:
    """Return the slots of terms by their hashes in id order; None where too many come together."""
    n_terms = len(hashes)
    slots = hashes.astype(np.uint64) << np.uint64(32)
    slots += np.arange(1, n_terms + 1, dtype=np.uint64)
    slots.sort()
    hashed = slots >> np.uint64(32)
    homes = (hashed * np.uint64(n_buckets(n_terms)) >> np.uint64(32)).astype(np.int64)
    ranks = np.arange(n_terms)
    places = ranks + np.maximum.accumulate(homes - ranks)
    alike = bool((hashed[MAX_ALIKE:] == hashed[:-MAX_ALIKE]).any())
    if alike or (places - homes).max(initial=0) > MAX_DISTANCE:
        return None
    table = np.zeros(max(n_buckets(n_terms), int(places.max(initial=-1)) + 1) + 1, dtype=np.uint64)
    table[places] = slots
    return table


def check_terms(
    buffer: NDArray[np.uint8], offsets: NDArray[np.int64], slots: NDArray[np.uint64]
) -> None:
    """Raise ValueError unless the offsets cut the buffer into terms, each of them UTF-8."""
    if not 0 < len(offsets) <= 1 << 31 or not len(slots):
        message = f"no vocabulary has {len(offsets)} offsets and {len(slots)} slots"
        raise ValueError(message)
    in_order = (offsets[:-1] <= offsets[1:]).all()
    if not in_order or offsets[0] != 0 or offsets[-1] != len(buffer):
        message = "the offsets of its terms are not in order"
        raise ValueError(message)
    text = buffer.tobytes()
    try:
        for start, end in pairwise(offsets.tolist()):
            text[start:end].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        message = "a term is not UTF-8"
        raise ValueError(message) from None


def check_slots(slots: NDArray[np.uint64], hashes: NDArray[np.uint32], n_distinct: int) -> None:
    """Raise ValueError unless the slots are those of the terms, and these all distinct."""
    wanted = place_slots(hashes)
    if wanted is None or not np.array_equal(slots, wanted):
        message = "its table of terms is not that of its terms"
        raise ValueError(message)
    if n_distinct != len(hashes):
        message = "a term stands twice among its terms"
        raise ValueError(message)


def _hash(term: bytes, seed: int) -> int:
    """Hash as csrc/hash.hpp: 8 bytes a step, the last 8 whole whatever came before."""
    size = len(term)
    state = _folded(seed ^ (size * _ODD_2 & _MASK) ^ _word(term, 0), _ODD_1)
    if size > 8:
        for at in [*range(8, size - 8, 8), size - 8]:
            state = _folded(state ^ _word(term, at), _ODD_1)
    return _folded(state, _ODD_2) >> 32


def _word(term: bytes, at: int) -> int:
    """The 8 bytes at a place, or those that are there, as a number."""
    return int.from_bytes(term[at : at + 8], "little")


def _folded(a: int, b: int) -> int:
    """The halves of a product of 128 bits, one upon the other."""
    product = a * b
    return (product ^ product >> 64) & _MASK
