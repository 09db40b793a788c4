"""Saving and loading a whole BM25, and what the file system may do meanwhile."""

import os
import sys

import pytest

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.models import analyzer, assert_same_model, run_all
from tests.sparse.test_bm25 import random_corpus, split_at_bars
from tests.sparse.test_state import reloaded


class AsPath:
    def __init__(self, path):
        self.path = path

    def __fspath__(self):
        return str(self.path)


def test_paths(tmp_path):
    ef = BM25EmbeddingFunction(analyzer, ["a|b"])
    ef.save(AsPath(tmp_path / "one"), format="binary")
    ef.load(AsPath(tmp_path / "one"))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        ef.load(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError):
        ef.save(tmp_path / "no" / "folder", format="binary")
    with pytest.raises(OSError, match="directory"):
        ef.load(tmp_path)
    assert list(ef.idf) == ["a", "b"]


def test_a_failed_write_leaves_the_old_file_alone(tmp_path, monkeypatch):
    ef = BM25EmbeddingFunction(analyzer, ["x"])
    ef.save(tmp_path / "bm25", format="binary")
    before = (tmp_path / "bm25").read_bytes()

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    ef.fit(["another"])
    with pytest.raises(OSError, match="No space left"):
        ef.save(tmp_path / "bm25", format="binary")
    assert (tmp_path / "bm25").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["bm25"]


def test_a_write_that_ends_half_way(tmp_path):
    resource = pytest.importorskip("resource")
    ef = BM25EmbeddingFunction(analyzer, random_corpus(1, 400))
    ef.save(tmp_path / "bm25", format="binary")
    before = (tmp_path / "bm25").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            ef.save(tmp_path / "bm25", format="binary")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "bm25").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["bm25"]


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no way here to be another user")
def test_a_read_only_folder(tmp_path, monkeypatch):
    ef = BM25EmbeddingFunction(analyzer, ["x"])
    ef.save(tmp_path / "bm25", format="binary")
    tmp_path.chmod(0o555)
    monkeypatch.chdir(tmp_path)
    user = os.geteuid()
    try:
        os.seteuid(user or 65534)  # root may write anywhere
        with pytest.raises(PermissionError):
            ef.save("bm25", format="binary")
        BM25EmbeddingFunction(analyzer).load("bm25")
    finally:
        os.seteuid(user)
        tmp_path.chmod(0o755)
    assert [path.name for path in tmp_path.iterdir()] == ["bm25"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a file in use cannot be replaced")
def test_a_file_replaced_or_gone_is_still_the_old_one_to_those_who_hold_it(tmp_path):
    corpus = random_corpus(2, 60)
    ef = reloaded(BM25EmbeddingFunction(split_at_bars, corpus), tmp_path / "bm25")
    wanted = BM25EmbeddingFunction(split_at_bars, corpus)
    BM25EmbeddingFunction(split_at_bars, random_corpus(4, 90)).save(
        tmp_path / "bm25", format="binary"
    )
    assert_same_model(ef, wanted)
    ef.save(tmp_path / "bm25", format="binary")  # over the file that replaced the one it holds
    ef.load(tmp_path / "bm25")
    ef.save(tmp_path / "bm25", format="binary")  # over the one it holds
    (tmp_path / "bm25").unlink()
    assert_same_model(ef, wanted)
    ef.partial_fit(["x|y"])
    wanted.partial_fit(["x|y"])
    assert_same_model(ef, wanted)


def test_files_that_cannot_be_mapped_are_read(tmp_path, monkeypatch):
    def no_mapping(*arguments, **options):
        raise OSError(19, "No such device")

    ef = BM25EmbeddingFunction(split_at_bars, random_corpus(6, 60))
    monkeypatch.setattr("mmap.mmap", no_mapping)
    assert_same_model(reloaded(ef, tmp_path / "bm25"), ef)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("format", ["json", "binary"])
def test_a_pipe(tmp_path, format):
    ef = BM25EmbeddingFunction(split_at_bars, random_corpus(6, 60))
    ef.save(tmp_path / "bm25", format=format)
    os.mkfifo(tmp_path / "pipe")
    loaded = BM25EmbeddingFunction(split_at_bars)
    content = (tmp_path / "bm25").read_bytes()
    run_all(
        lambda: (tmp_path / "pipe").write_bytes(content), lambda: loaded.load(tmp_path / "pipe")
    )
    assert loaded.idf == ef.idf
