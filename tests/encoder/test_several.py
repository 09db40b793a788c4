"""One encoder on several devices, here the CPU more than once."""

import numpy as np
import pytest
import torch

from embedfn.dense import SentenceTransformerEmbeddingFunction
from embedfn.encoder.engine import Encoder
from embedfn.encoder.several import SeveralEncoders, choose_devices
from tests.encoder.texts import HARD, random_texts

TEXTS = [*HARD, *random_texts(60, seed=31)]


def test_vectors_and_their_order_are_those_of_one(small_model):
    one = SentenceTransformerEmbeddingFunction(small_model, device="cpu")
    two = SentenceTransformerEmbeddingFunction(small_model, devices=["cpu", "cpu"])
    wanted = one(TEXTS, output="array")
    assert (two(TEXTS, output="array") == wanted).all()
    blocks = list(two.encode_iter(iter(TEXTS), kind="text", block_size=17))
    assert (np.concatenate(blocks) == wanted).all()
    assert (two(TEXTS[:1], output="array") == wanted[:1]).all()
    assert two([]) == []
    assert two.dim == one.dim


def test_all_devices_work(small_model, monkeypatch):
    encoder = SeveralEncoders(small_model, ["cpu", "cpu", "cpu"])
    assert encoder._workers == [encoder] * 3  # one copy of the weights for a device
    sizes = []
    inner = Encoder._vectors

    def counted(self, pack, normalise, skip):
        sizes.append(len(pack.ids))
        return inner(self, pack, normalise, skip)

    monkeypatch.setattr(Encoder, "_vectors", counted)
    encoder.encode(TEXTS)
    assert len(sizes) >= 6


def test_a_lost_device_raises(small_model, monkeypatch):
    embed = SentenceTransformerEmbeddingFunction(small_model, devices=["cpu", "cpu"])
    wanted = embed(TEXTS, output="array")

    def lost(self, pack, normalise, skip):
        raise RuntimeError("device lost")

    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "_vectors", lost)
        with pytest.raises(RuntimeError, match="device lost"):
            embed(TEXTS)
    assert (embed(TEXTS, output="array") == wanted).all()


def test_memory_that_does_not_suffice(small_model, monkeypatch):
    embed = SentenceTransformerEmbeddingFunction(small_model, device="cpu")
    wanted = embed(TEXTS, output="array")
    longest = int(embed.count_tokens(TEXTS).tokens.clip(max=embed._model.folder.max_tokens).max())
    refused = []
    inner = Encoder._vectors

    def small(self, pack, normalise, skip):
        if len(pack.ids) > longest:
            refused.append(len(pack.ids))
            raise torch.cuda.OutOfMemoryError
        return inner(self, pack, normalise, skip)

    monkeypatch.setattr(Encoder, "_vectors", small)
    assert (embed(TEXTS, output="array") == wanted).all()
    at_once = len(refused)
    assert at_once > 0
    # The smaller budget holds for the blocks that follow.
    refused.clear()
    blocks = [block for _ in range(4) for block in [TEXTS]]
    got = list(embed._model.encode_blocks(blocks, True))
    assert all((vectors == wanted).all() for vectors in got)
    assert len(refused) == at_once


def test_wrong_devices(small_model):
    with pytest.raises(TypeError, match="devices must be a list"):
        choose_devices("cpu")
    for devices in ([], [None, "cpu"]):
        with pytest.raises(ValueError, match="at least one device"):
            choose_devices(devices)
    with pytest.raises(ValueError, match="'gpu' is not one of"):
        choose_devices(["cpu", "gpu"])
    with pytest.raises(ValueError, match="exclude each other"):
        SentenceTransformerEmbeddingFunction(small_model, device="cpu", devices=["cpu"])


@pytest.mark.skipif(torch.cuda.is_available(), reason="has CUDA")
def test_a_device_that_is_missing():
    with pytest.raises(RuntimeError, match="torch sees 0"):
        choose_devices(["cuda:63"])


def test_devices_of_several_types(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    with pytest.raises(ValueError, match="of one type"):
        choose_devices(["cpu", "cuda"])
    assert list(map(str, choose_devices(["cuda", "cuda:1", "cuda:0"]))) == [
        "cuda:1",
        "cuda:1",
        "cuda:0",
    ]
