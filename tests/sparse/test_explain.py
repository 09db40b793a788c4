"""The words behind a vector, as a list, as text, and as charts."""

import struct
import sys
import zlib

import numpy as np
import pytest

from embedfn.sparse import SpladeEmbeddingFunction
from embedfn.sparse._explained import Explanation
from tests.encoder.models import build_masked


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_masked(tmp_path_factory.mktemp("masked"))


@pytest.fixture(scope="module")
def function(folder):
    return SpladeEmbeddingFunction(folder, device="cpu")


def test_explain(function):
    text = "the academic discipline"
    row = function([text]).toarray()[0]
    explained = function.explain(text, top=5)
    assert [weight for _, weight in explained] == sorted(row.tolist(), reverse=True)[:5]
    vocabulary = dict(zip(function._encoder.words(), range(function.dim), strict=False))
    assert all(row[vocabulary[word]] == np.float32(weight) for word, weight in explained)
    lines = str(explained).splitlines()
    assert len(lines) == 5
    assert lines[0].count("█") == 40
    assert explained[0][0] in lines[0]


def test_kinds(folder, function):
    told = SpladeEmbeddingFunction(folder, 32, "the ", "hello ", "cpu", k_tokens_query=2)
    assert told.explain("world") == function.explain("world")
    assert told.explain("world", kind="query") == function.explain("the world")
    assert told.explain("world", kind="document") == function.explain("hello world")


def test_text_and_chart():
    explained = Explanation([("drive", 2.0), ("##s", 0.5), ("the", 0.001)])
    assert explained.text() == "drive 2.00, ##s 0.50, the 0.00"
    assert explained.chart(width=8) == (
        "drive   2.0000  ████████\n  ##s   0.5000  ██\n  the   0.0010  █"
    )


def test_no_words(monkeypatch, function):
    nothing = (np.zeros(2, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))
    monkeypatch.setattr(function._encoder, "encode", lambda *arguments: nothing)
    assert function.explain("") == []
    assert str(function.explain("")) == "(no words)"
    assert function.explain("").text() == ""


def test_wrong_arguments_are_named(function):
    with pytest.raises(TypeError, match="text must be str"):
        function.explain(3)
    with pytest.raises(ValueError, match="top must be at least 1"):
        function.explain("a", top=0)
    with pytest.raises(ValueError, match="kind must be one of query, document, text, not 'q'"):
        function.explain("a", kind="q")


def pixels(file):
    """Width, height and rows of RGBA bytes of a PNG of the plain kind, read by hand."""
    data, place, packed = file.read_bytes(), 8, b""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    while place < len(data):
        size, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + size]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", body[:10])
            assert (depth, color) == (8, 6)
        packed += body if kind == b"IDAT" else b""
        place += size + 12
    raw = np.frombuffer(zlib.decompress(packed), np.uint8)
    return width, height, raw.reshape(height, 1 + 4 * width)


def test_png(tmp_path):
    pytest.importorskip("matplotlib")
    sizes = []
    for words in ([], [("drive", 2.0), ("$", 1.0), ("$x", 0.5)], [("word", 1.0)] * 30):
        file = tmp_path / "chart.png"
        Explanation(words).save_png(file)
        width, height, rows = pixels(file)
        assert width > 500
        assert len(np.unique(rows)) > 2
        sizes.append(height)
    assert sizes == sorted(sizes)
    assert "matplotlib.pyplot" not in sys.modules


def test_png_without_matplotlib(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    with pytest.raises(ImportError, match=r"embedfn\[plot\]"):
        Explanation([("a", 1.0)]).save_png(tmp_path / "chart.png")
