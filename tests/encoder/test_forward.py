"""Which way through the encoder is chosen, and that the ways agree."""

import numpy as np
import pytest
import torch

from embedfn import kernels
from embedfn.encoder.engine import Encoder
from embedfn.encoder.forward import NativeForward, TorchForward
from embedfn.kernels import _encoder
from tests.encoder.texts import HARD, random_texts


def test_the_native_way_is_for_single_precision(small_model):
    assert type(Encoder(small_model, "cpu")._forward) is NativeForward
    half = Encoder(small_model, "cpu", dtype=torch.bfloat16)
    assert type(half._forward) is TorchForward


def test_without_native_kernels_torch_runs(small_model, monkeypatch):
    monkeypatch.setattr(kernels, "BertEncoder", None)
    assert type(Encoder(small_model, "cpu")._forward) is TorchForward


@pytest.mark.parametrize("simd", _encoder.simd_tiers())
def test_tiers_agree_with_torch(minilm, monkeypatch, simd):
    texts = [*HARD, *random_texts(30, seed=21)]
    expected = Encoder(minilm, "cpu").encode(texts)
    monkeypatch.setenv("EMBEDFN_SIMD", simd)
    encoder = Encoder(minilm, "cpu")
    monkeypatch.setattr(kernels, "BertEncoder", None)
    by_torch = Encoder(minilm, "cpu").encode(texts)
    np.testing.assert_allclose(encoder.encode(texts), by_torch, rtol=0, atol=1e-6)
    np.testing.assert_allclose(expected, by_torch, rtol=0, atol=1e-6)


def test_an_unknown_tier_is_an_error(small_model, monkeypatch):
    monkeypatch.setenv("EMBEDFN_SIMD", "sse9")
    with pytest.raises(ValueError, match="simd must be one of baseline"):
        Encoder(small_model, "cpu")


@pytest.mark.parametrize("n_threads", ["1", "2", "3"])
def test_native_threads_change_no_bit(minilm, monkeypatch, n_threads):
    encoder = Encoder(minilm, "cpu")
    texts = [*HARD, *random_texts(30, seed=22)]
    monkeypatch.setenv("EMBEDFN_NUM_THREADS", "2")
    expected = encoder.encode(texts)
    monkeypatch.setenv("EMBEDFN_NUM_THREADS", n_threads)
    assert (encoder.encode(texts) == expected).all()
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert (alone == expected).all()


def test_int8_is_near_single_precision(minilm):
    texts = [*HARD, *random_texts(30, seed=23)]
    exact = Encoder(minilm, "cpu").encode(texts, normalise=True)
    encoder = Encoder(minilm, "cpu", dtype=torch.int8)
    vectors = encoder.encode(texts, normalise=True)
    assert vectors.dtype == np.float32
    assert (vectors * exact).sum(axis=1).min() > 0.98
    assert (vectors * exact).sum(axis=1).mean() > 0.99
    assert np.abs(vectors - exact).max() > 1e-4
    alone = np.concatenate([encoder.encode([text], normalise=True) for text in texts])
    assert (alone == vectors).all()


def test_int8_tiers_agree(minilm, monkeypatch):
    texts = random_texts(10, seed=24)
    states = []
    for simd in _encoder.simd_tiers():
        monkeypatch.setenv("EMBEDFN_SIMD", simd)
        states.append(Encoder(minilm, "cpu", dtype=torch.int8).encode(texts, normalise=True))
    # Products of codes are the same; a float's last bit may decide between two codes.
    for other in states[1:]:
        assert (states[0] * other).sum(axis=1).min() > 0.99


def test_int8_needs_the_kernels(small_model, monkeypatch):
    monkeypatch.setattr(kernels, "BertEncoder", None)
    with pytest.raises(ValueError, match="dtype 'int8' needs the native kernels"):
        Encoder(small_model, "cpu", dtype=torch.int8)
