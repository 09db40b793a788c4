"""The encoder on a CUDA device: ``python -m bench bench/bench_dense_gpu.py``; skipped without one.

Texts to NumPy vectors. MiniLM in fp16 against sentence-transformers in fp16 on the same device, and
its cosine to fp32 on the CPU; one query; a model of BGE-base's shape in bf16 against the rate of a
matrix product in the same run.
"""

import json
import shutil
import warnings
from importlib.metadata import version

import numpy as np
import pytest
import torch

from bench.bench_dense import BATCH_SIZES, timed
from bench.paired import paired
from embedfn.dense import SentenceTransformerEmbeddingFunction
from embedfn.encoder.resolve import resolve_model

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")

MODEL = "all-MiniLM-L6-v2"
PEER = f"sentence-transformers {version('sentence-transformers')}"
GPU_BATCH_SIZES = (*BATCH_SIZES, 128, 512)
TEXTS = 8000
BASE = {  # BAAI/bge-base-en-v1.5's config.json
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
}


@pytest.fixture(scope="module")
def texts(passages):
    name, texts = passages
    return name, texts[:: max(1, len(texts) // TEXTS)][:TEXTS]


@pytest.fixture(scope="module")
def models():
    """Ours and the peer's, both in fp16 on the device."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        options = {"dtype": torch.float16}
        peer = SentenceTransformer(str(resolve_model(MODEL)), device="cuda", model_kwargs=options)
    return SentenceTransformerEmbeddingFunction(MODEL, device="cuda", dtype="fp16"), peer


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder of BGE-base's shape: MiniLM's tokenizer, random weights."""
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base") / "model"
    shutil.copytree(resolve_model(MODEL), folder)
    for file in (*folder.glob("*.safetensors"), *folder.glob("*.bin")):
        file.unlink()
    values = json.loads((folder / "config.json").read_text()) | BASE
    (folder / "config.json").write_text(json.dumps(values))
    torch.manual_seed(1)
    weights = BertModel(BertConfig(**values), add_pooling_layer=False).state_dict()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    pooling = folder / "1_Pooling" / "config.json"
    settings = json.loads(pooling.read_text())
    settings["word_embedding_dimension"] = BASE["hidden_size"]
    pooling.write_text(json.dumps(settings))
    return folder


def bench_minilm(benchmark, texts, models):
    name, texts = texts
    ours, peer = models

    def encode(batch_size):
        return peer.encode(texts, batch_size=batch_size, show_progress_bar=False)

    exact = SentenceTransformerEmbeddingFunction(MODEL, device="cpu")(texts[::20], output="array")
    cosines = (ours(texts[::20], output="array") * exact).sum(axis=1)
    assert cosines.min() > 0.9999
    assert (ours(texts, output="array") * encode(512)).sum(axis=1).min() > 0.999
    size = min(GPU_BATCH_SIZES, key=lambda size: timed(lambda: encode(size)))
    paired(
        benchmark,
        lambda: ours(texts, output="array"),
        lambda: encode(size),
        work=f"MiniLM fp16, {len(texts)} passages of {name}, least cosine {cosines.min():.6f}",
        peer_name=f"{PEER} fp16, its best batch size ({size})",
        cosine=float(cosines.min()),
    )


@pytest.mark.parametrize("count", [1, 8, 32])
def bench_small_batches(benchmark, texts, models, count):
    """What CUDA graphs are for: one query, and a few."""
    ours, peer = models
    queries = [text[:50] for text in texts[1][:count]]
    ours(queries)  # records the graph
    paired(
        benchmark,
        lambda: [ours(queries, output="array") for _ in range(20)],
        lambda: [peer.encode(queries, show_progress_bar=False) for _ in range(20)],
        work=f"MiniLM fp16, 20 calls of {count} queries",
        peer_name=f"{PEER} fp16",
    )


def bench_base(benchmark, texts, base):
    """All of our time, counted over the operations of the linear layers alone."""
    name, texts = texts
    ours = SentenceTransformerEmbeddingFunction(base, device="cuda", dtype="bf16", batch_size=256)
    tokens = int(ours.count_tokens(texts).tokens.clip(max=256).sum())
    hidden, wide, layers = (
        BASE[k] for k in ("hidden_size", "intermediate_size", "num_hidden_layers")
    )
    weights = layers * hidden * (4 * hidden + 2 * wide)
    size, times = 8192, 40
    left, right = torch.randn(2, size, size, device="cuda", dtype=torch.bfloat16)

    def products():
        for _ in range(times):
            left @ right
        torch.cuda.synchronize()

    products()
    ours(texts, output="array")
    paired(
        benchmark,
        lambda: ours(texts, output="array"),
        products,
        work=f"BGE-base's shape, bf16, {len(texts)} passages of {name}, linear layers' operations",
        peer_name=f"a product of {size} x {size} x {size} in bf16, torch {torch.__version__}",
        amounts=(2e-12 * tokens * weights, 2e-12 * times * size**3),
        unit="TFLOP",
    )


def bench_devices(benchmark, texts, models):
    """All devices there are against one."""
    devices = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if len(devices) == 1:
        pytest.skip("needs two CUDA devices")
    name, texts = texts
    every = SentenceTransformerEmbeddingFunction(MODEL, devices=devices, dtype="fp16")
    apart = every(texts, output="array") - models[0](texts, output="array")
    assert np.abs(apart).max() < 1e-2
    paired(
        benchmark,
        lambda: every(texts, output="array"),
        lambda: models[0](texts, output="array"),
        work=f"MiniLM fp16, {len(texts)} passages of {name}, {len(devices)} devices",
        peer_name="embedfn, one device",
    )
