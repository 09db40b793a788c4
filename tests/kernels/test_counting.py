"""Document frequencies and counts: by hand, and against collections.Counter."""

from collections import Counter

import numpy as np
import pytest

from embedfn.kernels import _py
from tests.kernels.samples import random_documents


def ids(*values):
    return np.array(values, dtype=np.int32)


def spans(*values):
    return np.array(values, dtype=np.int64)


def test_counts_by_hand(twin):
    term_ids, indptr = ids(2, 0, 2, -1, 1, -1, 2, 2, 2), spans(0, 3, 3, 6, 9)
    starts, indices, tf = twin.count_terms(term_ids, indptr, 1)
    assert (starts.dtype, indices.dtype, tf.dtype) == (np.int64, np.int32, np.int32)
    assert starts.tolist() == [0, 2, 2, 3, 4]
    assert indices.tolist() == [0, 2, 1, 2]
    assert tf.tolist() == [1, 2, 1, 3]
    df = twin.document_frequencies(term_ids, indptr, 4, 1)
    assert df.dtype == np.int64
    assert df.tolist() == [1, 1, 2, 0]


@pytest.mark.parametrize("indptr", [(0,), (0, 0, 0)])
def test_no_terms(twin, indptr):
    starts, indices, tf = twin.count_terms(ids(), spans(*indptr), 2)
    assert starts.tolist() == list(indptr)
    assert (indices.tolist(), tf.tolist()) == ([], [])
    assert twin.document_frequencies(ids(), spans(*indptr), 2, 2).tolist() == [0, 0]
    assert twin.document_frequencies(ids(), spans(*indptr), 0, 2).tolist() == []


@pytest.mark.parametrize(("n_docs", "n_terms"), [(1, 3), (400, 50), (3000, 100_000)])
def test_counts_of_random_documents(twin, n_threads, n_docs, n_terms):
    rng = np.random.default_rng(n_docs)
    term_ids, indptr = random_documents(rng, n_docs, n_terms)
    before = term_ids.copy()
    starts, indices, tf = twin.count_terms(term_ids, indptr, n_threads)
    df = Counter()
    for doc in range(n_docs):
        row = term_ids[indptr[doc] : indptr[doc + 1]]
        expected = Counter(row[row >= 0].tolist())
        entries = slice(starts[doc], starts[doc + 1])
        assert indices[entries].tolist() == sorted(expected)
        assert tf[entries].tolist() == [expected[i] for i in sorted(expected)]
        df.update(expected.keys())
    assert len(indices) == len(tf) == starts[-1]
    counted = twin.document_frequencies(term_ids, indptr, n_terms, n_threads)
    assert counted.tolist() == [df[i] for i in range(n_terms)]
    assert np.array_equal(term_ids, before)


@pytest.mark.parametrize("simd", [None, "baseline"])
@pytest.mark.parametrize("n_terms", [1, 3, 40, 5000, 2**31 - 1])
def test_rows_of_every_length(n_threads, simd, n_terms):
    """The native ones, sorted in registers up to 256 ids where there are such, or not."""
    _lexical = pytest.importorskip("embedfn.kernels._lexical")
    rng = np.random.default_rng(n_terms)
    lengths = np.concatenate([np.arange(300), [0, 1000, 0, 255, 256, 257]])
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    term_ids = rng.integers(-1, n_terms, indptr[-1], dtype=np.int32)
    term_ids[indptr[40] : indptr[41]] = -1
    term_ids[indptr[41] : indptr[43]] = n_terms - 1
    rows = _lexical.count_terms(term_ids, indptr, n_threads, simd)
    for given, wanted in zip(rows, _py.count_terms(term_ids, indptr, 1), strict=True):
        assert given.dtype == wanted.dtype
        assert np.array_equal(given, wanted)
    weighed = _lexical.bm25_document_rows(term_ids, indptr, 9.5, 1.5, 0.75, n_threads, simd)
    for given, wanted in zip(
        weighed, _py.bm25_document_rows(term_ids, indptr, 9.5, 1.5, 0.75, 1), strict=True
    ):
        assert given.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("n", [0, 1, 7, 100_003])
def test_picking(twin, n_threads, n):
    rng = np.random.default_rng(n)
    values = rng.integers(-1, 1 << 30, 997, dtype=np.int32)
    places = rng.integers(0, 997, n, dtype=np.int32)
    picked = twin.pick(values, places, n_threads)
    assert picked.dtype == np.int32
    assert picked.tolist() == [values[place] for place in places.tolist()]
    for beyond in (997, np.iinfo(np.int32).max):
        with pytest.raises(IndexError):
            twin.pick(values, np.append(places, np.int32(beyond)), n_threads)
