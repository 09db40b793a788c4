"""BM25 queries, text to CSR, against upstream with the same model; bits are compared first."""

from importlib.metadata import version
from itertools import cycle

import pytest

from bench.bench_bm25 import assert_same_matrix
from bench.bm25_work import one_line_queries
from bench.paired import paired
from embedfn.sparse import BM25EmbeddingFunction

PEER = f"pymilvus.model {version('pymilvus.model')}"
COUNT, SAMPLED = 100_000, 50


@pytest.fixture(scope="module")
def models(passages, upstream_bm25, tmp_path_factory):
    """Ours, fitted on all passages; upstream's, which would take minutes, loads what ours saved."""
    ours, theirs = BM25EmbeddingFunction(corpus=passages[1], num_workers=1), upstream_bm25()
    path = tmp_path_factory.mktemp("bm25") / "model.json"
    ours.save(path)
    theirs.load(path)
    return ours, theirs


@pytest.fixture(scope="module")
def queries(passages):
    return one_line_queries(passages[1], COUNT)


def bench_many_queries(benchmark, passages, models, queries):
    ours, theirs = models
    sample = queries[::SAMPLED]
    assert_same_matrix(ours.encode_queries(queries)[::SAMPLED], theirs.encode_queries(sample))
    paired(
        benchmark,
        lambda: ours.encode_queries(queries),
        lambda: theirs.encode_queries(sample),
        work=f"BM25 encode_queries, {COUNT:,} lines of 2 to 10 words of {passages[0]}, 1 thread; "
        f"the peer on {len(sample):,} of them",
        peer_name=PEER,
        rounds=3,
        amounts=(len(queries), len(sample)),
        unit="queries",
    )


def bench_one_query(benchmark, passages, models, queries):
    ours, theirs = models
    mine, other = cycle(queries), cycle(queries)
    assert_same_matrix(ours.encode_queries(queries[:1]), theirs.encode_queries(queries[:1]))
    paired(
        benchmark,
        lambda: ours.encode_queries([next(mine)]),
        lambda: theirs.encode_queries([next(other)]),
        work=f"BM25 encode_queries, one line of 2 to 10 words of {passages[0]}, text to CSR",
        peer_name=PEER,
        rounds=500,
    )
