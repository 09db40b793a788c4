"""BM25, text to CSR, against upstream; the matrices are compared before anything is timed."""

from importlib.metadata import version

import numpy as np
import pytest

from bench.paired import paired
from embedfn.sparse import BM25EmbeddingFunction

PEER = f"pymilvus.model {version('pymilvus.model')}"


def fit_and_encode(function, texts, **arguments):
    return function(corpus=texts, num_workers=1, **arguments).encode_documents(texts)


@pytest.mark.parametrize("analyzer", ["default analyzer", "str.split"])
def bench_fit_and_encode(benchmark, passages, upstream_bm25, analyzer):
    name, texts = passages
    arguments = {} if analyzer == "default analyzer" else {"analyzer": str.split}
    texts = texts[: 500 if analyzer == "default analyzer" else 5000]
    ours, theirs = (
        fit_and_encode(function, texts, **arguments)
        for function in (BM25EmbeddingFunction, upstream_bm25)
    )
    theirs.eliminate_zeros()
    assert np.array_equal(ours.indices, theirs.indices)
    assert ours.data.tobytes() == theirs.data.tobytes()
    size = sum(map(len, texts)) / 1e6
    paired(
        benchmark,
        lambda: fit_and_encode(BM25EmbeddingFunction, texts, **arguments),
        lambda: fit_and_encode(upstream_bm25, texts, **arguments),
        work=f"BM25 fit + encode_documents, {analyzer}, {size:.1f} MB of {name}, 1 thread",
        peer_name=PEER,
        rounds=3,
    )
