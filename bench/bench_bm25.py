"""BM25, text to CSR, against upstream; the matrices are compared before anything is timed."""

from importlib.metadata import version

import numpy as np
import pytest

from bench.bm25_work import check_that_new_is_fresh, fit_and_encode, forget, megabytes
from bench.paired import paired
from embedfn._threads import available_cpus
from embedfn.sparse import BM25EmbeddingFunction
from embedfn.sparse.bm25 import build_standard_analyzer

PEER = f"pymilvus.model {version('pymilvus.model')}"
WORK = "BM25 fit + encode_documents"
SAMPLED = 60  # upstream gets every so many-th passage: it takes some minutes for all


def assert_same_matrix(ours, theirs):
    theirs.eliminate_zeros()
    assert np.array_equal(ours.indptr, theirs.indptr)
    assert np.array_equal(ours.indices, theirs.indices)
    assert ours.data.tobytes() == theirs.data.tobytes()


@pytest.mark.parametrize("amount", ["the same sample", "the whole corpus"])
def bench_default_analyzer(benchmark, passages, upstream_bm25, amount):
    """On a sample nearly every form is new to us, in a corpus few are: both are told."""
    name, texts = passages
    sample = texts[::SAMPLED]
    assert_same_matrix(fit_and_encode(sample), fit_and_encode(sample, function=upstream_bm25))
    check_that_new_is_fresh()
    mine = sample if amount == "the same sample" else texts
    sizes = megabytes(mine), megabytes(sample)
    given = f"a sample of {sizes[0]:.2g} MB"
    if amount == "the whole corpus":
        given = f"{sizes[0]:.1f} MB, the peer on a sample of {sizes[1]:.2g} MB"
    paired(
        benchmark,
        lambda: fit_and_encode(mine),
        lambda: fit_and_encode(sample, function=upstream_bm25),
        work=f"{WORK}, default analyzer, {name}, {given}, 1 thread",
        peer_name=PEER,
        rounds=7,
        amounts=sizes,
        unit="MB",
        before=forget,
    )


def bench_other_texts(benchmark, passages, upstream_bm25):
    """Encoding alone, of texts that were not fitted on: none of them is remembered."""
    name, texts = passages
    seen, new = texts[::2], texts[1::2]
    sample = new[:: SAMPLED // 2]
    ours = BM25EmbeddingFunction(num_workers=1)
    theirs = upstream_bm25(num_workers=1)
    for function in (ours, theirs):
        function.fit(seen[:200])
    assert_same_matrix(ours.encode_documents(sample), theirs.encode_documents(sample))

    def fitted():
        forget()
        nonlocal ours
        ours = BM25EmbeddingFunction(num_workers=1)
        ours.fit(seen)

    sizes = megabytes(new), megabytes(sample)
    paired(
        benchmark,
        lambda: ours.encode_documents(new),
        lambda: theirs.encode_documents(sample),
        work=f"BM25 encode_documents of {sizes[0]:.1f} MB of {name}, fitted on the rest of it, "
        f"the peer on {sizes[1]:.2g} MB, 1 thread",
        peer_name=PEER,
        rounds=3,
        amounts=sizes,
        unit="MB",
        before=fitted,
    )


def bench_own_analyzer(benchmark, passages, upstream_bm25):
    name, texts = passages
    texts = texts[:5000]
    split = {"analyzer": str.split}
    ours, theirs = (
        fit_and_encode(texts, **split),
        fit_and_encode(texts, function=upstream_bm25, **split),
    )
    assert_same_matrix(ours, theirs)
    size = megabytes(texts)
    paired(
        benchmark,
        lambda: fit_and_encode(texts, **split),
        lambda: fit_and_encode(texts, function=upstream_bm25, **split),
        work=f"{WORK}, str.split, {size:.1f} MB of {name}, 1 thread",
        peer_name=PEER,
        rounds=3,
        amounts=(size, size),
        unit="MB",
    )


@pytest.mark.skipif(available_cpus() < 2, reason="one CPU")
def bench_two_threads(benchmark, passages):
    name, texts = passages
    assert_same_matrix(fit_and_encode(texts, 2), fit_and_encode(texts, 1))
    size = megabytes(texts)
    paired(
        benchmark,
        lambda: fit_and_encode(texts, 2),
        lambda: fit_and_encode(texts, 1),
        work=f"{WORK}, default analyzer, {size:.1f} MB of {name}, 2 threads",
        peer_name="embedfn, one thread",
        rounds=25,
        amounts=(size, size),
        unit="MB",
        before=forget,
    )


def bench_standard_analyzer(benchmark, passages):
    name, texts = passages
    size = megabytes(texts)
    paired(
        benchmark,
        lambda: fit_and_encode(texts, analyzer=build_standard_analyzer()),
        lambda: fit_and_encode(texts),
        work=f"{WORK}, standard analyzer, {size:.1f} MB of {name}, 1 thread",
        peer_name="embedfn, default analyzer",
        rounds=25,
        amounts=(size, size),
        unit="MB",
        before=forget,
    )
