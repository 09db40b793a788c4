"""1,000 pairs through a cross-encoder of MiniLM's shape, against sentence-transformers."""

from importlib.metadata import version

import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from tests.encoder.models import Recipe, build_classifier, quiet

from bench.paired import paired
from embedfn.reranker import CrossEncoderRerankFunction

SHAPE = {
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 512,
}
PAIRS = 1000


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = build_classifier(tmp_path_factory.mktemp("model"), Recipe(config=SHAPE))
    # The tests' weights are for small models; these have the size that BERT's begin with.
    weights = load_file(folder / "model.safetensors")
    for tensor in weights.values():
        if tensor.ndim == 2:
            tensor *= 0.04 / tensor.std()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with quiet():
        from sentence_transformers import CrossEncoder

        peer = CrossEncoder(str(folder), device="cpu")
    return CrossEncoderRerankFunction(folder, "cpu"), peer


def bench_rerank(benchmark, models):
    ours, peer = models
    draw = np.random.default_rng(0)
    words = ["search", "vector", "the", "engine", "text", "of", "passage", "query", "rank"]
    lengths = draw.lognormal(2.3, 0.6, PAIRS).astype(int).clip(3, 50)
    texts = [" ".join(draw.choice(words, length)) for length in lengths]
    query = "which engine ranks"

    def theirs():
        pairs = [[query, text] for text in texts]
        return peer.predict(pairs, batch_size=32, show_progress_bar=False)

    got = np.empty(PAIRS)
    for result in ours(query, texts, top_k=0):
        got[result.index] = result.score
    assert np.abs(got - theirs()).max() < 1e-5
    paired(
        benchmark,
        lambda: ours(query, texts),
        theirs,
        work=f"{PAIRS} pairs, a cross-encoder of MiniLM's shape",
        peer_name=f"sentence-transformers {version('sentence-transformers')}, batch size 32",
        rounds=3,
    )
