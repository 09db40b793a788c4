"""Encoders whose positions turn queries and keys and whose wide layers have gates, by tier."""

import pickle
from functools import partial

import numpy as np
import pytest

from tests.kernels import test_encoder
from tests.kernels.test_encoder import BY_FORMULA, TIERS, Model, Shape, packed, texts_of

LENGTHS = [*range(1, 40), 63, 64, 65, 95, 96, 127, 128, 129, 255, 256, 511, 512]
SHAPES = [
    Shape(),
    Shape(hidden=60, wide=100, heads=5, activation="gelu_tanh"),
    Shape(hidden=14, wide=3, heads=7, layers=1),
    Shape(hidden=192, wide=64, heads=2, layers=1, activation="relu"),
    # Layers that take pairs of rows: in one chunk, in two, and with a panel that is not full.
    Shape(hidden=256, wide=1024, heads=4, layers=1),
    Shape(hidden=256, wide=1000, heads=4),
]
LARGE = Shape(hidden=256, wide=1024, heads=4)


class Rotary(Model):
    """The same with turned queries and keys and gates, as GTE has them, by the formulas."""

    def __post_init__(self):
        super().__post_init__()
        rng = np.random.default_rng(self.seed + 1000)
        hidden, wide = self.shape.hidden, self.shape.wide
        self.positions = np.zeros((1, hidden), np.float32)
        for layer in self.layers:
            weights = rng.standard_normal((wide, hidden)) / np.sqrt(hidden)
            layer["gate"] = weights.astype(np.float32), np.full(wide, 0.1, np.float32)
        half = hidden // self.shape.heads // 2
        self.angles = np.arange(600)[:, None] * 100.0 ** -np.linspace(0, 1, half)
        turns = np.hstack([np.cos(self.angles), np.sin(self.angles)])
        self.turns = turns.astype(np.float32)

    def embedded(self, ids, position):
        return self.words[ids].astype(float)

    def turned(self, heads):
        """Pairs of components as complex numbers."""
        first, second = np.split(heads, 2, axis=2)
        turned = (first + 1j * second) * np.exp(1j * self.angles[: heads.shape[1]])
        return np.concatenate([turned.real, turned.imag], axis=2)

    def between(self, hidden, layer):
        gates = hidden @ layer["gate"][0].T.astype(float) + layer["gate"][1]
        content = hidden @ layer["widen"][0].T.astype(float) + layer["widen"][1]
        return BY_FORMULA[self.shape.activation](gates) * content


def runner(model, *arguments):
    """run() of one encoder with the model's turns."""
    return partial(test_encoder.run, model.encoder(*arguments), turns=model.turns)


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"{shape.hidden}-{shape.wide}")
def test_every_length_by_formula(simd, shape):
    model = Rotary(shape, seed=shape.hidden)
    texts = texts_of(LENGTHS)
    for text, hidden in zip(texts, runner(model, simd)(texts), strict=True):
        np.testing.assert_allclose(hidden, model.by_formula(text), rtol=0, atol=1e-5)


