"""MiniLM, texts to vectors, against sentence-transformers at its best batch size; fp32, CPU."""

import re
import time
import warnings
from importlib.metadata import version

import numpy as np
import pytest

from bench.paired import paired
from embedfn.dense import SentenceTransformerEmbeddingFunction
from embedfn.encoder.resolve import resolve_model

MODEL = "all-MiniLM-L6-v2"
PEER = f"sentence-transformers {version('sentence-transformers')}"
BATCH_SIZES = (1, 4, 8, 32)


@pytest.fixture(scope="module")
def models():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        peer = SentenceTransformer(str(resolve_model(MODEL)), device="cpu")
    return SentenceTransformerEmbeddingFunction(MODEL, device="cpu"), peer


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("kind", ["short", "long", "one query"])
def bench_dense(benchmark, passages, models, kind):
    ours, peer = models
    name, texts = passages
    texts = texts[:: len(texts) // 200][:200]
    if kind == "short":
        texts = [re.split(r"(?<=[.:])\s", text)[0] for text in texts]
    if kind == "one query":
        texts = ["Which class counts how often each element occurs?"]

    def encode(batch_size):
        return peer.encode(texts, batch_size=batch_size, show_progress_bar=False)

    assert np.abs(np.array(ours(texts)) - encode(1)).max() < 1e-5
    best = min(BATCH_SIZES, key=lambda size: min(timed(lambda: encode(size)) for _ in range(2)))
    paired(
        benchmark,
        lambda: ours(texts),
        lambda: encode(best),
        work=f"MiniLM, {len(texts)} x {kind}, {name}",
        peer_name=f"{PEER}, its best batch size ({best})",
        rounds=5 if len(texts) > 1 else 100,
    )
