"""The native forward pass of BERT against the formulas in float64, on every tier."""

import math
import pickle
from dataclasses import dataclass, field

import numpy as np
import pytest

from embedfn.kernels import _encoder

TIERS = _encoder.simd_tiers()


@dataclass
class Shape:
    hidden: int = 64
    wide: int = 96
    heads: int = 2
    layers: int = 2
    activation: str = "gelu"
    epsilon: float = 1e-12

    def values(self):
        return (self.hidden, self.wide, self.heads, self.layers, self.activation, self.epsilon)


@dataclass
class Model:
    """Random weights, and what they make of tokens by the formulas."""

    shape: Shape
    seed: int = 0
    arrays: dict = field(default_factory=dict)

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        hidden, wide = self.shape.hidden, self.shape.wide

        def normal(*size, scale=0.2):
            return (rng.standard_normal(size) * scale).astype(np.float32)

        def linear(inputs, outputs):
            return normal(outputs, inputs, scale=1 / math.sqrt(inputs)), normal(outputs)

        def norm():
            return 1 + normal(hidden), normal(hidden)

        self.words, self.positions, self.norm = normal(50, hidden), normal(600, hidden), norm()
        self.layers = [
            {
                "qkv": linear(hidden, 3 * hidden),
                "mix": linear(hidden, hidden),
                "mix_norm": norm(),
                "widen": linear(hidden, wide),
                "narrow": linear(wide, hidden),
                "narrow_norm": norm(),
            }
            for _ in range(self.shape.layers)
        ]

    def encoder(self, simd=None, int8=False):
        shape, gated = self.shape.values(), any("gate" in layer for layer in self.layers)
        encoder = _encoder.BertEncoder(shape, self.words, self.positions, simd, int8, gated)
        encoder.set_norm(self.norm)
        for number, layer in enumerate(self.layers):
            encoder.set_layer(number, **layer)
        return encoder

    def by_formula(self, ids, position=0):
        """One text alone, in float64, from a position on."""
        hidden = self.normalise(self.embedded(ids, position), self.norm)
        for layer in self.layers:
            qkv = _linear(hidden, layer["qkv"]).reshape(len(ids), 3, self.shape.heads, -1)
            query, key, value = qkv.transpose(1, 2, 0, 3)
            query, key = self.turned(query), self.turned(key)
            scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            weights /= weights.sum(axis=-1, keepdims=True)
            mixed = (weights @ value).transpose(1, 0, 2).reshape(hidden.shape)
            hidden = self.normalise(hidden + _linear(mixed, layer["mix"]), layer["mix_norm"])
            wide = self.between(hidden, layer)
            hidden = self.normalise(hidden + _linear(wide, layer["narrow"]), layer["narrow_norm"])
        return hidden

    def embedded(self, ids, position):
        return self.words[ids].astype(float) + self.positions[position : position + len(ids)]

    def turned(self, heads):
        """What positions do to queries or keys, (heads, tokens, components)."""
        return heads

    def between(self, hidden, layer):
        """What lies between the wide layers."""
        return BY_FORMULA[self.shape.activation](_linear(hidden, layer["widen"]))

    def normalise(self, hidden, norm):
        off = hidden - hidden.mean(axis=1, keepdims=True)
        return (
            off / np.sqrt((off**2).mean(axis=1, keepdims=True) + self.shape.epsilon) * norm[0]
            + norm[1]
        )


def _linear(hidden, layer):
    return hidden @ layer[0].T.astype(float) + layer[1]


def _gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def _gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


BY_FORMULA = {"gelu": _gelu, "gelu_tanh": _gelu_tanh, "relu": lambda x: np.maximum(x, 0)}


def texts_of(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 50, length) for length in lengths]


def packed(texts):
    """Token ids, positions and offsets of texts end to end."""
    indptr = np.concatenate(([0], np.cumsum([len(text) for text in texts]))).astype(np.int64)
    ids = np.concatenate([np.empty(0, np.int64), *texts])
    positions = np.concatenate([np.empty(0, np.int64), *(np.arange(len(text)) for text in texts)])
    return ids, positions, indptr


