"""Models of which one token of each text is read: who says so, and that nothing else changes."""

import numpy as np
import pytest
import torch

from embedfn import kernels
from embedfn.encoder import forward
from embedfn.encoder.engine import Encoder
from embedfn.encoder.graphs import Graphs
from embedfn.encoder.pack import Pack
from embedfn.encoder.pool import pool, tokens_read
from embedfn.hybrid import BGEM3EmbeddingFunction, MGTEEmbeddingFunction
from embedfn.reranker import CrossEncoderRerankFunction
from tests.encoder.models import Recipe, build, build_classifier, peer_vectors
from tests.encoder.texts import HARD, random_texts
from tests.hybrid.models import build_gte, build_m3


def pack_of(lengths, seed=0):
    lengths = np.sort(np.array(lengths, np.int64))[::-1]
    ids = np.random.default_rng(seed).integers(5, 60, int(lengths.sum()))
    return Pack(np.arange(len(lengths)), lengths, ids)


@pytest.mark.parametrize("mode", ["cls", "lasttoken"])
@pytest.mark.parametrize("skip", [0, 1, 4, 5, 9, 30])
@pytest.mark.parametrize("lengths", [[1], [20], [20, 9, 9, 5, 4, 1]])
def test_the_token_makes_the_vector_of_all(mode, skip, lengths):
    pack = pack_of(lengths)
    hidden = torch.randn(len(pack.ids), 6, generator=torch.Generator().manual_seed(1))
    reads = tokens_read(pack, (mode,), skip)
    if reads is None:
        assert mode == "lasttoken"
        assert skip >= min(lengths)  # such a text's vector is zeros
        return
    got = pool(hidden[torch.from_numpy(reads)], [(len(reads), 1)], (mode,))
    assert torch.equal(got, pool(hidden, pack.runs, (mode,), skip))


@pytest.mark.parametrize(
    "modes",
    [("mean",), ("max",), ("mean_sqrt_len_tokens",), ("weightedmean",), ("cls", "lasttoken")],
)
def test_poolings_that_read_more(modes):
    assert tokens_read(pack_of([3, 2]), modes) is None


def gte(folder):
    return MGTEEmbeddingFunction(build_gte(folder), device="cpu")._encoder._workers[0]._forward


@pytest.fixture(params=["native", "torch"])
def way(request, monkeypatch):
    if request.param == "torch":
        monkeypatch.setattr(kernels, "BertEncoder", None)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("family", ["bert", "roberta", "mpnet", "modernbert", "albert", "gte"])
@torch.inference_mode()
def test_states_are_those_among_all(family, tmp_path):
    if family == "gte":
        run = gte(tmp_path)
    else:
        run = Encoder(build(tmp_path, Recipe(family)), "cpu")._forward
    rng = np.random.default_rng(3)
    for lengths in ([1], [30], [1] * 40, [60, 33, 33, 20, 2, 1]):
        pack = pack_of(lengths)
        states = run(pack)
        for reads in (pack.indptr[:-1], pack.indptr[:-1] + rng.integers(0, pack.lengths)):
            got = run(pack, np.ascontiguousarray(reads))
            torch.testing.assert_close(got, states[torch.from_numpy(reads)], rtol=0, atol=2e-6)


@torch.inference_mode()
def test_states_of_recorded_passes(small_model, monkeypatch):
    monkeypatch.setattr(kernels, "BertEncoder", None)
    run = Encoder(small_model, "cpu")._forward
    pack = pack_of([20, 9, 3])
    reads = np.array([0, 25, 31])
    expected = run(pack)[torch.from_numpy(reads)]

    def record(once):
        result = once()
        return lambda: result.copy_(once())

    run._graphs = Graphs(run._bert, torch.device("cpu"), None, record)
    torch.testing.assert_close(run(pack, reads), expected, rtol=0, atol=1e-5)


@pytest.fixture
def asked(monkeypatch):
    """Of each pack that the native way was given, which tokens were said to be read."""
    seen = []
    whole = forward.NativeForward.__call__

    def spy(self, pack, reads=None):
        seen.append(None if reads is None else (reads - pack.indptr[:-1]).tolist())
        return whole(self, pack, reads)

    monkeypatch.setattr(forward.NativeForward, "__call__", spy)
    return seen


def test_who_reads_one_token(asked, tmp_path):
    texts = ["hello world", "academic"]
    Encoder(build(tmp_path / "cls", Recipe(pooling="cls")), "cpu").encode(texts)
    CrossEncoderRerankFunction(build_classifier(tmp_path / "pairs"), "cpu")("the", texts)
    folder = build_m3(tmp_path / "m3")
    BGEM3EmbeddingFunction(folder, device="cpu", return_sparse=False).encode_documents(texts)
    assert asked == [[0, 0]] * 3
    asked.clear()
    Encoder(build(tmp_path / "mean"), "cpu").encode(texts)
    both = Recipe(pooling=("cls", "mean"))
    Encoder(build(tmp_path / "both", both), "cpu").encode(texts)
    BGEM3EmbeddingFunction(folder, device="cpu").encode_documents(texts)
    assert asked == [None] * 3


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("pooling", ["cls", "lasttoken"])
def test_prompts_that_are_not_pooled_as_peer(pooling, tmp_path):
    folder = build(tmp_path, Recipe(pooling=pooling, include_prompt=False))
    texts = [*HARD, *random_texts(20, seed=31)]
    encoder = Encoder(folder, "cpu")
    for prompt in ("", "hello world: "):
        expected = peer_vectors(folder, texts, prompt=prompt or None)
        got = encoder.encode(texts, prompt=prompt)
        np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)
