"""partial_fit and merge: as one fit on the same documents, bit for bit, or not at all."""

import os
import random
import subprocess
import sys
import tracemalloc
from functools import reduce
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.models import STRANGERS, analyzer, assert_same_model, fitted_on, merged
from tests.sparse.test_bm25 import assert_same_bits, random_corpus, split_at_bars


def check_split(seed):
    """A corpus cut at random places, learnt part by part: as one fit, whatever the grouping."""
    rng = random.Random(seed)
    corpus = random_corpus(seed, rng.randint(1, 60))
    cuts = sorted(rng.choices(range(len(corpus) + 1), k=rng.randint(1, 6)))
    parts = [corpus[i:j] for i, j in pairwise([0, *cuts, len(corpus)])]
    parameters = {"idf": "lucene"} if seed % 4 == 0 else {"epsilon": 0.1 * (seed % 4)}
    one = BM25EmbeddingFunction(analyzer, corpus, **parameters)

    added = BM25EmbeddingFunction(analyzer, **parameters)
    for part in parts:
        if part or added.corpus_size:
            added.partial_fit(iter(part) if seed % 2 else part)
    assert_same_model(added, one)

    shards = [fitted_on(part, **parameters) for part in parts]
    assert_same_model(reduce(merged, shards), one)  # ((a + b) + c) + d
    assert_same_model(reduce(lambda b, a: merged(a, b), reversed(shards)), one)  # a + (b + (c + d))
    while len(shards) > 1:
        i = rng.randrange(len(shards) - 1)
        shards[i : i + 2] = [merged(*shards[i : i + 2])]
    assert_same_model(shards[0], one)


@pytest.mark.parametrize("seed", range(100))
def test_any_split_equals_one_fit(seed):
    check_split(seed)


@pytest.mark.parametrize("kernels", ["python", "numba"])
def test_any_split_equals_one_fit_on_the_other_kernels(kernels):
    code = (
        "import embedfn.kernels; from tests.sparse.test_partial_fit import check_split; "
        "[check_split(seed) for seed in range(6)]; print(embedfn.kernels.implementation)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"EMBEDFN_KERNELS": kernels},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == kernels, done.stderr


@pytest.mark.parametrize("seed", [0, 1])
def test_parts_equal_upstream_on_all_of_it(upstream_bm25, seed):
    corpus = random_corpus(seed, 300)
    theirs = upstream_bm25(split_at_bars, corpus, epsilon=0.3)
    added = BM25EmbeddingFunction(split_at_bars, corpus[:70], epsilon=0.3)
    added.partial_fit(text for text in corpus[70:200])
    added.partial_fit(corpus[200:])
    both = BM25EmbeddingFunction(split_at_bars, corpus[:150], epsilon=0.3)
    both.merge(BM25EmbeddingFunction(split_at_bars, corpus[150:], epsilon=0.3))
    for ours in (added, both):
        assert ours.idf == theirs.idf
        assert list(ours.idf) == list(theirs.idf)
        for texts in (corpus, STRANGERS):
            assert_same_bits(ours.encode_documents(texts), theirs.encode_documents(texts))
            assert_same_bits(ours.encode_queries(texts), theirs.encode_queries(texts))


def test_default_analyzer_in_parts():
    texts = ["Dogs chase balls.", "The cat sat on the mat.", "A dog sat; cats purr."]
    ef = BM25EmbeddingFunction(corpus=texts[:1])
    ef.partial_fit(texts[1:])
    assert_same_model(ef, BM25EmbeddingFunction(corpus=texts), [*texts, "cats and dogs", ""])


def test_a_long_stream_takes_no_more_memory_than_a_short_one():
    def stream(n):
        for i in range(n):
            yield f"number {i % 5_000} of many {i % 97} in a text of ten words"

    def peak(n):
        ef = BM25EmbeddingFunction(str.split, num_workers=1)
        tracemalloc.start()
        try:
            ef.partial_fit(stream(n))
            return ef.corpus_size, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    (_, short), (size, long) = peak(10_000), peak(200_000)
    assert size == 200_000
    assert long < 1.2 * short + 100_000
    assert long < 200_000 * 40  # the texts alone take 90 bytes each


def test_partial_fit_on_nothing():
    ef = BM25EmbeddingFunction(analyzer)
    with pytest.raises(ValueError, match="corpus is empty"):
        ef.partial_fit(iter([]))
    ef.partial_fit(["a"])
    before = ef.idf
    ef.partial_fit([])
    assert (ef.idf, ef.corpus_size) == (before, 1)


TEXTS = [f"word{i}|w{i % 7}" for i in range(5_000)]


@pytest.mark.parametrize(
    "container",
    [
        tuple(TEXTS),
        iter(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=np.dtypes.StringDType()),
        pd.Series(TEXTS, index=range(5_000, 0, -1)),
        pl.Series(TEXTS),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS[:4000], TEXTS[4000:]]),
        np.array(TEXTS[0]),
    ],
    ids=lambda container: f"{type(container).__module__}.{type(container).__name__}",
)
def test_containers(container):
    ef = BM25EmbeddingFunction(analyzer)
    ef.partial_fit(container)
    wanted = TEXTS[:1] if getattr(container, "ndim", 1) == 0 else TEXTS
    assert_same_model(ef, BM25EmbeddingFunction(analyzer, wanted))


