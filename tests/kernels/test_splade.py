"""SPLADE's head: every twin and every tier against the masked formula in float64."""

import pickle
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest

from embedfn.kernels import _splade

TIERS = _splade.simd_tiers()


# A tier and whether products of bytes bound those of floats, where it can do that.
KINDS = [(tier, False) for tier in TIERS]
KINDS += [
    (tier, True)
    for tier in TIERS
    if _splade.SpladeHead(np.ones((1, 1), np.float32), np.ones(1, np.float32), tier).bounds
]


@pytest.fixture(params=["_py", "_numba", *KINDS], ids=str)
def make(request):
    """What makes a head of a twin, or of one tier of the native one."""
    if isinstance(request.param, tuple):
        tier, bounds = request.param
        return lambda weight, bias: _splade.SpladeHead(weight, bias, tier, bounds)
    return import_module(f"embedfn.kernels.{request.param}").SpladeHead


def decoder_of(words, hidden, seed=0, shift=-1.0):
    rng = np.random.default_rng(seed)
    weight = (rng.standard_normal((words, hidden)) / np.sqrt(hidden)).astype(np.float32)
    return weight, (rng.standard_normal(words) + shift).astype(np.float32)


def states_of(lengths, hidden, seed=1):
    rng = np.random.default_rng(seed)
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return rng.standard_normal((indptr[-1], hidden)).astype(np.float32), indptr


def by_formula(weight, bias, hidden, indptr, logs=1):
    """The dense matrix, from all logits, padded and masked."""
    lengths = np.diff(indptr)
    result = np.zeros((len(lengths), len(bias)))
    if not lengths.sum():
        return result
    padded = np.zeros((len(lengths), lengths.max(), hidden.shape[1]))
    for text, (start, end) in enumerate(pairwise(indptr.tolist())):
        padded[text, : end - start] = hidden[start:end]
    logits = padded @ weight.T.astype(float) + bias
    values = np.maximum(logits, 0)
    for _ in range(logs):
        values = np.log1p(values)
    mask = np.arange(lengths.max()) < lengths[:, None]
    return (values * mask[:, :, None]).max(axis=1)


def dense(rows, words):
    """The rows as a matrix, which must be a canonical CSR of positive weights."""
    indptr, indices, data = rows
    assert (indptr.dtype, indices.dtype, data.dtype) == (np.int64, np.int32, np.float32)
    assert indptr[0] == 0
    assert indptr[-1] == len(indices) == len(data)
    assert (data > 0).all()
    result = np.zeros((len(indptr) - 1, words))
    for text, (start, end) in enumerate(pairwise(indptr.tolist())):
        assert (np.diff(indices[start:end]) > 0).all()
        result[text, indices[start:end]] = data[start:end]
    return result


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize(
    ("words", "hidden", "lengths"),
    [
        (1, 1, [1]),
        (31, 3, [1, 1, 2]),
        (32, 16, [5, 14, 15, 28, 29]),
        (33, 17, [512]),
        (1000, 48, [1, 40, 7, 6, 13, 2]),
        (1025, 100, [3] * 50),
        (4099, 130, [512, 1, 90, 300]),
        (700, 1024, [300, 20, 250, 1, 64]),
        (40, 8, []),
        (40, 8, [0, 3, 0]),
        (40, 8, [0, 0]),
    ],
)
def test_rows_are_the_masked_formulas(make, words, hidden, lengths, n_threads):
    weight, bias = decoder_of(words, hidden)
    states, indptr = states_of(lengths, hidden)
    rows = make(weight, bias).rows(states, indptr, 1, n_threads)
    wanted = by_formula(weight, bias, states, indptr)
    got = dense(rows, words)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5)
    assert ((got > 0) != (wanted > 0)).sum() <= 2  # a weight may be a rounding away from zero


def test_two_logarithms_and_none(make):
    weight, bias = decoder_of(300, 20)
    states, indptr = states_of([4, 9], 20)
    for logs in (0, 1, 2):
        got = dense(make(weight, bias).rows(states, indptr, logs, 1), 300)
        wanted = by_formula(weight, bias, states, indptr, logs)
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5)


