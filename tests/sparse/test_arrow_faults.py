"""What is no text in Arrow's memory: an error that says where, never a byte read outside."""

from random import Random

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from embedfn import kernels
from embedfn.lexical import inputs
from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.arrow_arrays import native, random_texts, sliced


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
