"""load() without a path: one download, whole and checked, into the cache folder only."""

import json
import os
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from embedfn._cache import cache_folder
from embedfn._download import download
from embedfn.jobs.demo import default_store
from embedfn.lexical import store
from embedfn.sparse import BM25EmbeddingFunction
from embedfn.sparse.bm25 import bm25 as front
from tests.sparse.test_saved import GOOD

NAME = "bm25_msmarco_v1.json"
BODY = json.dumps(GOOD).encode()


class Handler(BaseHTTPRequestHandler):
    """Serves what the path says."""

    def do_GET(self):
        self.server.asked.append(self.path)
        kind = self.path.split("/")[1]
        if kind == "moved":
            self.send_response(302)
            self.send_header("Location", f"/good/{NAME}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if kind == "missing":
            self.send_error(404)
            return
        body = {"garbage": b"<html>Log in to go on</html>", "other": b'{"version": "v1"}'}
        body = body.get(kind, BODY)
        self.send_response(200)
        if kind != "unsized":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:-20] if kind in ("cut", "unsized") else body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where the file belongs; the working directory is another, empty folder."""
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("EMBEDFN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    yield tmp_path / "cache" / NAME
    assert list((tmp_path / "cwd").iterdir()) == []


def serve(monkeypatch, server, kind):
    url = f"{server.url}/{kind}/{NAME}"
    monkeypatch.setattr(front, "MSMARCO_URL", url)
    return url


def files_beside(place):
    return sorted(path.name for path in place.parent.iterdir()) if place.parent.exists() else []


def test_the_address_is_upstreams():
    assert front.MSMARCO_URL.endswith(f"/v0.1-bm25v1/{NAME}")


@pytest.mark.parametrize("kind", ["good", "moved"])
def test_the_first_load_fetches_and_the_second_does_not(monkeypatch, server, place, kind):
    serve(monkeypatch, server, kind)
    ef = BM25EmbeddingFunction(str.split)
    ef.load()
    assert ef.idf == {"a": [0.5, 0], "b": [1.0, 1]}
    assert place.read_bytes() == BODY
    assert files_beside(place) == [NAME]
    asked = list(server.asked)
    again = BM25EmbeddingFunction(str.split)
    again.load()
    assert again.idf == ef.idf
    assert server.asked == asked


def test_a_file_put_there_by_hand_needs_no_client_and_no_network(monkeypatch, place):
    place.parent.mkdir()
    place.write_bytes(BODY)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    ef = BM25EmbeddingFunction(str.split)
    ef.load()
    assert list(ef.idf) == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "error", "reason"),
    [
        ("missing", ConnectionError, "404 Not Found"),
        ("cut", ConnectionError, "incomplete|without sending complete"),
        ("unsized", ValueError, "what it sent is not a saved BM25EmbeddingFunction"),
        ("garbage", ValueError, "what it sent is not a saved BM25EmbeddingFunction"),
        ("other", ValueError, "idf_word and idf_value must be lists"),
    ],
)
def test_a_bad_answer_leaves_nothing(monkeypatch, server, place, kind, error, reason):
    url = serve(monkeypatch, server, kind)
    ef = BM25EmbeddingFunction(str.split, ["x"])
    with pytest.raises(error, match=reason) as caught:
        ef.load()
    message = str(caught.value)
    assert url in message
    assert "\n" not in message
    if error is ConnectionError:
        assert str(place) in message
    assert files_beside(place) == []
    assert list(ef.idf) == ["x"]
    serve(monkeypatch, server, "good")
    ef.load()
    assert list(ef.idf) == ["a", "b"]


def test_offline_is_one_line_that_says_what_to_do(monkeypatch, place):
    with socket.socket() as unused:  # bound, and nobody listens
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/{NAME}"
        monkeypatch.setattr(front, "MSMARCO_URL", url)
        with pytest.raises(ConnectionError) as caught:
            BM25EmbeddingFunction(str.split).load()
    start, _, end = str(caught.value).partition(": ")
    assert start == f"cannot download {url}"
    assert end.endswith(f"; fetch it by other means and put it at {place}")
    assert "\n" not in end
    assert files_beside(place) == []


def test_a_proxy_of_the_environment_is_used(monkeypatch, server, place):
    monkeypatch.setenv("HTTP_PROXY", server.url)
    monkeypatch.setattr(front, "MSMARCO_URL", f"http://nowhere.invalid/{NAME}")
    BM25EmbeddingFunction(str.split).load()
    assert server.asked == [f"http://nowhere.invalid/{NAME}"]
    assert place.read_bytes() == BODY


def test_without_the_extra_it_is_named(monkeypatch, place):
    monkeypatch.setitem(sys.modules, "httpx2", None)
    with pytest.raises(ImportError, match=r"pip install 'embedfn\[download\]'"):
        BM25EmbeddingFunction(str.split).load()
    assert files_beside(place) == []


def test_without_tqdm_there_is_no_bar(monkeypatch, server, place):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    read = download(f"{server.url}/good/{NAME}", place, store.load)
    assert read.model.terms() == ["a", "b"]


def test_a_full_disk_leaves_nothing(monkeypatch, server, place):
    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    serve(monkeypatch, server, "good")
    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        BM25EmbeddingFunction(str.split).load()
    assert files_beside(place) == []


def test_no_client_is_imported_before_it_is_needed(tmp_path):
    (tmp_path / "bm25.json").write_bytes(BODY)
    code = (
        "import sys, embedfn; ef = embedfn.sparse.BM25EmbeddingFunction(str.split); "
        "ef.load(sys.argv[1]); print(*{name.split('.')[0] for name in sys.modules})"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "bm25.json")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert {"httpx2", "httpx", "tqdm", "ssl"}.isdisjoint(done.stdout.split())


@pytest.mark.parametrize(
    ("ours", "xdg", "wanted"),
    [
        ("/somewhere/x", "/xdg", "/somewhere/x"),
        ("", "/xdg", "/xdg/embedfn"),
        (None, "/xdg", "/xdg/embedfn"),
        (None, None, "/home/me/.cache/embedfn"),
        (None, "", "/home/me/.cache/embedfn"),
        (None, "not/absolute", "/home/me/.cache/embedfn"),
    ],
)
def test_the_cache_folder(monkeypatch, ours, xdg, wanted):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    for name, value in [("EMBEDFN_CACHE", ours), ("XDG_CACHE_HOME", xdg)]:
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert cache_folder() == Path(wanted)
    assert default_store(None) == Path(wanted) / "demo" / "python"