def run(encoder, texts, n_threads=1, turns=None):
    """The texts' hidden states, one array a text."""
    given = packed(texts)
    return np.split(encoder.forward(*given, n_threads, turns=turns), given[2][1:-1])


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("activation", BY_FORMULA)
def test_activations(simd, activation):
    x = np.concatenate((np.linspace(-12, 12, 100_001), [-1e30, -100, -5.5, 0, 5.5, 100, 1e30]))
    x = x.astype(np.float32)
    with np.errstate(over="ignore"):
        exact = BY_FORMULA[activation](x.astype(float))
    got = _encoder.activate(activation, x, simd)
    assert got.dtype == np.float32
    # What float32 rounding of a product of x costs.
    assert (np.abs(got - exact) <= 2.5e-7 * np.maximum(1, np.abs(x))).all()


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize(
    "shape",
    [
        Shape(),
        Shape(activation="relu", epsilon=1e-3),
        Shape(hidden=60, wide=100, heads=5, activation="gelu_tanh"),
        Shape(hidden=7, wide=3, heads=7, layers=1),
        Shape(hidden=192, wide=64, heads=2, layers=1),
        # Layers that take pairs of rows: in one chunk, in two, and with a panel that is not full.
        Shape(hidden=256, wide=1024, heads=4, layers=1),
        Shape(hidden=256, wide=1000, heads=4, layers=1),
        Shape(hidden=256, wide=512, heads=4),
        Shape(hidden=33, heads=1, layers=0),
    ],
    ids=lambda shape: f"{shape.hidden}-{shape.wide}-{shape.heads}",
)
def test_every_length_by_formula(simd, shape):
    model = Model(shape, seed=shape.hidden)
    lengths = [*range(1, 71), 95, 96, 97, 127, 128, 129, 255, 256, 257, 511, 512]
    texts = texts_of(lengths)
    for text, hidden in zip(texts, run(model.encoder(simd), texts), strict=True):
        np.testing.assert_allclose(hidden, model.by_formula(text), rtol=0, atol=1e-5)


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_neighbours_and_threads_change_no_bit(simd, n_threads):
    # Large enough that threads share bundles out, or, for the texts alone, the steps of one.
    encoder = Model(Shape(hidden=256, wide=1024, heads=4), seed=1).encoder(simd)
    texts = texts_of([300, 200, *[40] * 20, *range(30, 0, -1)], seed=2)
    alone = [run(encoder, [text])[0] for text in texts]
    for together in (run(encoder, texts, n_threads), run(encoder, texts[::-1], n_threads)[::-1]):
        assert all((a == b).all() for a, b in zip(alone, together, strict=True))
    for text, states in zip(texts[:3], alone, strict=False):
        assert (run(encoder, [text], n_threads)[0] == states).all()


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize(("epsilon", "apart"), [(1.0, 4), (1e4, 300)])
def test_a_pair_of_unlike_rows(simd, epsilon, apart):
    """A token beside others with states many times as large, which LayerNorm's epsilon allows."""
    model = Model(Shape(hidden=256, wide=512, heads=4, layers=1, epsilon=epsilon), seed=10)
    model.words[::2] *= 1000
    model.positions *= 0.001
    model.norm[1][:] = 0
    text = texts_of([128], seed=11)[0]
    small = text % 2 == 1
    states = model.normalise(model.words[text].astype(float) + model.positions[:128], model.norm)
    norms = np.linalg.norm(states, axis=1)
    assert norms[~small].min() > apart * norms[small].max()

    def errors(length):
        got, exact = run(model.encoder(simd), [text[:length]])[0], model.by_formula(text[:length])
        off = np.abs(got - exact)
        return np.array([off[small[:length]].max(), off[~small[:length]].max()])

    assert (errors(128) < 4 * errors(63)).all()


@pytest.mark.parametrize("simd", TIERS)
def test_scores_far_apart(simd):
    """Softmax where one score is hundreds above the rest."""
    model = Model(Shape(), seed=3)
    for layer in model.layers:
        layer["qkv"] = (layer["qkv"][0] * 40, layer["qkv"][1])
    texts = texts_of([5, 40, 100])
    for text, hidden in zip(texts, run(model.encoder(simd), texts), strict=True):
        assert np.isfinite(hidden).all()
        assert np.abs(hidden - model.by_formula(text)).max() < 2e-2


@pytest.mark.parametrize("simd", TIERS)
def test_scores_all_far_below_zero(simd):
    """Room behind the last key scores nothing, not zero, which would be the largest here."""
    model = Model(Shape(layers=1), seed=5)
    bias = model.layers[0]["qkv"][1]
    bias[:64] += 10
    bias[64:128] -= 10
    texts = texts_of([1, 5, 33, 40])
    for text, hidden in zip(texts, run(model.encoder(simd), texts), strict=True):
        assert np.abs(hidden - model.by_formula(text)).max() < 1e-3


@pytest.mark.parametrize("simd", TIERS)
@pytest.mark.parametrize("int8", [False, True])
@pytest.mark.parametrize(
    "shape",
    [
        Shape(),
        Shape(hidden=60, wide=100, heads=5, activation="gelu_tanh"),
        Shape(hidden=7, wide=3, heads=7, layers=1),
        Shape(hidden=33, heads=1, layers=0),
        Shape(hidden=256, wide=1024, heads=4),
    ],
    ids=lambda shape: f"{shape.hidden}-{shape.wide}-{shape.heads}",
)
def test_tokens_that_are_read_alone_have_the_same_bits(simd, int8, shape):
    encoder = Model(shape, seed=6).encoder(simd, int8)
    rng = np.random.default_rng(7)
    for lengths in (
        [1],
        [9],
        [512],
        [1] * 700,
        [300, 200, *[40] * 20, *range(30, 0, -1)],
        [512, *[1] * 500],
    ):
        given = packed(texts_of(lengths, seed=8))
        states = encoder.forward(*given, 1)
        first, last = given[2][:-1], given[2][1:] - 1
        for reads in (first, last, first + rng.integers(0, lengths)):
            for n_threads in (1, 2, 5):
                got = encoder.forward(*given, n_threads, np.ascontiguousarray(reads))
                assert got.shape == (len(lengths), shape.hidden)
                assert (got == states[reads]).all()