def with_one(bad):
    return [*TEXTS[:4_500], bad, *TEXTS[4_500:]]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("bare", r"texts must be a list of str, not one str; write \['bare'\]"),
        (None, "texts must be a list of str, not NoneType"),
        (b"bytes", "texts must be a list of str, not bytes"),
        ({"a": 1}, "texts must be a list of str, not dict"),
        ({"a"}, "texts must be a list of str, not set"),
        (with_one(None), r"texts\[4500\] must be a str, not NoneType: None"),
        (iter(with_one(5)), r"texts\[4500\] must be a str, not int: 5"),
        (tuple(with_one(b"x" * 99)), r"texts\[4500\] must be a str, not bytes: b'x+\.\.\.x+'$"),
        (np.array(with_one(1.5), dtype=object), r"texts\[4500\] must be a str, not float"),
        (pd.Series(with_one(None), dtype=object), r"texts\[4500\] must be a str, not NoneType"),
        (pl.Series(with_one(None)), r"texts\[4500\] must be a str, not NoneType"),
        (pa.array(with_one(None)), r"texts\[4500\] must be a str, not NoneType"),
        (np.array([["a"]]), r"texts\[0\] must be a str, not list"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("method", ["partial_fit", "remove"])
def test_bad_texts_change_nothing(method, texts, message):
    if hasattr(texts, "__next__"):
        texts = iter(with_one(5))  # a fresh one for each method
    ef = BM25EmbeddingFunction(analyzer, TEXTS)
    with pytest.raises(TypeError, match=message):
        getattr(ef, method)(texts)
    ef.partial_fit(["new|w1"])  # no term of the failed call has taken an id
    assert_same_model(ef, BM25EmbeddingFunction(analyzer, [*TEXTS, "new|w1"]))


def failing_stream():
    yield from (f"fresh{i}" for i in range(9_000))
    message = "the disk is gone"
    raise OSError(message)


def test_a_stream_that_fails_changes_nothing():
    ef = BM25EmbeddingFunction(analyzer, ["a|b"])
    with pytest.raises(OSError, match="the disk is gone"):
        ef.partial_fit(failing_stream())
    assert_same_model(ef, BM25EmbeddingFunction(analyzer, ["a|b"]))
    ef = BM25EmbeddingFunction(analyzer)
    with pytest.raises(OSError, match="the disk is gone"):
        ef.partial_fit(failing_stream())
    assert ef.dim == 0


def test_an_analyzer_that_fails_in_a_later_block_is_placed():
    ef = BM25EmbeddingFunction(lambda text: [len(text)] if text == "bad" else [text])
    with pytest.raises(TypeError, match=r"texts\[904\] it returned a int") as caught:
        ef.partial_fit(text for text in [*TEXTS, "bad"])
    assert caught.value.__notes__ == [
        "texts[0] in this message is text 4096 of all, counted from 0"
    ]
    with pytest.raises(TypeError, match=r"texts\[5000\] it returned a int"):
        ef.partial_fit([*TEXTS, "bad"])
