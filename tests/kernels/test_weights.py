"""BM25 weights and idf: hand-made numbers, upstream's own arithmetic, and twin against twin."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from embedfn.kernels import _py
from tests.kernels.samples import in_runs, random_documents


def test_document_weights_by_hand(twin):
    # One document of two terms where the average is four: norm = 1.5 (1 - 0.75 + 0.75 / 2) = 0.9375
    indptr, tf = np.array([0, 2, 2]), np.array([1, 3], dtype=np.int32)
    weights = twin.bm25_document_weights(indptr, tf, np.array([2, 6]), 4.0, 1.5, 0.75, 1)
    assert weights.dtype == np.float32
    exact = [Fraction(5, 2) / (1 + Fraction(15, 16)), 3 * Fraction(5, 2) / (3 + Fraction(15, 16))]
    assert weights.tolist() == [np.float32(float(value)) for value in exact]


def test_idf_by_hand(twin):
    # df 3 of 4: log(1.5 / 3.5) < 0 is replaced by epsilon times the average of the raw values.
    raw = [
        math.log(3.5) - math.log(1.5),
        math.log(1.5) - math.log(3.5),
        math.log(2.5) - math.log(2.5),
    ]
    average = (raw[0] + raw[1] + raw[2]) / 3
    idf, got = twin.okapi_idf(np.array([1, 3, 2]), 4, 0.25)
    assert idf.dtype == np.float64
    assert idf.tolist() == [raw[0], 0.25 * average, 0.0]
    assert got == average


def test_idf_of_an_empty_vocabulary(twin):
    idf, average = twin.okapi_idf(np.array([], dtype=np.int64), 3, 0.25)
    assert idf.tolist() == []
    assert average == 0.0


def test_lucene_idf_by_hand(twin):
    idf = twin.lucene_idf(np.array([1, 3, 4]), 4)
    assert idf.dtype == np.float64
    assert idf.tolist() == [math.log(1 + n / m) for n, m in [(3.5, 1.5), (1.5, 3.5), (0.5, 4.5)]]
    assert twin.lucene_idf(np.array([], dtype=np.int64), 4).tolist() == []


@pytest.mark.parametrize("n_docs", [1, 2, 7, 1000, 8_841_823, 2**31, 10**15])
def test_lucene_idf_against_exact_arithmetic(twin, n_docs):
    rng = np.random.default_rng(n_docs % 1000)
    df = np.unique([1, n_docs, *(rng.random(2000) * n_docs).astype(np.int64) + 1]).clip(1, n_docs)
    idf = twin.lucene_idf(df, n_docs)
    assert idf.tobytes() == _py.lucene_idf(df, n_docs).tobytes()
    assert (idf > 0).all()
    assert (np.diff(idf) <= 0).all()
    # The logarithm's argument is (N + 1) / (df + 1/2), exactly.
    with localcontext(prec=40):
        wanted = [float((Decimal(2 * n_docs + 2) / Decimal(2 * n + 1)).ln()) for n in df.tolist()]
    assert idf.tolist() == pytest.approx(wanted, rel=1e-14, abs=3e-16)


def test_query_weights_add_up_repeats(twin):
    indices, tf = np.array([2, 0], dtype=np.int32), np.array([1, 5], dtype=np.int32)
    idf = np.array([0.1, 9.0, -0.7])
    weights = twin.bm25_query_weights(indices, tf, idf)
    # 0.1 added five times is not 0.5 in float64; upstream's matrix adds.
    assert weights.tolist() == [np.float32(-0.7), np.float32(0.1 + 0.1 + 0.1 + 0.1 + 0.1)]


def test_rows_of_empty_documents_need_no_average(twin):
    empty = np.array([], dtype=np.int32)
    weights = twin.bm25_document_weights(np.array([0, 0]), empty, np.array([0]), 0.0, 1.5, 0.75, 1)
    assert weights.tolist() == []


@pytest.mark.parametrize(("k1", "b"), [(1.5, 0.75), (0.9, 0.4), (0.0, 0.0), (2.0, 1.0)])
def test_every_twin_gives_the_bits_of_the_reference(twin, n_threads, k1, b):
    rng = np.random.default_rng(11)
    term_ids, indptr = random_documents(rng, 3000, 5000)
    runs = in_runs(rng, term_ids, indptr)
    starts, indices, tf = _py.count_terms(runs, 5000, 1)
    doc_len = np.diff(indptr)
    df = np.bincount(indices, minlength=5000)
    idf, average = twin.okapi_idf(df, 3000, 0.25)
    wanted_idf, wanted_average = _py.okapi_idf(df, 3000, 0.25)
    assert idf.tobytes() == wanted_idf.tobytes()
    assert average == wanted_average
    arguments = (starts, tf, doc_len, float(doc_len.mean()), k1, b)
    assert twin.lucene_idf(df, 3000).tobytes() == _py.lucene_idf(df, 3000).tobytes()
    weights = twin.bm25_document_weights(*arguments, n_threads)
    assert weights.tobytes() == _py.bm25_document_weights(*arguments, 1).tobytes()
    rows = twin.bm25_document_rows(runs, 5000, float(doc_len.mean()), k1, b, n_threads)
    assert [array.tobytes() for array in rows] == [
        array.tobytes() for array in (starts, indices, weights)
    ]
    wanted = _py.bm25_query_weights(indices, tf, idf)
    assert twin.bm25_query_weights(indices, tf, idf).tobytes() == wanted.tobytes()