@pytest.mark.parametrize("simd", TIERS)
def test_gates_and_turns_each_alone(simd):
    """No model has one alone; a kernel that mixed them up would show it."""
    texts = texts_of([1, 30, 100])
    for shape in (SHAPES[1], LARGE):
        turned, gated = Rotary(shape, seed=2), Rotary(shape, seed=3)
        for layer in turned.layers:
            del layer["gate"]
        turned.between = partial(Model.between, turned)
        gated.turned = lambda heads: heads
        for model, turns in ((turned, turned.turns), (gated, None)):
            encoder = model.encoder(simd)
            ids, places, indptr = packed(texts)
            places = places if turns is not None else np.zeros_like(places)
            got = np.split(encoder.forward(ids, places, indptr, 1, turns=turns), indptr[1:-1])
            for text, hidden in zip(texts, got, strict=True):
                np.testing.assert_allclose(hidden, model.by_formula(text), rtol=0, atol=1e-5)


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_neighbours_and_threads_change_no_bit(simd, int8, n_threads):
    run = runner(Rotary(LARGE, seed=1), simd, int8)
    texts = texts_of([300, 200, *[40] * 20, *range(30, 0, -1)], seed=2)
    alone = [run([text])[0] for text in texts]
    for together in (run(texts, n_threads), run(texts[::-1], n_threads)[::-1]):
        assert all((a == b).all() for a, b in zip(alone, together, strict=True))
    for text, states in zip(texts[:3], alone, strict=False):
        assert (run([text], n_threads)[0] == states).all()


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize("shape", [*SHAPES[:3], LARGE], ids=lambda shape: f"{shape.hidden}")
def test_tokens_that_are_read_alone_have_the_same_bits(simd, int8, shape):
    model = Rotary(shape, seed=6)
    encoder = model.encoder(simd, int8)
    rng = np.random.default_rng(7)
    for lengths in ([1], [9], [512], [1] * 300, [300, 65, *[40] * 20, *range(30, 0, -1)]):
        given = packed(texts_of(lengths, seed=8))
        states = encoder.forward(*given, 1, turns=model.turns)
        first, last = given[2][:-1], given[2][1:] - 1
        for reads in (first, last, first + rng.integers(0, lengths)):
            for n_threads in (1, 2, 5):
                got = encoder.forward(*given, n_threads, np.ascontiguousarray(reads), model.turns)
                assert (got == states[reads]).all()


@pytest.mark.parametrize("simd", TIERS)
def test_int8_is_near(simd):
    for shape in (SHAPES[0], SHAPES[1], LARGE):
        model = Rotary(shape, seed=5)
        texts = texts_of([1, 2, 17, 40, 130])
        for text, hidden in zip(texts, runner(model, simd, True)(texts), strict=True):
            exact = model.by_formula(text)
            norms = np.linalg.norm(hidden) * np.linalg.norm(exact)
            assert (hidden * exact).sum() / norms > 0.998
            assert not np.allclose(hidden, exact, rtol=0, atol=1e-5)


def test_pickling_keeps_every_bit():
    model = Rotary(LARGE, seed=4)
    encoder = model.encoder()
    again = pickle.loads(pickle.dumps(encoder))
    given = packed(texts_of([3, 100]))
    expected = encoder.forward(*given, 1, turns=model.turns)
    assert (again.forward(*given, 1, turns=model.turns) == expected).all()


def test_what_cannot_be_turned_is_refused():
    model = Rotary(Shape())
    encoder, given = model.encoder(), packed(texts_of([5]))
    with pytest.raises(ValueError, match="a matrix is 600 x 30, not 600 x 32"):
        encoder.forward(*given, 1, turns=np.ascontiguousarray(model.turns[:, :30]))
    with pytest.raises(IndexError, match="position 4 is not in a table of 4 rows"):
        encoder.forward(*given, 1, turns=model.turns[:4])
    odd = Rotary(Shape(hidden=21, heads=7))
    with pytest.raises(ValueError, match="a head of 3 components cannot be rotated"):
        odd.encoder().forward(*given, 1, turns=np.zeros((5, 3), np.float32))
    empty = encoder.forward(*packed([]), 1, turns=model.turns[:0])
    assert empty.shape == (0, 64)


def test_a_gate_where_none_belongs_is_refused():
    model, plain = Rotary(Shape()), Model(Shape())
    with pytest.raises(ValueError, match="a layer has a gate where the shape says"):
        plain.encoder().set_layer(0, **model.layers[0])
    with pytest.raises(ValueError, match="a layer has a gate where the shape says"):
        model.encoder().set_layer(0, **plain.layers[0])
    with pytest.raises(ValueError, match="a matrix is 64 x 64, not 96 x 64"):
        model.encoder().set_layer(0, **model.layers[0] | {"gate": model.layers[0]["mix"]})
