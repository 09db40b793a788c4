"""Counts of documents' terms: by hand, and against collections.Counter."""

from collections import Counter

import numpy as np
import pytest

from embedfn.kernels import Run, _py
from tests.kernels.samples import in_runs, random_documents


def ids(*values):
    return np.array(values, dtype=np.int32)


def spans(*values):
    return np.array(values, dtype=np.int64)


def test_counts_by_hand(twin):
    term_ids, indptr = ids(2, 0, 2, -1, 1, -1, 2, 2, 2), spans(0, 3, 3, 6, 9)
    run = Run(term_ids, indptr)
    starts, indices, tf = twin.count_terms([run], 4, 1)
    assert (starts.dtype, indices.dtype, tf.dtype) == (np.int64, np.int32, np.int32)
    assert starts.tolist() == [0, 2, 2, 3, 4]
    assert indices.tolist() == [0, 2, 1, 2]
    assert tf.tolist() == [1, 2, 1, 3]


@pytest.mark.parametrize("indptr", [(0,), (0, 0, 0)])
def test_no_terms(twin, indptr):
    run = Run(ids(), spans(*indptr))
    starts, indices, tf = twin.count_terms([run], 2, 2)
    assert starts.tolist() == list(indptr)
    assert (indices.tolist(), tf.tolist()) == ([], [])
    assert twin.count_terms([], 2, 2)[0].tolist() == [0]


@pytest.mark.parametrize(("n_docs", "n_terms"), [(1, 3), (400, 50), (3000, 100_000)])
def test_counts_of_random_documents(twin, n_threads, n_docs, n_terms):
    rng = np.random.default_rng(n_docs)
    term_ids, indptr = random_documents(rng, n_docs, n_terms)
    before = term_ids.copy()
    run = Run(term_ids, indptr)
    starts, indices, tf = twin.count_terms([run], n_terms, n_threads)
    for doc in range(n_docs):
        row = term_ids[indptr[doc] : indptr[doc + 1]]
        expected = Counter(row[row >= 0].tolist())
        entries = slice(starts[doc], starts[doc + 1])
        assert indices[entries].tolist() == sorted(expected)
        assert tf[entries].tolist() == [expected[i] for i in sorted(expected)]
    assert len(indices) == len(tf) == starts[-1]
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
    runs = in_runs(rng, term_ids, indptr)
    rows = _lexical.count_terms(runs, n_terms, n_threads, simd)
    for given, wanted in zip(rows, _py.count_terms(runs, n_terms, 1), strict=True):
        assert given.dtype == wanted.dtype
        assert np.array_equal(given, wanted)
    bm25 = (9.5, 1.5, 0.75)
    weighed = _lexical.bm25_document_rows(runs, n_terms, *bm25, n_threads, simd)
    wanted_rows = _py.bm25_document_rows(runs, n_terms, *bm25, 1)
    for given, wanted in zip(weighed, wanted_rows, strict=True):
        assert given.tobytes() == wanted.tobytes()


def test_runs_with_codes_by_hand(twin):
    runs = [
        Run(ids(1, 0, 1), spans(0, 2, 3), ids(3, -1)),
        Run(ids(), spans(0, 0)),
        Run(ids(0, 1, 2), spans(0, 3), ids(3, 1, 3)),  # two codes of one term
        Run(ids(3, -1), spans(0, 2)),
    ]
    starts, indices, tf = twin.count_terms(runs, 5, 1)
    assert starts.tolist() == [0, 1, 1, 1, 3, 4]
    assert indices.tolist() == [3, 1, 3, 3]
    assert tf.tolist() == [1, 1, 2, 1]


@pytest.mark.parametrize("n_docs", [0, 1, 70, 70_000])
def test_documents_in_runs_count_as_in_one(twin, n_threads, n_docs):
    rng = np.random.default_rng(n_docs)
    term_ids, indptr = random_documents(rng, n_docs, 3000, longest=10)
    runs, whole = in_runs(rng, term_ids, indptr, 7), [Run(term_ids, indptr)]
    rows, wanted_rows = twin.count_terms(runs, 3000, n_threads), twin.count_terms(whole, 3000, 1)
    for given, wanted in zip(rows, wanted_rows, strict=True):
        assert np.array_equal(given, wanted)


def test_numbers_beyond_are_an_error(twin, n_threads):
    many = np.arange(100_000, dtype=np.int32)
    for run in (
        Run(many, spans(0, 50_000, 100_000), many[:-1]),
        Run(many, spans(0, 50_000, 100_000)),
        Run(many[:1000] - 2, spans(0, 1000)),
        Run(many[:1000] - 1, spans(0, 1000), many),
        Run(many[:1000], spans(0, 1000), many),
        Run(ids(np.iinfo(np.int32).max), spans(0, 1), many[:10]),
    ):
        with pytest.raises(IndexError):
            twin.count_terms([Run(many, spans(0, 100_000), many % 10), run], 99_999, n_threads)
