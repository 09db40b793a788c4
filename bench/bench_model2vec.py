"""A static model, texts to vectors, against model2vec; vectors must be equal to the bit.

The table is random, of 256 components; the tokenizer is MiniLM's. Each tokenises by itself.
"""

import json
import re
import shutil
import warnings
from importlib.metadata import version

import numpy as np
import pytest
from safetensors.numpy import save_file

from bench.paired import paired
from embedfn.dense import Model2VecEmbeddingFunction
from embedfn.encoder.resolve import resolve_model

MODEL = "all-MiniLM-L6-v2"
DIM = 256
EVERY = 4  # of the corpus' passages: the peer takes seconds for all


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Ours and the peer's of one folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from model2vec import StaticModel

    folder = tmp_path_factory.mktemp("static")
    minilm = resolve_model(MODEL)
    shutil.copy(minilm / "tokenizer.json", folder)
    size = json.loads((minilm / "config.json").read_text())["vocab_size"]
    table = np.random.default_rng(1).standard_normal((size, DIM)).astype(np.float32)
    save_file({"embeddings": table}, folder / "model.safetensors")
    settings = {"model_type": "model2vec", "normalize": True}
    (folder / "config.json").write_text(json.dumps(settings))
    return Model2VecEmbeddingFunction(folder), StaticModel.from_pretrained(folder)


@pytest.mark.parametrize("kind", ["passages", "first sentences"])
def bench_static(benchmark, passages, models, kind):
    ours, peer = models
    name, texts = passages
    texts = texts[::EVERY]
    if kind == "first sentences":
        texts = [re.split(r"(?<=[.:])\s", text)[0] for text in texts]
    assert ours(texts, output="array").tobytes() == peer.encode(texts).tobytes()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    paired(
        benchmark,
        lambda: ours(texts, output="array"),
        lambda: peer.encode(texts),
        work=f"static model, dim {DIM}, {len(texts):,} {kind} of {name}",
        peer_name=f"model2vec {version('model2vec')}",
        amounts=(megabytes, megabytes),
        unit="MB",
    )
