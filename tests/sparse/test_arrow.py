"""Texts in Arrow's memory: read in place, with the results of the same texts in a list."""

import gc
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from random import Random

import polars as pl
import pyarrow as pa
import pytest

from embedfn import kernels
from embedfn.lexical import inputs, terms
from embedfn.sparse import BM25EmbeddingFunction
from embedfn.sparse.bm25 import build_default_analyzer, build_standard_analyzer
from tests.sparse.arrow_arrays import CONTAINERS, SCRIPTS, chunked, native, random_texts
from tests.sparse.models import assert_same_model
from tests.sparse.test_bm25 import assert_same_bits

ANALYZERS = {
    "en": lambda: build_default_analyzer("en"),
    "de": lambda: build_default_analyzer("de"),
    "standard": lambda: build_standard_analyzer("en"),
    "python": lambda: str.split,
}


def check_life(contain, make_analyzer, n_threads, seed=1):
    """Everything that takes texts, with those in a container and those in a list."""
    analyzer, parameters = make_analyzer(), {"num_workers": n_threads}
    first, second = random_texts(seed, 60), random_texts(seed + 1, 60)
    strangers = [*random_texts(seed + 2, 30), "unheard-of terms"]
    wanted = BM25EmbeddingFunction(analyzer, first, **parameters)
    ours = BM25EmbeddingFunction(analyzer, contain(first), **parameters)
    assert_same_model(ours, wanted, strangers)
    for method, texts in (("partial_fit", second), ("remove", first), ("fit", second)):
        getattr(wanted, method)(texts)
        getattr(ours, method)(contain(texts))
        assert_same_model(ours, wanted, strangers)
        given = contain(strangers)
        assert_same_bits(ours.encode_documents(given), wanted.encode_documents(strangers))
        assert_same_bits(ours.encode_queries(given), wanted.encode_queries(strangers))
        assert ours.unknown_terms(given) == wanted.unknown_terms(strangers)


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("name", CONTAINERS)
def test_as_in_a_list(name, n_threads):
    check_life(CONTAINERS[name], ANALYZERS["en"], n_threads)


@pytest.mark.parametrize("analyzer", ANALYZERS)
@pytest.mark.parametrize("name", ["exact", "slice of view", "chunks of dictionary"])
def test_as_in_a_list_by_any_analyzer(name, analyzer):
    check_life(CONTAINERS[name], ANALYZERS[analyzer], 2, seed=7)


@pytest.mark.parametrize("seed", range(20))
def test_blocks_of_any_size(monkeypatch, seed):
    rng = Random(seed)
    monkeypatch.setattr(inputs, "_BLOCK", rng.randint(1, 40))
    monkeypatch.setattr(terms, "_NATIVE_BLOCK", rng.randint(1, 40))
    check_life(CONTAINERS[rng.choice(list(CONTAINERS))], ANALYZERS["standard"], 1, seed)


@pytest.mark.parametrize("forced", ["python", "numba"])
def test_as_in_a_list_on_the_other_kernels(forced):
    code = (
        "import embedfn.kernels; from tests.sparse.test_arrow import *; "
        "[check_life(CONTAINERS[name], ANALYZERS['standard'], 1) for name in CONTAINERS "
        "if name != 'foreign']; print(embedfn.kernels.implementation)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"EMBEDFN_KERNELS": forced},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == forced, done.stderr


@pytest.mark.parametrize("analyzer", ["en", "standard"])
def test_long_texts_shared_out_among_threads(analyzer):
    texts = random_texts(3, 30)
    joined = " ".join(random_texts(4, 300))
    long = [*texts, joined * (1_200_000 // len(joined) + 1), *texts, "It ends. " * 100_000]
    wanted = BM25EmbeddingFunction(ANALYZERS[analyzer](), long, num_workers=1)
    for name in ("exact", "view", "polars"):
        ours = BM25EmbeddingFunction(ANALYZERS[analyzer](), CONTAINERS[name](long), num_workers=3)
        assert_same_model(ours, wanted, long[-2:])


@native
@pytest.mark.parametrize("name", CONTAINERS)
def test_it_is_read_in_place(name):
    """No memory for texts, neither Python's nor Arrow's."""
    texts = [f"{text} {i}" for i, text in enumerate(SCRIPTS * 4000)]
    container = CONTAINERS[name](texts)
    arrow_before = pa.total_allocated_bytes()
    tracemalloc.start()
    try:
        found = inputs.as_texts(container)
        list(inputs.text_blocks(container))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()
    assert pa.total_allocated_bytes() - arrow_before < 100_000
    assert isinstance(found, kernels.ArrowTexts)
    assert (len(found), list(found)) == (len(texts), texts)


@native
@pytest.mark.parametrize("name", CONTAINERS)
def test_texts_outlive_their_container(name):
    texts = random_texts(5, 200)
    container = CONTAINERS[name](texts)
    found = inputs.as_texts(container)
    part = found[20:]
    del container, found
    gc.collect()
    refill = [CONTAINERS[name](random_texts(6, 200)) for _ in range(3)]
    assert list(part) == texts[20:]
    assert len(refill) == 3


@native
def test_a_sequence_like_others():
    texts = random_texts(8, 40)
    found = inputs.as_texts(chunked(texts, pa.string()))
    rng = Random(1)
    for _ in range(500):
        start, stop = rng.choices([None, *range(-80, 80)], k=2)
        assert list(found[start:stop]) == texts[start:stop]
    assert (found[0], found[-1], found[len(texts) - 1]) == (texts[0], texts[-1], texts[-1])
    for place in (len(texts), -len(texts) - 1):
        with pytest.raises(IndexError):
            found[place]
    with pytest.raises(ValueError, match="steps"):
        found[::2]


def test_polars_needs_no_pyarrow():
    code = (
        "import sys, polars; from embedfn.sparse import BM25EmbeddingFunction as F; "
        "f = F(corpus=polars.Series(['a cat', 'two dogs'])); f.partial_fit(polars.Series(['x'])); "
        "print(f.dim, 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["4", "False"]


def test_no_texts():
    ef = BM25EmbeddingFunction(corpus=["a cat"])
    for empty in (pa.array([], pa.string()), pa.chunked_array([], pa.string()), pl.Series([])):
        assert ef.encode_documents(empty).shape == (0, ef.dim)
        with pytest.raises(ValueError, match="corpus is empty"):
            ef.fit(empty)
        ef.partial_fit(empty)
    assert ef.corpus_size == 1


@native
def test_a_reader_reads_once():
    reader = kernels.ArrowReader(pa.array(["a"]))
    assert [list(texts) for texts in reader] == [["a"]]
    assert list(reader) == []
    numbers = kernels.ArrowReader(pa.array([1]))
    assert not numbers.has_texts()
    with pytest.raises(TypeError, match="no Arrow arrays of strings"):
        next(numbers)
