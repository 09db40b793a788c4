"""mGTE against pymilvus.model, on a random checkpoint of its shape.

GTE's base shape (12 layers of 768 components, 12 heads, gated layers of 3,072) with random weights,
saved under transformers' own type "gte": upstream's class runs it by transformers, where for the
published files it would run their remote code. ``EMBEDFN_BENCH_PASSAGES`` takes another number of
passages, ``EMBEDFN_BENCH_DEVICE=cuda`` fp16 on a GPU in place of fp32 on the CPU.
"""

import os
from importlib.metadata import version
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from pymilvus.model.hybrid import MGTEEmbeddingFunction as Upstream
from tests.encoder.models import quiet

from bench.hybrid_work import ATOL, DEVICE, HALF, WHERE, mixed, needs_device, on_cpu, tokenizer
from bench.paired import paired
from embedfn.hybrid import MGTEEmbeddingFunction

PEER = f"pymilvus.model {version('pymilvus.model')}, transformers {version('transformers')}"
PASSAGES = int(os.environ.get("EMBEDFN_BENCH_PASSAGES", "96"))
QUERY = "how to mount a drive in the file tree"
pytestmark = needs_device


@pytest.fixture(scope="module")
def folder(passages, tmp_path_factory):
    from transformers import GteConfig, GteForTokenClassification

    folder = tmp_path_factory.mktemp("gte")
    torch.manual_seed(0)
    with quiet():
        made = tokenizer(passages[1])
        made.model_max_length = 8192
        config = GteConfig(
            vocab_size=len(made),
            hidden_size=768,
            num_hidden_layers=12,
            num_attention_heads=12,
            intermediate_size=3072,
            max_position_embeddings=8192,
            num_labels=1,
        )
        GteForTokenClassification(config).save_pretrained(folder)
        made.save_pretrained(folder)
    return folder


class Both(torch.nn.Module):
    """Transformers' model with the hidden states in its result, as the remote code gives them."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.config = model.config
        self.device = model.device

    def forward(self, return_dict, **given):
        hidden = self.model.gte(**given).last_hidden_state
        return SimpleNamespace(last_hidden_state=hidden, logits=self.model.classifier(hidden))


@pytest.fixture(scope="module")
def models(folder):
    """(ours, upstream's) of one checkpoint."""
    with quiet():
        upstream = Upstream(str(folder), device=DEVICE, use_fp16=HALF)
        upstream.model.model = Both(upstream.model.model.eval())
        return MGTEEmbeddingFunction(folder, device=DEVICE, use_fp16=HALF), upstream


def check(ours, theirs):
    """An error unless both gave the same vectors."""
    dense = np.stack([torch.as_tensor(vector).cpu() for vector in theirs["dense"]])
    np.testing.assert_allclose(np.stack(ours["dense"]), dense, atol=ATOL)
    off = abs(ours["sparse"] - theirs["sparse"])
    assert off.max() < ATOL
    assert theirs["sparse"].nnz > len(theirs["dense"])


def by_length(upstream, texts):
    """Upstream's documents in batches of like lengths, which it does not make itself."""
    return upstream.encode_documents(sorted(texts, key=len))


def bench_one_query(benchmark, models):
    ours, upstream = models
    check(ours.encode_queries([QUERY]), upstream.encode_queries([QUERY]))
    paired(
        benchmark,
        lambda: ours.encode_queries([QUERY]),
        lambda: upstream.encode_queries([QUERY]),
        work=f"mGTE's shape, one query, all vectors, {WHERE}",
        peer_name=PEER,
        rounds=9,
    )


@pytest.mark.parametrize("is_sorted", [False, True], ids=["as-given", "sorted"])
def bench_passages(benchmark, passages, models, is_sorted):
    """In the order given, as upstream takes them, and sorted by length for it."""
    ours, upstream = models
    corpus, texts = passages
    texts = mixed(texts, PASSAGES)
    check(ours(texts[:8]), upstream(texts[:8]))
    theirs = by_length if is_sorted else lambda upstream, texts: upstream.encode_documents(texts)
    paired(
        benchmark,
        lambda: ours.encode_documents(texts),
        lambda: theirs(upstream, texts),
        work=f"mGTE's shape, {len(texts)} passages of 4 to 300 words, {corpus}, {WHERE}",
        peer_name=f"{PEER}{', sorted by length' if is_sorted else ''}, batch size 16",
        rounds=3,
    )


@on_cpu
def bench_eight_bits(benchmark, folder, passages, models):
    """Bytes in the linear layers, against ourselves in fp32."""
    corpus, texts = passages
    texts = mixed(texts, PASSAGES)
    rough, ours = MGTEEmbeddingFunction(folder, device="cpu", dtype="int8"), models[0]
    left, right = np.stack(rough(texts[:8])["dense"]), np.stack(ours(texts[:8])["dense"])
    assert np.einsum("ij,ij->i", left, right).min() > 0.98
    paired(
        benchmark,
        lambda: rough.encode_documents(texts),
        lambda: ours.encode_documents(texts),
        work=f"mGTE's shape, {len(texts)} passages, int8, {corpus}",
        peer_name="ourselves, fp32",
        rounds=3,
    )
