"""Recorded passes: on the CPU with a recorder that runs again, on CUDA with graphs."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from embedfn.encoder import forward
from embedfn.encoder.engine import Encoder
from embedfn.encoder.graphs import MOST_PLACES, Graphs, bucket_of
from embedfn.encoder.pack import Pack
from tests.encoder.models import Recipe, build
from tests.encoder.texts import random_texts

NEEDS_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def pack_of(lengths, seed=0):
    """Texts of these lengths, longest first, with ids that every model here knows."""
    lengths = np.sort(np.array(lengths, np.int64))[::-1]
    ids = np.random.default_rng(seed).integers(5, 60, int(lengths.sum()))
    return Pack(np.arange(len(lengths)), lengths, ids)


class Recorder:
    """Counts what it records; stands for graphs in that a result is overwritten by the next."""

    def __init__(self, room=99):
        self.room = room
        self.count = 0

    def __call__(self, run):
        self.count += 1
        if self.count > self.room:
            raise torch.cuda.OutOfMemoryError
        result = run()
        return lambda: result.copy_(run())


@pytest.fixture(scope="module", params=["bert", "roberta", "distilbert", "mpnet"])
def folder(request, tmp_path_factory):
    """A small model."""
    return build(tmp_path_factory.mktemp(request.param), Recipe(request.param))


@pytest.fixture(scope="module")
def torch_way(folder):
    """Its forward pass by torch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forward.kernels, "BertEncoder", None)
        return Encoder(folder, "cpu")._forward


def graphs_of(way, recorder):
    return Graphs(way._bert, torch.device("cpu"), way._relative, recorder)


@pytest.mark.parametrize(
    ("lengths", "longest", "bucket"),
    [
        ([1], 512, (1, 16)),
        ([16], 512, (1, 16)),
        ([17, 3, 3], 512, (4, 32)),
        ([40, 1], 40, (2, 40)),
        ([5] * 256, 512, (256, 16)),
        ([5] * 257, 512, None),
        ([512] * 8, 512, (8, 512)),
        ([512] * 9, 512, None),
        ([MOST_PLACES], 8192, (1, MOST_PLACES)),
        ([MOST_PLACES + 1], 8192, None),
    ],
)
def test_buckets(lengths, longest, bucket):
    assert bucket_of(pack_of(lengths), longest) == bucket


@torch.inference_mode()
def test_states_are_those_of_a_pass_by_itself(torch_way):
    recorder = Recorder()
    graphs = graphs_of(torch_way, recorder)
    # Larger and smaller ones by turns, so that what an earlier pack left would show.
    shapes = [[40, 33, 7], [64], [1], [34], [40, 40, 40, 40], [33], [16, 1], [64] * 3, [2] * 200]
    packs = [pack_of(lengths, seed) for seed, lengths in enumerate([*shapes, *shapes])]
    states = [graphs(pack) for pack in packs]
    for pack, got in zip(packs, states, strict=True):
        torch.testing.assert_close(got, torch_way(pack), rtol=0, atol=1e-5)
    longest = torch_way._bert.config.max_tokens
    assert recorder.count == len({bucket_of(pack, longest) for pack in packs})
    assert graphs(pack_of([16] * 300)) is None


@torch.inference_mode()
def test_padding_tokens_in_a_text(torch_way):
    """RoBERTa's positions leave them out; other tokens' states must come out the same."""
    pack = pack_of([20, 9])
    pack.ids[[3, 22]] = torch_way._bert.config.pad_token_id
    got = graphs_of(torch_way, Recorder())(pack)
    torch.testing.assert_close(got, torch_way(pack), rtol=0, atol=1e-5)


@torch.inference_mode()
def test_a_bucket_without_memory_is_not_tried_again(torch_way):
    recorder = Recorder(room=1)
    graphs = graphs_of(torch_way, recorder)
    assert graphs(pack_of([5])) is not None
    assert graphs(pack_of([60])) is None
    assert graphs(pack_of([50])) is None
    assert recorder.count == 2
    assert graphs(pack_of([7])) is not None


def test_threads_take_turns(torch_way):
    graphs = graphs_of(torch_way, Recorder())
    packs = [pack_of([seed % 30 + 1] * (seed % 3 + 1), seed) for seed in range(40)]

    @torch.inference_mode()
    def run(pack):
        return graphs(pack)

    expected = [run(pack) for pack in packs]
    with ThreadPoolExecutor(8) as pool:
        for got, states in zip(pool.map(run, packs), expected, strict=True):
            torch.testing.assert_close(got, states, rtol=0, atol=1e-6)


@NEEDS_CUDA
@torch.inference_mode()
def test_states_on_cuda(folder, torch_way):
    on_cuda = Encoder(folder, "cuda", dtype=torch.float32)._forward
    for seed, lengths in enumerate([[40, 33, 7], [64], [1], [34], [40] * 4, [33], [64] * 300]):
        pack = pack_of(lengths, seed)
        torch.testing.assert_close(on_cuda(pack).cpu(), torch_way(pack), rtol=0, atol=1e-3)


@NEEDS_CUDA
def test_encoders_on_cuda(small_model):
    texts = random_texts(30, seed=3)
    expected = Encoder(small_model, "cpu").encode(texts, normalise=True)
    encoder = Encoder(small_model, "cuda")
    again = pickle.loads(pickle.dumps(encoder))
    for each in (encoder, again):
        together = each.encode(texts, normalise=True)
        alone = np.concatenate([each.encode([text], normalise=True) for text in texts])
        for vectors in (together, alone):
            assert (vectors * expected).sum(axis=1).min() > 0.9999
