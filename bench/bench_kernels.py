"""Native kernels against their Python twin: counting and weights, terms in one UTF-8 buffer."""

import re

import numpy as np
import pytest

from bench.paired import paired
from embedfn._threads import available_cpus
from embedfn.kernels import _lexical, _numba, _py
from embedfn.lexical.terms import encode_terms


@pytest.fixture(scope="module")
def terms(passages):
    """Lower-cased runs of word characters: the kernels do not care how terms were found."""
    _, texts = passages
    return encode_terms([re.findall(r"\w+", text.lower()) for text in texts])


def count_and_weigh(twin, terms, n_threads):
    """Fit, then document and query weights: every kernel once."""
    vocabulary = twin.Vocabulary()
    df = twin.learn(vocabulary, [terms], n_threads)
    idf, _ = twin.okapi_idf(df, len(terms.indptr) - 1, 0.25)
    run = terms.run(vocabulary.find, n_threads)
    indptr, indices, tf = twin.count_terms([run], len(vocabulary), n_threads)
    doc_len = np.diff(terms.indptr)
    documents = twin.bm25_document_weights(
        indptr, tf, doc_len, float(doc_len.mean()), 1.5, 0.75, n_threads
    )
    return df, idf, indptr, indices, documents, twin.bm25_query_weights(indices, tf, idf)


@pytest.mark.parametrize("n_threads", [1, available_cpus()])
def bench_native(benchmark, passages, terms, n_threads):
    ours, peer = count_and_weigh(_lexical, terms, n_threads), count_and_weigh(_py, terms, 1)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(ours, peer, strict=True))
    paired(
        benchmark,
        lambda: count_and_weigh(_lexical, terms, n_threads),
        lambda: count_and_weigh(_py, terms, 1),
        work=f"count, weigh {len(terms.offsets) - 1:,} terms of {passages[0]}, {n_threads} threads",
        peer_name="our Python twin",
    )


def bench_numba(benchmark, passages, terms):
    ours, peer = count_and_weigh(_numba, terms, 1), count_and_weigh(_py, terms, 1)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(ours, peer, strict=True))
    paired(
        benchmark,
        lambda: count_and_weigh(_numba, terms, 1),
        lambda: count_and_weigh(_py, terms, 1),
        work=f"the same, Numba twin, {passages[0]}",
        peer_name="our Python twin",
        rounds=3,
    )
