"""Inputs for the kernel tests: terms as one buffer, documents as runs of ids."""

from itertools import pairwise

import numpy as np

from embedfn.kernels import Run, Terms


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


def in_runs(rng, term_ids, indptr, n_runs=3):
    """The same documents in runs, the middle ones with codes of their own; some ids stand twice."""
    n_docs = len(indptr) - 1
    bounds = [0, *np.sort(rng.integers(0, n_docs + 1, n_runs - 1)).tolist(), n_docs]
    runs = []
    for number, (first, last) in enumerate(pairwise(bounds)):
        codes = term_ids[indptr[first] : indptr[last]]
        spans, ids = indptr[first : last + 1] - indptr[first], None
        if number % 3:
            ids, codes = np.unique(codes, return_inverse=True)
            if number % 3 == 2 and len(ids):
                again = rng.integers(0, 2, len(codes)) * len(ids)
                ids, codes = np.concatenate([ids, ids]), codes + again
            shuffled = rng.permutation(len(ids)).astype(np.int32)
            codes, ids = shuffled[codes], ids[np.argsort(shuffled)]
        runs.append(Run(codes.astype(np.int32), spans, ids))
    return runs


def in_lists(rng, documents, n_lists=3):
    """Documents, lists of bytes, as `Terms`: spelled out, with codes, with two codes a term."""
    bounds = [
        0,
        *np.sort(rng.integers(0, len(documents) + 1, n_lists - 1)).tolist(),
        len(documents),
    ]
    found = []
    for number, (first, last) in enumerate(pairwise(bounds)):
        some = documents[first:last]
        flat = [term for document in some for term in document]
        indptr = np.zeros(len(some) + 1, dtype=np.int64)
        indptr[1:] = np.cumsum([len(document) for document in some])
        if number % 3 == 0:
            found.append(Terms(*as_buffer(flat), indptr))
            continue
        listed = list(dict.fromkeys(flat))
        places = {term: place for place, term in enumerate(listed)}
        codes = np.array([places[term] for term in flat], dtype=np.int32)
        if number % 3 == 2:
            codes += (rng.integers(0, 2, len(codes)) * len(listed)).astype(np.int32)
            listed += listed
        found.append(Terms(*as_buffer(listed), indptr, codes))
    return found
