"""Means of rows of a table: every twin against NumPy's own mean, bit for bit."""

from importlib import import_module

import numpy as np
import pytest


@pytest.fixture(scope="session", params=["_py", "_numba", "_tokens"])
def twin(request):
    return import_module(f"embedfn.kernels.{request.param}")


def table_of(dtype, n_rows, dim, seed=1):
    generator = np.random.default_rng(seed)
    if dtype == np.int8:
        return generator.integers(-128, 128, (n_rows, dim)).astype(np.int8)
    return (generator.standard_normal((n_rows, dim)) * 3).astype(dtype)


def lists_of(n, n_rows, longest, seed=2):
    generator = np.random.default_rng(seed)
    lengths = generator.integers(0, longest, n)
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return generator.integers(0, n_rows, indptr[-1]).astype(np.int32), indptr


def numpy_means(table, rows, scales, indptr):
    means = np.zeros((len(indptr) - 1, table.shape[1]), np.float32)
    for i in range(len(means)):
        here = slice(indptr[i], indptr[i + 1])
        if indptr[i] < indptr[i + 1]:
            taken = table[rows[here]].astype(np.float32)
            means[i] = (taken if scales is None else taken * scales[here][:, None]).mean(axis=0)
    return means


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("dim", [2, 7, 64, 300])
def test_means_are_numpys(twin, n_threads, dtype, scaled, dim):
    table = table_of(dtype, 500, dim)
    rows, indptr = lists_of(300, 500, 60)
    generator = np.random.default_rng(3)
    scales = generator.random(len(rows)).astype(np.float32) if scaled else None
    means = twin.mean_rows(table, rows, scales, indptr, n_threads)
    assert means.dtype == np.float32
    np.testing.assert_array_equal(means, numpy_means(table, rows, scales, indptr))


def test_every_half_is_converted_exactly(twin):
    bits = np.arange(1 << 16, dtype=np.uint16)
    table = bits.view(np.float16)
    table = table[np.isfinite(table)].reshape(-1, 1)
    rows = np.arange(len(table), dtype=np.int32)
    indptr = np.arange(len(table) + 1, dtype=np.int64)
    means = twin.mean_rows(table, rows, None, indptr, 1)
    np.testing.assert_array_equal(means, table.astype(np.float32))


def test_empty_lists(twin):
    table = table_of(np.float32, 3, 4)
    none = np.empty(0, np.int32)
    assert twin.mean_rows(table, none, None, np.zeros(1, np.int64), 1).shape == (0, 4)
    assert not twin.mean_rows(table, none, None, np.zeros(3, np.int64), 2).any()


@pytest.mark.parametrize(
    ("rows", "scales", "indptr", "error", "text"),
    [
        ([3], None, [0, 1], IndexError, "a row lies beyond the 3 of the table"),
        ([-1], None, [0, 1], IndexError, "a row lies beyond the 3 of the table"),
        ([1], None, [0, 2], ValueError, "indptr must run from 0 to 1"),
        ([1], None, [1, 1], ValueError, "indptr must run from 0 to 1"),
        ([1, 1], None, [0, 3, 2], ValueError, "indptr must run from 0 to 2"),
        ([1, 1], [1.0], [0, 2], ValueError, "there must be 2 scales, not 1"),
    ],
)
def test_what_does_not_fit_is_refused(twin, rows, scales, indptr, error, text):
    factors = None if scales is None else np.array(scales, np.float32)
    with pytest.raises(error, match=text):
        twin.mean_rows(
            table_of(np.float32, 3, 4),
            np.array(rows, np.int32),
            factors,
            np.array(indptr, np.int64),
            1,
        )
