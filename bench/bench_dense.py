"""MiniLM, texts to vectors, against sentence-transformers and against F.linear; fp32, CPU."""

import re
import time
import warnings
from importlib.metadata import version

import numpy as np
import pytest
import torch
from torch.nn.functional import linear

from bench.paired import paired
from embedfn.dense import SentenceTransformerEmbeddingFunction
from embedfn.encoder.resolve import resolve_model

MODEL = "all-MiniLM-L6-v2"
PEER = f"sentence-transformers {version('sentence-transformers')}"
BATCH_SIZES = (1, 2, 4, 8, 16, 32)
DEFAULT = 32


@pytest.fixture(scope="module")
def models():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        peer = SentenceTransformer(str(resolve_model(MODEL)), device="cpu")
    return SentenceTransformerEmbeddingFunction(MODEL, device="cpu"), peer


def sample(passages, kind):
    """(corpus, texts): 200 whole passages, or the first sentence of each."""
    name, texts = passages
    texts = texts[:: len(texts) // 200][:200]
    if kind == "short":
        texts = [re.split(r"(?<=[.:])\s", text)[0] for text in texts]
    return name, texts


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("against", ["best", "default"])
@pytest.mark.parametrize("kind", ["short", "long"])
def bench_dense(benchmark, passages, models, kind, against):
    ours, peer = models
    name, texts = sample(passages, kind)

    def encode(batch_size):
        return peer.encode(texts, batch_size=batch_size, show_progress_bar=False)

    assert np.abs(np.array(ours(texts)) - encode(1)).max() < 1e-5
    size = DEFAULT
    if against == "best":
        size = min(BATCH_SIZES, key=lambda size: timed(lambda: encode(size)))
    paired(
        benchmark,
        lambda: ours(texts),
        lambda: encode(size),
        work=f"MiniLM, {len(texts)} x {kind}, {name}",
        peer_name=f"{PEER}, its {against} batch size ({size})",
    )


def bench_queries(benchmark, passages, models):
    ours, peer = models
    texts = [text[:50] for text in sample(passages, "short")[1][:20]]

    def ours_one_by_one():
        return [ours.encode_queries([text])[0] for text in texts]

    def peer_one_by_one():
        return [peer.encode(text, show_progress_bar=False) for text in texts]

    difference = np.array(ours_one_by_one()) - np.array(peer_one_by_one())
    assert np.abs(difference).max() < 1e-5
    paired(
        benchmark,
        ours_one_by_one,
        peer_one_by_one,
        work=f"MiniLM, {len(texts)} queries, one after another",
        peer_name=PEER,
        rounds=15,
    )


@pytest.mark.parametrize("kind", ["short", "long"])
def bench_linear_layers(benchmark, passages, models, kind):
    """All of our time, counted over the operations of the linear layers alone."""
    ours, peer = models
    name, texts = sample(passages, kind)
    tokens = sum(len(peer.tokenizer(text, truncation=True)["input_ids"]) for text in texts)
    config = peer[0].auto_model.config
    hidden, wide = config.hidden_size, config.intermediate_size
    weights = config.num_hidden_layers * hidden * (4 * hidden + 2 * wide)
    given, weight, bias = torch.randn(1024, hidden), torch.randn(wide, hidden), torch.randn(wide)
    times = 100

    def products():
        with torch.inference_mode():
            for _ in range(times):
                linear(given, weight, bias)

    products()
    ours(texts)
    paired(
        benchmark,
        lambda: ours(texts),
        products,
        work=f"MiniLM, {len(texts)} x {kind}, {name}, operations of linear layers",
        peer_name=f"F.linear, 1024 x {hidden} x {wide}, torch {torch.__version__}",
        amounts=(2e-9 * tokens * weights, 2e-9 * times * 1024 * hidden * wide),
        unit="GFLOP",
    )
