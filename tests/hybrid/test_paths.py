"""Ways through the hybrid encoder that a CPU takes when told to: those of GPUs, and threads."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from embedfn.encoder import hybrid
from embedfn.hybrid import BGEM3EmbeddingFunction
from tests.hybrid.texts import mixed, sentences

TEXTS = [*sentences(), *mixed(30, 100)]


def same(left, right):
    """Whether two results are equal to the bit."""
    assert left.keys() == right.keys()
    for key in left.keys() & {"dense", "colbert_vecs"}:
        for one, other in zip(left[key], right[key], strict=True):
            np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(left["sparse"].indptr, right["sparse"].indptr)
    np.testing.assert_array_equal(left["sparse"].indices, right["sparse"].indices)
    np.testing.assert_array_equal(left["sparse"].data, right["sparse"].data)


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_texts_tokenised_ahead_in_parts(m3, monkeypatch, step):
    wanted = m3(TEXTS)
    monkeypatch.setattr(hybrid, "GPU_TEXTS", step)
    monkeypatch.setattr(m3._encoder, "_tokenises_ahead", True)
    same(m3(TEXTS), wanted)
    assert m3([])["sparse"].shape == (0, m3.dim["sparse"])


@pytest.mark.parametrize(("dtype", "atol"), [("fp16", 0.02), ("bf16", 0.15)])
def test_half_precision_by_torch(m3, m3_folder, dtype, atol):
    ours = BGEM3EmbeddingFunction(m3_folder, device="cpu", dtype=dtype, return_colbert_vecs=True)
    half, whole = ours(sentences()), m3(sentences())
    np.testing.assert_allclose(half["dense"], whole["dense"], rtol=0, atol=atol)
    for left, right in zip(half["colbert_vecs"], whole["colbert_vecs"], strict=True):
        assert left.dtype == np.float32
        np.testing.assert_allclose(left, right, rtol=0, atol=atol)
    assert abs(half["sparse"] - whole["sparse"]).max() < 10 * atol


def test_many_threads(m3):
    wanted = m3(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: m3(TEXTS), range(16)):
            same(found, wanted)
