"""The encoder's linear layers in int8: whole numbers equal to NumPy's on every tier."""

import pickle

import numpy as np
import pytest

from embedfn.kernels import _encoder
from tests.kernels.test_encoder import TIERS, Model, Shape, run, texts_of

SHAPES = [(1, 1, 1), (3, 5, 33), (13, 384, 64), (15, 31, 96), (29, 130, 70), (57, 64, 1)]


def encoder_of(model, simd=None):
    shape = model.shape.values()
    encoder = _encoder.BertEncoder(shape, model.words, model.positions, simd, int8=True)
    encoder.set_norm(model.norm)
    for number, layer in enumerate(model.layers):
        encoder.set_layer(number, **layer)
    return encoder


def rounded(weights):
    """What the weights become: from -127 to 127, the largest of each output at the end."""
    largest = np.abs(weights).max(axis=1, keepdims=True)
    factors = np.divide(np.float32(127), largest, out=np.zeros_like(largest), where=largest > 0)
    return np.rint(weights * factors).clip(-127, 127).astype(np.int64)


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize(("rows", "inputs", "outputs"), SHAPES)
def test_products_are_numpys(simd, rows, inputs, outputs):
    rng = np.random.default_rng(rows)
    codes = rng.integers(0, 256, (rows, inputs), dtype=np.uint8)
    weights = rng.standard_normal((outputs, inputs)).astype(np.float32)
    weights[:: max(1, outputs // 3)] *= 1e-3
    if outputs > 2:
        weights[2] = 0
    got = _encoder.byte_products(codes, weights, simd)
    assert got.dtype == np.int32
    assert (got == codes.astype(np.int64) @ rounded(weights).T).all()


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("sign", [1, -1])
def test_greatest_products_do_not_saturate(simd, sign):
    for inputs in (4, 1536, 1 << 16):
        codes = np.full((3, inputs), 255, np.uint8)
        weights = np.full((2, inputs), sign, np.float32)
        weights[1, ::2] *= -1
        got = _encoder.byte_products(codes, weights, simd)
        assert (got == [sign * 255 * 127 * inputs, 0]).all()


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("width", [1, 7, 16, 33, 384, 1535])
def test_codes_by_formula(simd, width):
    rng = np.random.default_rng(width)
    scales = 10.0 ** rng.integers(-6, 6, (40, 1))
    values = rng.standard_normal((40, width)) * scales + rng.standard_normal((40, 1))
    values = values.astype(np.float32)
    values[3] = 0
    values[4] = -2.5
    codes, ranges = _encoder.encode_rows(values, simd)
    low, span = values.min(axis=1, keepdims=True), np.ptp(values, axis=1, keepdims=True)
    factor = np.divide(np.float32(255), span, out=np.zeros_like(span), where=span > 0)
    assert (codes == np.rint((values - low) * factor)).all()
    assert (ranges == np.hstack([low, span / np.float32(255)])).all()


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize(
    "shape", [Shape(), Shape(hidden=60, wide=100, heads=5, activation="gelu_tanh"), Shape(7, 3, 7)]
)
def test_states_are_near_those_of_floats(simd, shape):
    model = Model(shape, seed=5)
    texts = texts_of([1, 2, 17, 40, 130])
    for text, hidden in zip(texts, run(encoder_of(model, simd), texts), strict=True):
        exact = model.by_formula(text)
        similar = (hidden * exact).sum() / np.linalg.norm(hidden) / np.linalg.norm(exact)
        assert similar > 0.999
        assert not np.allclose(hidden, exact, rtol=0, atol=1e-5)


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_neighbours_and_threads_change_no_bit(simd, n_threads):
    encoder = encoder_of(Model(Shape(hidden=256, wide=1024, heads=4), seed=1), simd)
    texts = texts_of([300, 200, *[40] * 20, *range(30, 0, -1)], seed=2)
    alone = [run(encoder, [text])[0] for text in texts]
    for together in (run(encoder, texts, n_threads), run(encoder, texts[::-1], n_threads)[::-1]):
        assert all((a == b).all() for a, b in zip(alone, together, strict=True))
    assert (run(encoder, texts[:1], n_threads)[0] == alone[0]).all()


def test_pickling_keeps_every_bit():
    encoder = encoder_of(Model(Shape(), seed=4))
    again = pickle.loads(pickle.dumps(encoder))
    texts = texts_of([3, 20])
    for one, other in zip(run(encoder, texts), run(again, texts), strict=True):
        assert (one == other).all()


def test_what_cannot_be_multiplied_is_refused():
    codes, weights = np.zeros((2, 8), np.uint8), np.zeros((3, 9), np.float32)
    with pytest.raises(ValueError, match="no products of 2 x 8 codes and 3 x 9 weights"):
        _encoder.byte_products(codes, weights, TIERS[0])
    words = np.zeros((1, 4), np.float32)
    with pytest.raises(ValueError, match="more than 65536 inputs cannot be int8"):
        _encoder.BertEncoder((4, 1 << 17, 1, 0, "gelu", 0.0), words, words, int8=True)
