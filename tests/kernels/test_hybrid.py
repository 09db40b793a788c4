"""The kernels of hybrid models: every twin and every tier against NumPy in float64."""

import pickle
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest

from embedfn.kernels import _hybrid

TIERS = _hybrid.simd_tiers()


@pytest.fixture(params=["_py", "_numba", "_hybrid"])
def twin(request):
    return import_module(f"embedfn.kernels.{request.param}")


@pytest.fixture(params=["_py", "_numba", *TIERS])
def max_sim(request):
    """The function of a twin, or of one tier of the native one."""
    if request.param in TIERS:
        return lambda *arguments: _hybrid.max_sim(*arguments, request.param)
    return import_module(f"embedfn.kernels.{request.param}").max_sim


def texts_of(lengths, vocabulary, seed=0):
    """Token ids and weights, some of which are zero, below it or several times the same."""
    rng = np.random.default_rng(seed)
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    ids = rng.integers(0, vocabulary, indptr[-1])
    weights = rng.choice([-1.0, -0.0, 0.0, 1e-30, 0.25, 0.25, 3.0], indptr[-1])
    weights = np.where(rng.random(indptr[-1]) < 0.3, weights, rng.standard_normal(indptr[-1]))
    skipped = rng.random(vocabulary) < 0.1
    return ids, weights.astype(np.float32), indptr, skipped


def by_matrix(ids, weights, indptr, skipped):
    """The same from a dense matrix."""
    result = np.zeros((len(indptr) - 1, len(skipped)), np.float32)
    for text, (start, end) in enumerate(pairwise(indptr.tolist())):
        np.maximum.at(result[text], ids[start:end], weights[start:end])
    result[:, skipped] = 0
    return result


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize(
    ("lengths", "vocabulary"),
    [
        ([5], 3),
        ([0, 1, 0, 40, 2, 0], 9),
        ([8192, 3, 500], 300),
        ([], 4),
        ([0], 4),
        ([300] * 80, 50),
    ],
)
def test_entries_are_the_greatest_weights(twin, lengths, vocabulary, n_threads):
    given = texts_of(lengths, vocabulary)
    indptr, indices, data = twin.token_maxima(*given, n_threads)
    assert (indptr.dtype, indices.dtype, data.dtype) == (np.int64, np.int32, np.float32)
    assert (data > 0).all()
    got = np.zeros((len(lengths), vocabulary), np.float32)
    for text, (start, end) in enumerate(pairwise(indptr.tolist())):
        assert (np.diff(indices[start:end]) > 0).all()
        got[text, indices[start:end]] = data[start:end]
    np.testing.assert_array_equal(got, by_matrix(*given))


def test_what_does_not_fit_the_tokens_is_named(twin):
    ids, weights, indptr, skipped = texts_of([4, 3], 6)
    with pytest.raises(ValueError, match="as many weights"):
        twin.token_maxima(ids, weights[:-1], indptr, skipped, 1)
    for wrong in ([0, 6], [1, 7], [0, 5, 4, 7]):
        with pytest.raises(ValueError, match="offsets"):
            twin.token_maxima(ids, weights, np.array(wrong), skipped, 1)
    for token in (-1, 6):
        ids[3] = token
        with pytest.raises(IndexError, match="vocabulary of 6"):
            twin.token_maxima(ids, weights, indptr, skipped, 1)


def vectors_of(lengths, dim, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((n, dim)).astype(np.float32) for n in lengths]


@pytest.mark.parametrize("n_threads", [1, 2, 7])
@pytest.mark.parametrize(
    ("n_query", "dim", "lengths"),
    [
        (1, 1, [1]),
        (5, 7, [3, 1, 29]),
        (32, 64, [14, 15, 6, 7, 1]),
        (33, 100, [300, 2] * 40),
        (257, 128, [40, 513]),
        (3, 1024, [30] * 20),
        (4, 8, []),
    ],
)
def test_scores_are_means_of_greatest_products(max_sim, n_query, dim, lengths, n_threads):
    (query,) = vectors_of([n_query], dim, seed=2)
    documents = vectors_of(lengths, dim)
    scores = max_sim(query, documents, n_threads)
    products = [document.astype(float) @ query.T for document in documents]
    wanted = [one.max(axis=0).mean() for one in products]
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, wanted, rtol=1e-5, atol=1e-5)


def test_negative_products_count(max_sim):
    query, documents = np.ones((2, 3), np.float32), -np.ones((4, 3), np.float32)
    assert max_sim(query, [documents], 1).tolist() == [-3]


@pytest.mark.parametrize("tier", TIERS)
def test_a_score_is_the_same_in_any_company(tier):
    (query,) = vectors_of([40], 96, seed=2)
    documents = vectors_of([1, 30, 7, 14, 15, 200] * 9, 96)
    together = [_hybrid.max_sim(query, documents, n, tier) for n in (1, 2, 5)]
    alone = [_hybrid.max_sim(query, [document], 1, tier)[0] for document in documents]
    assert all(np.array_equal(scores, alone) for scores in together)


def test_what_does_not_fit_the_vectors_is_named(max_sim):
    documents = vectors_of([4, 3], 6)
    for query in (documents[0][:0], documents[0][:, :0].copy()):
        with pytest.raises(ValueError, match="has no products"):
            max_sim(query, documents, 1)
    for wrong in (documents[1][:0], documents[1][:, :5].copy()):
        with pytest.raises(ValueError, match=r"document 1 of .* has no products with 6"):
            max_sim(documents[0], [documents[0], wrong], 1)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize(("tokens", "inputs", "outputs"), [(0, 8, 4), (1, 48, 48), (300, 70, 33)])
def test_a_linear_layer_on_tokens(tier, unit, tokens, inputs, outputs):
    rng = np.random.default_rng(3)
    weight = (rng.standard_normal((outputs, inputs)) / 7).astype(np.float32)
    bias = rng.standard_normal(outputs).astype(np.float32)
    hidden = rng.standard_normal((tokens, inputs)).astype(np.float32)
    layer = _hybrid.TokenLinear(weight, bias, tier)
    wanted = hidden.astype(float) @ weight.T + bias
    if unit:
        wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    got = layer.apply(hidden, unit, 2)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5)
    for row in range(0, tokens, 37):
        alone = layer.apply(hidden[row : row + 1], unit, 1)
        np.testing.assert_array_equal(alone[0], got[row])


def test_a_row_of_zeros_stays():
    layer = _hybrid.TokenLinear(np.ones((3, 2), np.float32), np.zeros(3, np.float32))
    assert not layer.apply(np.zeros((2, 2), np.float32), True, 1).any()


def test_a_linear_layer_travels_and_names_what_does_not_fit():
    weight, hidden = np.ones((3, 2), np.float32), np.ones((5, 2), np.float32)
    layer = _hybrid.TokenLinear(weight, np.zeros(3, np.float32))
    copy = pickle.loads(pickle.dumps(layer))
    np.testing.assert_array_equal(copy.apply(hidden, False, 1), np.full((5, 3), 2))
    with pytest.raises(ValueError, match="components, not 2"):
        layer.apply(np.ones((5, 3), np.float32), False, 1)
    with pytest.raises(ValueError, match="the bias has 2"):
        _hybrid.TokenLinear(weight, np.zeros(2, np.float32))
