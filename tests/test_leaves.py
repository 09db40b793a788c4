"""The small helpers that every floor uses."""

import os
from collections import deque

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from embedfn import _csr, _threads
from embedfn._csr import build_csr
from embedfn._extras import require, require_packages
from embedfn._files import write_atomically
from embedfn._texts import as_texts, refuse_surrogates
from embedfn._threads import available_cpus, thread_count

TEXTS = ["one", "", "猫 \U0001f63a"]


@pytest.mark.parametrize(
    "container",
    [
        TEXTS,
        tuple(TEXTS),
        deque(TEXTS),
        iter(TEXTS),
        (text for text in TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array(TEXTS, dtype=np.dtypes.StringDType()),
        [np.str_(text) for text in TEXTS],
        pd.Series(TEXTS),
        pl.Series(TEXTS),
        pa.array(TEXTS),
        pa.array(TEXTS, type=pa.large_string()),
        pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
    ],
    ids=lambda container: type(container).__name__,
)
def test_containers_of_texts(container):
    assert as_texts(container) == TEXTS


def test_a_list_is_not_copied():
    assert as_texts(TEXTS) is TEXTS


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("text", r"docs must be a list of str, not one str; write \['text'\]"),
        (None, "docs must be a list of str, not NoneType"),
        (3, "docs must be a list of str, not int"),
        (b"x", "docs must be a list of str, not bytes"),
        ({"a", "b"}, "docs must be a list of str, not set"),
        ({"a": 1}.keys(), "docs must be a list of str, not dict_keys"),
        (["a", 1], r"docs\[1\] must be a str, not int: 1"),
        ([["a"]], r"docs\[0\] must be a str, not list"),
        (["a", b"b" * 99], r"docs\[1\] must be a str, not bytes: b'b+\.\.\.$"),
        (np.array([b"a"]), r"docs\[0\] must be a str, not bytes"),
        (np.array([["a"]]), r"docs\[0\] must be a str, not list"),
        (pa.array(["a", None]), r"docs\[1\] must be a str, not NoneType"),
        (pd.Series(["a", float("nan")], dtype=object), r"docs\[1\] must be a str, not float: nan"),
        (pl.Series(["a", None]), r"docs\[1\] must be a str, not NoneType"),
        (np.float64(1.0), "docs must be a list of str, not float64"),
    ],
)
def test_what_is_not_texts(given, message):
    with pytest.raises(TypeError, match=message):
        as_texts(given, "docs")


def test_one_numpy_text_is_one_text():
    with pytest.raises(TypeError, match="not one str"):
        as_texts(np.str_("abc"))


def test_surrogates_are_named():
    refuse_surrogates(["fine", "\U0001f63a"])
    with pytest.raises(
        ValueError, match=r"queries\[1\] has a lone surrogate, U\+D800, at character 2"
    ):
        refuse_surrogates(["é", "ab\ud800"], "queries")


def test_threads_as_asked(monkeypatch):
    assert thread_count(3) == 3
    assert thread_count(-1) == available_cpus()
    monkeypatch.setenv("EMBEDFN_NUM_THREADS", "5")
    assert thread_count() == 5
    assert thread_count(2) == 2
    monkeypatch.setenv("EMBEDFN_NUM_THREADS", "")
    assert thread_count() == available_cpus()


@pytest.mark.parametrize("value", ["0", "-2", "many", "1.5"])
def test_a_wrong_environment_is_named(monkeypatch, value):
    monkeypatch.setenv("EMBEDFN_NUM_THREADS", value)
    with pytest.raises(ValueError, match=f"EMBEDFN_NUM_THREADS must be .*{value}"):
        thread_count()


@pytest.mark.parametrize(
    ("limit", "cpus"), [("150000 100000", 2), ("max 100000", 64), ("50000 100000", 1), ("", 64)]
)
def test_the_containers_quota_counts(monkeypatch, tmp_path, limit, cpus):
    (tmp_path / "cpu.max").write_text(limit)
    monkeypatch.setattr(_threads, "CGROUP_V2", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    assert available_cpus() == cpus


def test_the_older_quota_counts(monkeypatch, tmp_path):
    (tmp_path / "cpu.cfs_quota_us").write_text("300000\n")
    (tmp_path / "cpu.cfs_period_us").write_text("100000\n")
    monkeypatch.setattr(_threads, "CGROUP_V2", tmp_path / "nowhere")
    monkeypatch.setattr(_threads, "CGROUP_V1", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    assert available_cpus() == 3


def built(data):
    indptr, indices = np.array([0, 2, 2, 3]), np.array([0, 3, 1], dtype=np.int32)
    return build_csr(indptr, indices, np.array(data, dtype=np.float32), 4)


def test_csr_is_canonical_and_narrow():
    matrix = built([1, 2, 3])
    assert matrix.toarray().tolist() == [[1, 0, 0, 2], [0, 0, 0, 0], [0, 3, 0, 0]]
    assert (matrix.indices.dtype, matrix.indptr.dtype) == (np.int32, np.int32)
    assert matrix.has_canonical_format


def test_csr_drops_zeros():
    matrix = built([1, 0, 3])
    assert matrix.nnz == 2
    assert matrix.toarray().tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 3, 0, 0]]


def test_csr_widens_where_int32_ends(monkeypatch):
    monkeypatch.setattr(_csr, "INT32_MAX", 2)
    matrix = built([1, 2, 3])
    assert (matrix.indices.dtype, matrix.indptr.dtype) == (np.int64, np.int64)


def test_require_names_the_extra():
    assert require("json", "nothing") is __import__("json")
    with pytest.raises(ImportError, match=r"no_such_module is needed .* 'embedfn\[some\]'"):
        require("no_such_module", "some")


def test_require_knows_packages_in_a_namespace(monkeypatch):
    with pytest.raises(ImportError, match=r"json.no_such is needed .* 'embedfn\[some\]'") as caught:
        require("json.no_such", "some")
    assert caught.value.name == "json.no_such"
    with pytest.raises(ImportError, match=r"no_such.part is needed .* pip install 'one' 'two>=2'"):
        require_packages("no_such.part", "one", "two>=2")


def test_require_lets_a_broken_module_speak(tmp_path, monkeypatch):
    (tmp_path / "broken_module.py").write_text("import not_there_either\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_there_either"):
        require("broken_module", "some")


def test_atomic_write_replaces_and_obeys_the_umask(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    before = os.umask(0o027)
    try:
        write_atomically(path, b"n", memoryview(b"ew"))
    finally:
        os.umask(before)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
