"""Texts in Arrow's memory: read in place, with the results of the same texts in a list."""

import gc
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from embedfn import kernels
from embedfn.lexical import inputs, terms
from embedfn.sparse import BM25EmbeddingFunction
from embedfn.sparse.bm25 import build_default_analyzer, build_standard_analyzer
from tests.lexical.strings import random_text
from tests.sparse.models import assert_same_model
from tests.sparse.test_bm25 import assert_same_bits

native = pytest.mark.skipif(kernels.implementation != "native", reason="these kernels take lists")
SCRIPTS = [
    "The cats sat on the mat.",
    "",
    "Café, naïve façade: 3 £ per Straße",
    "\u4e2d\u6587\u5206\u8bcd\u3002 \u041c\u0438\u0440",
    "\U0001f642\U0001f1e9\U0001f1ea it's fine",
    "12 bytes now",
]


def random_texts(seed, n):
    """Adversarial texts that UTF-8 can carry."""
    rng = Random(seed)
    texts = [random_text(rng) for _ in range(n)] + SCRIPTS * 3
    rng.shuffle(texts)
    return [text.encode("utf-8", "replace").decode() for text in texts]


def exact(texts):
    """An array whose bytes end with the last text's, in memory of just that size."""
    data = "".join(texts).encode()
    ends = np.cumsum([0, *(len(text.encode()) for text in texts)], dtype=np.int32)
    held = np.frombuffer(data, dtype=np.uint8).copy()
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(ends), pa.py_buffer(held)]
    )


def chunked(texts, dtype):
    """Chunks of all sizes, none among them, the rest in the last one."""
    rng, chunks, start = Random(len(texts)), [], 0
    while start < len(texts):
        stop = start + rng.choice([0, 1, 2, 1 + len(texts) // 4])
        chunks.append(pa.array(texts[start:stop], dtype))
        start = stop
    return pa.chunked_array(chunks, dtype)


def sliced(texts, dtype):
    return pa.array(["before", None, *texts, None], dtype)[2 : 2 + len(texts)]


class Foreign:
    """Of a library that is not known here."""

    def __init__(self, texts):
        self._texts = texts

    def __arrow_c_stream__(self, requested_schema=None):
        return pa.chunked_array([self._texts]).__arrow_c_stream__(requested_schema)


CONTAINERS = {
    "string": pa.array,
    "exact": exact,
    "large": lambda texts: pa.array(texts, pa.large_string()),
    "view": lambda texts: pa.array(texts, pa.string_view()),
    "dictionary": lambda texts: pa.array(texts).dictionary_encode(),
    "small dictionary": lambda texts: pa.array(texts).cast(
        pa.dictionary(pa.uint16(), pa.large_string())
    ),
    "slice": lambda texts: sliced(texts, pa.string()),
    "slice of large": lambda texts: sliced(texts, pa.large_string()),
    "slice of view": lambda texts: sliced(texts, pa.string_view()),
    "slice of dictionary": lambda texts: pa.array(["x", *texts, "y"]).dictionary_encode()[1:-1],
    "chunks": lambda texts: chunked(texts, pa.string()),
    "chunks of view": lambda texts: chunked(texts, pa.string_view()),
    "chunks of dictionary": lambda texts: chunked(texts, pa.string()).dictionary_encode(),
    "slice of chunks": lambda texts: chunked(["x", *texts, "y"], pa.string())[1:-1],
    "foreign": lambda texts: Foreign(pa.array(texts)),
    "pandas": lambda texts: pd.Series(
        texts, index=range(9, 9 + len(texts)), dtype="string[pyarrow]"
    ),
    "pandas str": lambda texts: pd.Series(texts, dtype=pd.StringDtype("pyarrow", na_value=np.nan)),
    "pandas arrow": lambda texts: pd.Series(["x", *texts], dtype=pd.ArrowDtype(pa.string()))[1:],
    "polars": pl.Series,
    "polars chunks": lambda texts: pl.Series(texts[:5]).append(pl.Series(texts[5:])),
    "polars categorical": lambda texts: pl.Series(texts, dtype=pl.Categorical),
}
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


def with_null(dtype):
    return lambda: sliced([*["a"] * 4, None, None], dtype)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        *((with_null(dtype), "NoneType: None") for dtype in (pa.string(), pa.large_string())),
        (with_null(pa.string_view()), "NoneType: None"),
        (lambda: pa.array([*"abab", None]).dictionary_encode(), "NoneType: None"),
        (
            lambda: pa.DictionaryArray.from_arrays([0, 0, 0, 0, 1], pa.array(["a", None])),
            "NoneType: None",
        ),
        (lambda: pa.chunked_array([["a", "b"], [], ["a", "a", None]]), "NoneType: None"),
        (lambda: pl.Series([*"abcd", None]), "NoneType: None"),
        (lambda: pd.Series([*"abcd", None], dtype=pd.ArrowDtype(pa.string())), "NoneType: None"),
    ],
)
@pytest.mark.parametrize("block", [1, 2, 100])
def test_a_null_is_no_text(monkeypatch, make, message, block):
    monkeypatch.setattr(inputs, "_BLOCK", block)
    ef = BM25EmbeddingFunction(corpus=["a cat"])
    for method in ("fit", "partial_fit", "remove", "encode_documents", "encode_queries"):
        with pytest.raises(TypeError, match=rf"\[4\] must be a str, not {message}"):
            getattr(ef, method)(make())
    assert list(ef.idf) == ["cat"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (pa.array([1, 2]), r"texts\[0\] must be a str, not int: 1"),
        (pa.array([b"x"]), r"texts\[0\] must be a str, not bytes: b'x'"),
        (pa.array([b"x"], pa.binary_view()), r"texts\[0\] must be a str, not bytes: b'x'"),
        (pa.array([["x"]]), r"texts\[0\] must be a str, not list"),
        (pa.array([b"x"]).dictionary_encode(), r"texts\[0\] must be a str, not bytes"),
        (pa.nulls(2), r"texts\[0\] must be a str, not NoneType"),
        (pa.table({"a": ["x"]}), "texts must be a list of str, not Table"),
        (pa.scalar("x"), r"texts"),
        (pl.Series([1.5]), r"texts\[0\] must be a str, not float: 1.5"),
        (pl.Series([b"x"]), r"texts\[0\] must be a str, not bytes"),
        (pl.Series([object()], dtype=pl.Object), r"texts\[0\] must be a str, not object"),
        (pd.Series([1], dtype=pd.ArrowDtype(pa.int64())), r"texts\[0\] must be a str, not int: 1"),
    ],
    ids=repr,
)
def test_what_is_no_string_array(given, message):
    for take in (inputs.as_texts, lambda texts: list(inputs.text_blocks(texts))):
        with pytest.raises(TypeError, match=message):
            take(given)