def test_texts_without_a_positive_logit_are_empty_rows(make):
    weight, bias = decoder_of(500, 16)
    states, indptr = states_of([3, 1, 20], 16)
    rows = make(weight, bias - 1000).rows(states, indptr, 1, 2)
    assert [len(part) for part in rows] == [4, 0, 0]
    assert not rows[0].any()


def test_one_positive_entry_at_either_end(make):
    for word in (0, 31, 32, 992, 999):
        weight, bias = np.zeros((1000, 4), np.float32), np.full(1000, -1, np.float32)
        weight[word, 2] = 3
        states = np.zeros((9, 4), np.float32)
        states[8, 2] = 1
        _, indices, data = make(weight, bias).rows(states, np.array([0, 8, 9]), 1, 3)
        assert indices.tolist() == [word]
        assert data == pytest.approx(np.log(3))


def test_zero_is_no_entry(make):
    head = make(np.ones((40, 2), np.float32), np.zeros(40, np.float32))
    assert len(head.rows(np.zeros((3, 2), np.float32), np.array([0, 3]), 1, 1)[1]) == 0


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_text_is_the_same_in_any_company(kind):
    weight, bias = decoder_of(3000, 96)
    head = _splade.SpladeHead(weight, bias, *kind)
    lengths = [1, 30, 512, 7, 14, 15, 100, 2] * 8
    states, indptr = states_of(lengths, 96)
    together = [head.rows(states, indptr, 1, n_threads) for n_threads in (1, 2, 3, 8)]
    for other in together[1:]:
        for left, right in zip(together[0], other, strict=True):
            assert np.array_equal(left, right)
    starts, indices, data = together[0]
    for text in range(len(lengths)):
        here = slice(indptr[text], indptr[text + 1])
        alone = head.rows(states[here], np.array([0, lengths[text]]), 1, 1)
        row = slice(starts[text], starts[text + 1])
        assert np.array_equal(alone[1], indices[row])
        assert np.array_equal(alone[2], data[row])


def test_what_does_not_fit_is_named(make):
    weight, bias = decoder_of(40, 8)
    head = make(weight, bias)
    with pytest.raises(ValueError, match="components"):
        head.rows(np.zeros((3, 7), np.float32), np.array([0, 3]), 1, 1)
    for indptr in ([0, 2], [1, 3], [0, 3, 2, 3]):
        with pytest.raises(ValueError, match=r"offsets|indptr"):
            head.rows(np.zeros((3, 8), np.float32), np.array(indptr), 1, 1)
    with pytest.raises(ValueError, match="bias"):
        make(weight, bias[:-1])


def test_an_unknown_tier_is_named():
    with pytest.raises(ValueError, match="simd must be one of"):
        _splade.SpladeHead(*decoder_of(4, 4), "mmx")


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("tokens", [0, 1, 127, 128, 300])
def test_the_transform_is_dense_activation_norm(tier, tokens):
    rng = np.random.default_rng(5)
    weight = (rng.standard_normal((50, 50)) / 7).astype(np.float32)
    bias, scale, shift = (rng.standard_normal(50).astype(np.float32) for _ in range(3))
    states = rng.standard_normal((tokens, 50)).astype(np.float32)
    transform = _splade.HeadTransform((weight, bias), (scale, shift), 1e-12, "relu", tier)
    wide = np.maximum(states @ weight.T.astype(float) + bias, 0)
    off = wide - wide.mean(axis=1, keepdims=True)
    wanted = off / np.sqrt((off**2).mean(axis=1, keepdims=True) + 1e-12) * scale + shift
    got = transform.apply(states, 2)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=2e-5)
    copy = pickle.loads(pickle.dumps(transform))
    np.testing.assert_allclose(copy.apply(states, 1), got, rtol=0, atol=2e-5)  # on its own tier


def test_a_head_travels():
    weight, bias = decoder_of(100, 12)
    states, indptr = states_of([4, 5], 12)
    head = _splade.SpladeHead(weight, bias)
    copy = pickle.loads(pickle.dumps(head))
    pairs = zip(head.rows(states, indptr, 1, 1), copy.rows(states, indptr, 1, 1), strict=True)
    assert all(np.array_equal(left, right) for left, right in pairs)
