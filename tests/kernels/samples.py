"""Inputs for the kernel tests: terms as one buffer, documents as runs of ids."""

from itertools import pairwise

import numpy as np


def as_buffer(terms):
    """(buffer, offsets) of a list of bytes."""
    offsets = np.zeros(len(terms) + 1, dtype=np.int64)
    offsets[1:] = np.cumsum([len(term) for term in terms], dtype=np.int64)
    return np.frombuffer(b"".join(terms), dtype=np.uint8), offsets


def as_terms(buffer, offsets):
    """The list of bytes behind (buffer, offsets)."""
    text = buffer.tobytes()
    return [text[i:j] for i, j in pairwise(offsets.tolist())]


def zipf_terms(rng, n_tokens, n_distinct):
    """Terms of many lengths, few of them common; some share long prefixes."""
    words = [b"", b"\x00", b"a\x00b"]
    for i in range(n_distinct):
        length = int(rng.integers(1, 40)) if i % 10 else int(rng.integers(100, 300))
        words.append(b"shared-prefix-" * (i % 3) + rng.bytes(length))
    ranks = np.minimum(rng.zipf(1.3, n_tokens) - 1, len(words) - 1)
    return [words[rank] for rank in ranks]


def random_documents(rng, n_docs, n_terms, longest=60):
    """(term_ids, indptr) with unknown terms, empty documents and one long one."""
    lengths = rng.integers(0, longest, n_docs)
    lengths[rng.random(n_docs) < 0.2] = 0
    if n_docs:
        lengths[n_docs // 2] = 50 * longest
    indptr = np.zeros(n_docs + 1, dtype=np.int64)
    indptr[1:] = np.cumsum(lengths)
    ids = np.minimum(rng.zipf(1.2, int(indptr[-1])) - 1, n_terms) - 1
    return ids.astype(np.int32), indptr