def test_a_token_that_is_read_by_formula():
    model = Model(Shape(), seed=9)
    texts = texts_of([1, 7, 40, 130, 512])
    given = packed(texts)
    got = model.encoder().forward(*given, 2, np.ascontiguousarray(given[2][:-1]))
    expected = [model.by_formula(text)[0] for text in texts]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("lengths", "reads", "error"),
    [
        ([2, 3], [0], "2 texts need a token each that is read, not 1"),
        ([2, 3], [2, 3], "token 2 is not of text 0, which has 0 to 2"),
        ([2, 3], [-1, 3], "token -1 is not of text 0"),
        ([2, 3], [0, 5], "token 5 is not of text 1"),
        ([2, 0], [0, 2], "token 2 is not of text 1"),
        ([], [0], "0 texts need"),
    ],
)
def test_wrong_tokens_to_read_are_refused(lengths, reads, error):
    with pytest.raises((ValueError, IndexError), match=error):
        Model(Shape()).encoder().forward(*packed(texts_of(lengths)), 1, np.array(reads, np.int64))


def test_no_texts_to_read():
    got = Model(Shape()).encoder().forward(*packed([]), 1, np.empty(0, np.int64))
    assert got.shape == (0, 64)


def test_texts_without_tokens():
    encoder = Model(Shape()).encoder()
    assert run(encoder, [])[0].shape == (0, 64)
    text = texts_of([9])[0]
    empty = text[:0]
    states = run(encoder, [empty, text, empty, empty, text, empty], 2)
    assert [len(each) for each in states] == [0, 9, 0, 0, 9, 0]
    assert (states[1] == states[4]).all()


def test_pickling_keeps_every_bit():
    encoder = Model(Shape(), seed=4).encoder()
    again = pickle.loads(pickle.dumps(encoder))
    assert again.simd == encoder.simd == TIERS[-1]
    texts = texts_of([3, 20])
    for one, other in zip(run(encoder, texts), run(again, texts), strict=True):
        assert (one == other).all()


def test_tiers():
    assert TIERS[0] == "baseline"
    encoder = Model(Shape()).encoder
    assert encoder("baseline").simd == "baseline"
    with pytest.raises(ValueError, match=r"simd must be one of baseline.*not 'mmx'"):
        encoder("mmx")


def test_wrong_shapes_are_refused():
    model = Model(Shape())
    with pytest.raises(ValueError, match="no encoder has the shape"):
        _encoder.BertEncoder((64, 96, 5, 1, "gelu", 0.0), model.words, model.positions)
    with pytest.raises(ValueError, match="a matrix is 50 x 64, not 50 x 32"):
        _encoder.BertEncoder((32, 96, 4, 1, "gelu", 0.0), model.words, model.positions)
    encoder = model.encoder()
    with pytest.raises(IndexError, match="no layer 2 of 2"):
        encoder.set_layer(2, **model.layers[0])
    with pytest.raises(ValueError, match="a matrix is 64 x 64, not 192 x 64"):
        encoder.set_layer(0, **model.layers[0] | {"qkv": model.layers[0]["mix"]})
    with pytest.raises(ValueError, match="a row has 63 numbers, not 64"):
        encoder.set_norm((model.norm[0][1:], model.norm[1]))


@pytest.mark.parametrize(
    ("ids", "positions", "indptr", "error"),
    [
        ([1, 50], [0, 1], [0, 2], "token 50 is not in a table of 50 rows"),
        ([1, -1], [0, 1], [0, 2], "token -1"),
        ([1, 2], [0, 600], [0, 2], "position 600 is not in a table of 600 rows"),
        ([1, 2], [0], [0, 2], "2 tokens need as many positions, not 1"),
        ([1, 2], [0, 1], [0, 1], "offsets must run from 0 to the number of tokens, 2"),
        ([1, 2], [0, 1], [1, 2], "offsets must run from 0 to the number of tokens, 2"),
        ([1, 2], [0, 1], [], "offsets must run from 0 to the number of tokens, 2"),
        ([1, 2], [0, 1], [0, 3, 1, 2], "offsets fall behind text 1"),
    ],
)
def test_wrong_tokens_are_refused(ids, positions, indptr, error):
    arguments = [np.array(numbers, np.int64) for numbers in (ids, positions, indptr)]
    with pytest.raises((ValueError, IndexError), match=error):
        Model(Shape()).encoder().forward(*arguments, 1)
