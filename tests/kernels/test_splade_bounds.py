"""Products of floats that are left out where products of bytes bound them: never the greatest.

A text of one token has every positive product made from floats. So the greatest of a longer text's
must be, to the bit, the greatest over its tokens as texts of their own.
"""

from itertools import pairwise

import numpy as np
import pytest

from embedfn.kernels import _splade
from tests.kernels.test_splade import decoder_of, dense, states_of

ONE = np.ones((1, 1), np.float32)
pytestmark = pytest.mark.skipif(
    not _splade.SpladeHead(ONE, ONE[0]).bounds, reason="this machine multiplies no bytes by VNNI"
)


def check(weight, bias, states, indptr):
    head = _splade.SpladeHead(weight, bias)
    assert head.bounds
    words = len(bias)
    alone = dense(head.rows(states, np.arange(len(states) + 1), 0, 2), words)
    wanted = np.array(
        [alone[start:end].max(axis=0, initial=0) for start, end in pairwise(indptr.tolist())]
    )
    got = dense(head.rows(states, indptr, 0, 2), words)
    assert np.array_equal(got, wanted)
    plain = _splade.SpladeHead(weight, bias, None, False).rows(states, indptr, 0, 2)
    scale = np.linalg.norm(weight, axis=1).max() * np.linalg.norm(states, axis=1).max()
    np.testing.assert_allclose(got, dense(plain, words), rtol=0, atol=1e-5 * (1 + scale))
    return got


LENGTHS = [1, 13, 14, 15, 29, 200]


@pytest.mark.parametrize("hidden", [1, 3, 16, 63, 64, 65, 128, 300, 768])
@pytest.mark.parametrize("shift", [-3.0, 0.0, 3.0])
def test_normal_numbers(hidden, shift):
    weight, bias = decoder_of(257, hidden, shift=shift)
    assert check(weight, bias, *states_of(LENGTHS, hidden)).any()


@pytest.mark.parametrize("seed", range(8))
def test_hard_numbers(seed):
    """Outliers, rows and words of very unlike sizes, zeros, constants, words that are all alike."""
    rng = np.random.default_rng(seed)
    weight, bias = decoder_of(200, 96, seed, shift=0)
    states, indptr = states_of(LENGTHS, 96, seed)
    states[:, rng.integers(96)] *= 200
    states[rng.integers(len(states), size=20)] *= np.float32(10) ** rng.integers(-6, 6)
    states[rng.integers(len(states), size=9)] = 0
    states[rng.integers(len(states), size=9)] = rng.standard_normal()
    weight[:, rng.integers(96)] *= 50
    weight[rng.integers(200, size=20)] *= np.float32(10) ** rng.integers(-6, 6)
    weight[rng.integers(200, size=9)] = 0
    weight[100:150] = weight[50:100]
    weight[150:170] = states[rng.integers(len(states), size=20)]  # as great as products get
    bias[rng.integers(200, size=20)] = 0
    check(weight, bias, states, indptr)


def test_products_that_are_nearly_alike():
    """Tokens that differ by less than their codes can tell."""
    rng = np.random.default_rng(3)
    weight, bias = decoder_of(300, 128, shift=0)
    states = np.tile(rng.standard_normal(128).astype(np.float32), (150, 1))
    states += rng.standard_normal(states.shape).astype(np.float32) * np.float32(1e-6)
    check(weight, bias, states, np.array([0, 50, 51, 150]))


def test_weights_may_go_once_the_head_is_made():
    """It reads the floats later; it must hold them."""
    weight, bias = decoder_of(500, 64)
    states, indptr = states_of(LENGTHS, 64)
    wanted = dense(_splade.SpladeHead(weight, bias).rows(states, indptr, 1, 1), 500)
    head = _splade.SpladeHead(weight.copy(), bias.copy())
    filler = [np.full((500, 64), 7, np.float32) for _ in range(20)]
    assert np.array_equal(dense(head.rows(states, indptr, 1, 1), 500), wanted)
    assert len(filler) == 20