def raw(items, dtype):
    """Bytes as strings, whatever they are."""
    binary = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
    array = pa.array(items, binary.get(dtype, pa.binary_view()))
    return pa.Array.from_buffers(dtype, len(items), array.buffers())


def is_text(item):
    try:
        item.decode()
    except UnicodeDecodeError:
        return False
    return True


@native
@pytest.mark.parametrize("dtype", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_what_is_utf8(dtype):
    """As bytes.decode has it, for every pair of bytes and for mutilated texts."""
    rng = Random(str(dtype))
    items = [bytes([i, j]) for i in range(0x7E, 256) for j in range(0x7E, 256)]
    for code in (
        0x7F,
        0x80,
        0x7FF,
        0x800,
        0xD7FF,
        0xD800,
        0xDFFF,
        0xE000,
        0xFFFF,
        0x10000,
        0x10FFFF,
    ):
        items.append(chr(code).encode("utf-8", "surrogatepass"))
    items += [b"\xf4\x90\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xe0\x9f\xbf", b"\xf8\x88\x80\x80\x80"]
    for text in random_texts(9, 3000):
        item = bytearray(text.encode())
        for _ in range(rng.choice([0, 1, 1, 2])):
            if item:
                item[rng.randrange(len(item))] = rng.choice([0x80, 0xC2, 0xED, 0xF0, 0xFF, 0x20])
        items.append(bytes(item[: rng.randrange(len(item) + 1)] if rng.random() < 0.5 else item))
    found = 0
    array = raw(items, dtype)
    for i, item in enumerate(items):
        reader = kernels.ArrowReader(array[i : i + 1])
        fault = next(reader).first_fault()
        assert fault == (None if is_text(item) else (0, "not_utf8")), item
        found += fault is not None
    assert 2000 < found < len(items) - 2000
    wrong = next(i for i, item in enumerate(items) if not is_text(item))
    ef = BM25EmbeddingFunction(corpus=["a cat"])
    for method in ("fit", "partial_fit", "remove", "encode_documents", "encode_queries"):
        with pytest.raises(ValueError, match=rf"\[{wrong}\] is not UTF-8"):
            getattr(ef, method)(array)
    assert list(ef.idf) == ["cat"]


@native
@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (4, 9_999, r"docs is a damaged Arrow array: .*larger than values array"),
        (4, -1, r"docs is a damaged Arrow array|docs\[3\] lies outside of its Arrow buffer"),
        (0, 3, r"docs\[0\] lies outside of its Arrow buffer"),
        (2, 9_999, r"docs\[1\] lies outside of its Arrow buffer"),
        (2, -5, r"docs\[1\] lies outside of its Arrow buffer"),
    ],
)
def test_damaged_offsets(place, value, message):
    ends, data = np.array([0, 1, 2, 3, 4], dtype=np.int32), pa.py_buffer(b"abcd")
    array = pa.Array.from_buffers(pa.string(), 4, [None, pa.py_buffer(ends), data])
    ends[place] = value  # pyarrow looks only while it makes the array
    for take in (inputs.as_texts, lambda *given: list(inputs.text_blocks(*given))):
        with pytest.raises(ValueError, match=message):
            take(array, "docs")


@native
def test_an_error_of_the_producer_arrives():
    class Broken:
        def __arrow_c_stream__(self, requested_schema=None):
            message = "the disk is gone"
            raise OSError(message)

    ef = BM25EmbeddingFunction(corpus=["a cat"])
    with pytest.raises(OSError, match="the disk is gone"):
        ef.partial_fit(Broken())
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
