"""MiniLM on a CPU: sentence-transformers, onnxruntime, F.linear and ourselves as peers.

Under five minutes on two cores that do nothing else.
"""

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
COUNTS = {"short": 200, "long": 48, "mixed": 64}


@pytest.fixture(scope="module")
def ours():
    return SentenceTransformerEmbeddingFunction(MODEL, device="cpu")


@pytest.fixture(scope="module")
def models(ours):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        peer = SentenceTransformer(str(resolve_model(MODEL)), device="cpu")
    return ours, peer


@pytest.fixture(scope="module")
def best_sizes():
    """The peer's best batch size for each kind, once it is known."""
    return {}


def sample(passages, kind):
    """(corpus, texts): the first sentences of passages, whole passages, or these in turn."""
    name, texts = passages
    count = COUNTS[kind]
    texts = texts[:: len(texts) // count][:count]
    short = [re.split(r"(?<=[.:])\s", text)[0] for text in texts]
    if kind == "mixed":
        return name, [pair[i % 2] for i, pair in enumerate(zip(short, texts, strict=True))]
    return name, short if kind == "short" else texts


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@pytest.mark.parametrize("against", ["best", "default"])
@pytest.mark.parametrize("kind", COUNTS)
def bench_dense(benchmark, passages, models, best_sizes, kind, against):
    ours, peer = models
    name, texts = sample(passages, kind)

    def encode(batch_size):
        return peer.encode(texts, batch_size=batch_size, show_progress_bar=False)

    if kind not in best_sizes:
        assert np.abs(np.array(ours(texts)) - encode(1)).max() < 1e-5
        best_sizes[kind] = min(BATCH_SIZES, key=lambda size: timed(lambda: encode(size)))
    size = best_sizes[kind] if against == "best" else DEFAULT
    paired(
        benchmark,
        lambda: ours(texts),
        lambda: encode(size),
        work=f"MiniLM, {len(texts)} x {kind}, {name}",
        peer_name=f"{PEER}, its {against} batch size ({size})",
        rounds=9,
    )


@pytest.mark.parametrize("kind", COUNTS)
def bench_onnx(benchmark, passages, ours, kind):
    """The same weights as an ONNX graph."""
    from bench.onnx_minilm import OnnxPeer

    peer = OnnxPeer(resolve_model(MODEL))
    name, texts = sample(passages, kind)
    assert np.abs(np.array(ours(texts)) - peer.encode(texts, 1)).max() < 1e-5
    size = min(BATCH_SIZES, key=lambda size: timed(lambda: peer.encode(texts, size)))
    paired(
        benchmark,
        lambda: ours(texts),
        lambda: peer.encode(texts, size),
        work=f"MiniLM, {len(texts)} x {kind}, {name}",
        peer_name=f"onnxruntime {version('onnxruntime')}, its best batch size ({size})",
        rounds=3,
    )


@pytest.mark.parametrize("what", ["length", "count"])
def bench_growth(benchmark, passages, ours, what):
    """Time must grow with the tokens: four times as many texts, or texts four times as long."""
    name, texts = passages
    words = " ".join(texts[:50]).split()
    short = [" ".join(words[i : i + 40]) for i in range(0, 1600, 40)]
    long = [" ".join(words[i : i + 160]) for i in range(0, 6400, 160)]
    few, many = (short, long) if what == "length" else (short, short * 4)
    many = [f"{i} {text}" for i, text in enumerate(many)]  # none twice
    tokens = [float(ours.count_tokens(each).tokens.clip(max=256).sum()) for each in (many, few)]
    ours(many)
    paired(
        benchmark,
        lambda: ours(many),
        lambda: ours(few),
        work=f"MiniLM, four times the {what}, {name}, tokens",
        peer_name="embedfn, once",
        amounts=tuple(tokens),
        unit="tokens",
    )


@pytest.mark.parametrize("kind", COUNTS)
def bench_int8(benchmark, passages, ours, kind):
    """Whole numbers in the linear layers against floats, both ours."""
    small = SentenceTransformerEmbeddingFunction(MODEL, device="cpu", dtype="int8")
    name, texts = sample(passages, kind)
    cosines = (small(texts, output="array") * ours(texts, output="array")).sum(axis=1)
    assert cosines.mean() > 0.99
    paired(
        benchmark,
        lambda: small(texts),
        lambda: ours(texts),
        work=f"MiniLM, {len(texts)} x {kind}, {name}, int8",
        peer_name="embedfn, fp32",
        cosine=float(cosines.min()),
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
        rounds=9,
    )


@pytest.mark.parametrize("kind", COUNTS)
def bench_linear_layers(benchmark, passages, models, kind):
    """All of our time, counted over the operations of the linear layers alone."""
    ours, peer = models
    name, texts = sample(passages, kind)
    tokens = int(ours.count_tokens(texts).tokens.clip(max=peer.max_seq_length).sum())
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
