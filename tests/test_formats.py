"""Output formats against Sentence Transformers' own quantisation, bit for bit."""

import numpy as np
import pytest

from embedfn._distinct import distinct
from embedfn._formats import BITS, BYTES, checked_format, checked_output

SHAPES = [(0, 5), (1, 1), (3, 8), (700, 13), (5000, 384)]


@pytest.fixture(scope="module")
def peer():
    from sentence_transformers.util.quantization import quantize_embeddings

    return quantize_embeddings


def vectors_of(shape, seed=1):
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal(shape).astype(np.float32)
    vectors[generator.random(shape) < 0.1] = 0  # signs of zero and of minus zero
    vectors[generator.random(shape) < 0.1] *= -0.0
    return vectors


def ranges_of(dim, seed=2):
    generator = np.random.default_rng(seed)
    ranges = np.sort(generator.standard_normal((2, dim)).astype(np.float32), axis=0)
    ranges[:, ::5] = ranges[0, ::5]  # components that never change
    return ranges


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", [*BYTES, *BITS])
def test_bytes_and_bits_are_sentence_transformers(peer, shape, name):
    vectors = vectors_of(shape)
    ranges = ranges_of(shape[1]) if name in BYTES else None
    kept = vectors.copy()
    ours = checked_format(name, ranges, shape[1]).convert(vectors)
    theirs = peer(vectors, name, ranges=ranges)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(vectors, kept)
    assert ours.flags.c_contiguous


@pytest.mark.parametrize("name", BYTES)
def test_values_on_the_bounds_are_sentence_transformers(peer, name):
    """Every level's edge, and the floats on either side of it."""
    ranges = np.array([[-0.37, 0.0], [0.61, 1.0]], np.float32)
    edges = (
        ranges[0] + (ranges[1] - ranges[0]) * np.arange(-2, 258, dtype=np.float32)[:, None] / 255
    )
    near = [edges, np.nextafter(edges, np.float32(-9)), np.nextafter(edges, np.float32(9))]
    vectors = np.concatenate(near).astype(np.float32)
    ours = checked_format(name, ranges, 2).convert(vectors)
    np.testing.assert_array_equal(ours, peer(vectors, name, ranges=ranges))


def test_float32_is_the_array_itself():
    vectors = vectors_of((3, 4))
    assert checked_format("float32", None, 4).convert(vectors) is vectors


def test_float16_rounds_as_numpy():
    vectors = vectors_of((5000, 7))
    half = checked_format("float16", None, 7).convert(vectors)
    assert half.dtype == np.float16
    np.testing.assert_array_equal(half, vectors.astype(np.float16))


def test_float16_that_overflows_is_an_error():
    vectors = np.array([[1, 65519.0], [1, 65520.0]], np.float32)
    assert checked_format("float16", None, 2).convert(vectors[:1])[0, 1] == 65504
    with pytest.raises(ValueError, match="value 65520, beyond float16"):
        checked_format("float16", None, 2).convert(vectors)


def test_bfloat16_rounds_to_even():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    torch = pytest.importorskip("torch")
    vectors = vectors_of((5000, 7))
    ours = checked_format("bfloat16", None, 7).convert(vectors)
    assert ours.dtype == ml_dtypes.bfloat16
    theirs = torch.from_numpy(vectors).bfloat16().view(torch.int16).numpy()
    np.testing.assert_array_equal(ours.view(np.int16), theirs)


@pytest.mark.parametrize(
    ("name", "ranges", "error", "text"),
    [
        (
            "float64",
            None,
            ValueError,
            "output_dtype must be one of float32, float16.*got 'float64'",
        ),
        (None, None, ValueError, "got None"),
        ("int8", None, ValueError, "needs ranges.*calibrate"),
        ("float32", [[0], [1]], TypeError, "ranges belong to output_dtype int8 and uint8"),
        ("ubinary", [[0], [1]], TypeError, "ubinary has no use for them"),
        ("int8", [[0, 0], [1, 1]], ValueError, r"shape \(2, 1\), not \(2, 2\)"),
        ("int8", [[0], [np.nan]], ValueError, "must be finite"),
        ("uint8", [[1], [0]], ValueError, "no component's smallest value above"),
    ],
)
def test_wrong_formats(name, ranges, error, text):
    with pytest.raises(error, match=text):
        checked_format(name, ranges, 1)


def test_wrong_outputs():
    assert checked_output("array")
    assert not checked_output("list")
    with pytest.raises(ValueError, match="output must be 'list' or 'array', not 'rows'"):
        checked_output("rows")


def test_distinct():
    texts = ["b", "a", "c"]
    assert distinct(texts) == (texts, None)
    assert distinct(texts)[0] is texts
    assert distinct([]) == ([], None)
    unique, which = distinct(["b", "a", "b", "", "", "a"])
    assert unique == ["b", "a", ""]
    assert which.tolist() == [0, 1, 0, 2, 2, 1]
