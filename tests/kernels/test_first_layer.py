"""The first layer put together of products of words and of positions, on every tier."""

import numpy as np
import pytest

from tests.kernels.test_encoder import TIERS, Model, Shape, packed, run, texts_of

SHAPE = Shape(hidden=256, wide=512, heads=4)
# Texts of 64 tokens and more have their first layer so, where their positions are below this.
LONG, POSITIONS = 64, 1024


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("shape", [Shape(), SHAPE], ids=["alone", "pairs"])
def test_positions_without_products_are_multiplied(simd, shape):
    model = Model(shape, seed=20)
    rng = np.random.default_rng(21)
    model.positions = (rng.standard_normal((POSITIONS + 200, shape.hidden)) * 0.2).astype(
        np.float32
    )
    encoder = model.encoder(simd)
    firsts = [0, POSITIONS - 80, POSITIONS - 79, POSITIONS, 5, POSITIONS + 100]
    texts = texts_of([80] * len(firsts), seed=22)
    ids, _, indptr = packed(texts)
    positions = np.concatenate([np.arange(first, first + 80) for first in firsts])
    together = np.split(encoder.forward(ids, positions, indptr, 2), indptr[1:-1])
    for text, first, states in zip(texts, firsts, together, strict=True):
        alone = encoder.forward(text, np.arange(first, first + 80), np.array([0, 80]), 1)
        assert (alone == states).all()
        np.testing.assert_allclose(states, model.by_formula(text, first), rtol=0, atol=1e-5)


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.words.__imul__(300),
        lambda model: model.positions.__imul__(300),
        lambda model: model.words.__iadd__(20),  # LayerNorm takes such a mean away
        lambda model: model.norm[0].__setitem__(slice(0, 3), 50),  # components that stand out
        lambda model: model.norm[1].__iadd__(30),
    ],
    ids=["words", "positions", "mean", "weight", "bias"],
)
def test_uneven_embeddings_lose_no_digits(simd, change):
    """A text one token too short for it, whose first layer is multiplied, has such errors."""
    model = Model(SHAPE, seed=23)
    change(model)
    encoder = model.encoder(simd)
    text = texts_of([LONG], seed=24)[0]

    def error(length):
        off = run(encoder, [text[:length]])[0] - model.by_formula(text[:length])
        return np.sqrt((off**2).mean())

    assert error(LONG) < 2 * error(LONG - 1)


def test_every_word_the_same_and_every_word_another():
    model = Model(SHAPE, seed=25)
    rng = np.random.default_rng(26)
    model.words = (rng.standard_normal((3000, SHAPE.hidden)) * 0.2).astype(np.float32)
    encoder = model.encoder()
    texts = [np.full(200, 7), np.arange(500), np.arange(2999, 2499, -1), rng.integers(0, 3000, 333)]
    for n_threads in (1, 2, 5):
        for text, states in zip(texts, run(encoder, texts, n_threads), strict=True):
            np.testing.assert_allclose(states, model.by_formula(text), rtol=0, atol=1e-5)


def test_weights_that_change_after_a_pass_count():
    model, other = Model(SHAPE, seed=27), Model(SHAPE, seed=28)
    texts = texts_of([100], seed=29)
    encoder = model.encoder()
    for name in ("norm", "layers", "state"):
        run(encoder, texts)
        if name == "norm":
            model.norm = other.norm
            encoder.set_norm(other.norm)
        elif name == "layers":
            model.layers[0] = other.layers[0]
            encoder.set_layer(0, **other.layers[0])
        else:
            model.norm, model.layers = other.norm, other.layers
            encoder.__setstate__(other.encoder().__reduce__()[2])
        assert (run(encoder, texts)[0] == run(model.encoder(), texts)[0]).all()


@pytest.mark.parametrize("simd", TIERS)
def test_models_without_a_second_layer_and_in_int8_are_multiplied(simd):
    for shape, int8 in ((Shape(hidden=256, heads=4, layers=1), False), (SHAPE, True)):
        model = Model(shape, seed=30)
        text = texts_of([130], seed=31)[0]
        states = run(model.encoder(simd, int8), [text])[0]
        assert np.abs(states - model.by_formula(text)).max() < (0.2 if int8 else 1e-5)
