"""BGE-M3 and its scores against FlagEmbedding, on a random checkpoint of its shape.

XLM-RoBERTa large (24 layers of 1,024 components, 16 heads, positions for 8,192 tokens) with random
weights, and a Unigram tokenizer of as many pieces as the words of the corpus give.
The peer need not bring all that it names: ``pip install --no-deps FlagEmbedding==1.4.2`` and
``peft accelerate datasets dill multiprocess xxhash psutil`` will do.
``EMBEDFN_BENCH_LAYERS`` takes fewer layers, ``EMBEDFN_BENCH_PASSAGES`` another number of passages,
``EMBEDFN_BENCH_DEVICE=cuda`` fp16 on a GPU in place of fp32 on the CPU.
"""

import os
import warnings
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array, vstack
from tests.encoder.models import quiet
from tests.hybrid.peers import check
from tests.hybrid.test_flagembedding import their_vectors

from bench.hybrid_work import (
    ATOL,
    DEVICE,
    HALF,
    ROUNDS,
    WHERE,
    mixed,
    needs_device,
    on_cpu,
    tokenizer,
)
from bench.paired import paired
from embedfn import kernels
from embedfn._csr import build_csr
from embedfn.encoder.pack import PackQueue
from embedfn.hybrid import BGEM3EmbeddingFunction, colbert_scores

PEER = f"FlagEmbedding {version('FlagEmbedding')}"
LAYERS = int(os.environ.get("EMBEDFN_BENCH_LAYERS", "24"))
PASSAGES = int(os.environ.get("EMBEDFN_BENCH_PASSAGES", "48"))
ALL = {"return_dense": True, "return_sparse": True, "return_colbert_vecs": True}
QUERY = "how to mount a drive in the file tree"
pytestmark = needs_device


@pytest.fixture(scope="module")
def models(passages, tmp_path_factory):
    """(ours, FlagEmbedding's) of one checkpoint, with every kind of vector."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    folder = tmp_path_factory.mktemp("m3")
    torch.manual_seed(0)
    with quiet():
        made = tokenizer(passages[1])
        made.model_max_length = 8192
        config = XLMRobertaConfig(
            vocab_size=len(made),
            hidden_size=1024,
            num_hidden_layers=LAYERS,
            num_attention_heads=16,
            intermediate_size=4096,
            max_position_embeddings=8194,
            type_vocab_size=1,
            layer_norm_eps=1e-5,
        )
        XLMRobertaModel(config, add_pooling_layer=True).save_pretrained(folder)
        made.save_pretrained(folder)
    for name, outputs in (("colbert_linear", 1024), ("sparse_linear", 1)):
        torch.save(torch.nn.Linear(1024, outputs).state_dict(), folder / f"{name}.pt")
    with warnings.catch_warnings(), quiet():
        warnings.simplefilter("ignore")
        from FlagEmbedding import BGEM3FlagModel

        peer = BGEM3FlagModel(str(folder), use_fp16=HALF, devices=DEVICE)
    ours = BGEM3EmbeddingFunction(folder, device=DEVICE, use_fp16=HALF, return_colbert_vecs=True)
    return ours, peer


def their_encode(peer, texts, batch_size):
    with quiet():
        return peer.encode(texts, batch_size=batch_size, max_length=512, **ALL)


def bench_one_query(benchmark, models):
    ours, peer = models
    check(ours.encode_queries([QUERY]), their_vectors(peer, [QUERY], 512), ATOL, least=0)
    paired(
        benchmark,
        lambda: ours.encode_queries([QUERY]),
        lambda: their_encode(peer, [QUERY], 16),
        work=f"BGE-M3's shape, {LAYERS} layers, one query, all vectors, {WHERE}",
        peer_name=PEER,
        rounds=5,
    )


@pytest.mark.parametrize("size", [16, 256], ids=["upstream-size", "default-size"])
def bench_passages(benchmark, passages, models, size):
    """With upstream's batch size, and with FlagEmbedding's own default."""
    ours, peer = models
    corpus, texts = passages
    texts = mixed(texts, PASSAGES)
    check(ours(texts[:6]), their_vectors(peer, texts[:6], 512), ATOL, least=0)
    paired(
        benchmark,
        lambda: ours.encode_documents(texts),
        lambda: their_encode(peer, texts, size),
        work=f"BGE-M3's shape, {LAYERS} layers, {len(texts)} passages of 4 to 300 words, {corpus}, "
        f"{WHERE}",
        peer_name=f"{PEER}, batch size {size}",
        rounds=ROUNDS,
    )


@on_cpu
def bench_eight_bits(benchmark, passages, models):
    """Bytes in the linear layers, against ourselves in fp32."""
    ours, peer = models
    corpus, texts = passages
    texts = mixed(texts, PASSAGES)
    folder = peer.model_name_or_path
    rough = BGEM3EmbeddingFunction(folder, device="cpu", return_colbert_vecs=True, dtype="int8")
    left, right = rough(texts[:6])["dense"], ours(texts[:6])["dense"]
    assert np.einsum("ij,ij->i", left, right).min() > 0.98
    paired(
        benchmark,
        lambda: rough.encode_documents(texts),
        lambda: ours.encode_documents(texts),
        work=f"BGE-M3's shape, {LAYERS} layers, {len(texts)} passages, int8, {corpus}",
        peer_name="ourselves, fp32",
        rounds=1,
    )


@on_cpu
def bench_behind_the_forward_pass(benchmark, passages, models):
    """Our heads and gathering, against the forward pass before them: its ratio is their share."""
    ours, _ = models
    corpus, texts = passages
    texts = mixed(texts, 12)
    encoder = ours._encoder
    worker = encoder._workers[0]
    forward, kept = worker._forward, []

    def remembered(pack, reads):
        kept.append(forward(pack, reads))
        return kept[-1]

    tokens = encoder._tokens(texts, 512)
    worker._forward = remembered
    try:
        encoder._encoded(tokens)
        worker._forward = lambda pack, reads: kept[0]
        assert len(kept) == 1
        encoder._encoded(tokens)
        paired(
            benchmark,
            lambda: encoder._encoded(tokens),
            lambda: forward(encoder_pack(tokens, encoder)),
            work=f"heads and gathering alone, {len(tokens.ids)} tokens, {corpus}",
            peer_name="our forward pass before them",
            rounds=2,
        )
    finally:
        worker._forward = forward


def encoder_pack(tokens, encoder):
    """The one pack of some tokens."""
    return PackQueue(tokens, encoder._budget).take()


@on_cpu
def bench_lexical_weights(benchmark):
    """Tokens' weights to a matrix: sorted natively here, by way of dicts of str there."""
    rng = np.random.default_rng(0)

    lengths = rng.integers(8, 512, 256)
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    ids = (rng.zipf(1.3, indptr[-1]) % 250_002).astype(np.int64)
    weights = rng.standard_normal(indptr[-1]).astype(np.float32)
    skipped = np.arange(250_002) < 4
    padded = np.zeros((len(lengths), lengths.max()), np.float32)
    padded_ids = np.ones(padded.shape, np.int64)
    for row, (start, end) in enumerate(pairwise(indptr)):
        padded[row, : end - start] = weights[start:end]
        padded_ids[row, : end - start] = ids[start:end]

    def ours():
        found = kernels.token_maxima(ids, weights, indptr, skipped, 1)
        return build_csr(*found, 250_002)

    # FlagEmbedding's dicts of str, and upstream's way back from them.
    def theirs():
        rows = []
        for values, tokens in zip(padded, padded_ids.tolist(), strict=True):
            best = {}
            for weight, token in zip(values, tokens, strict=True):
                if token > 3 and weight > 0:
                    key = str(token)
                    if weight > best.get(key, 0):
                        best[key] = weight
            columns = [int(key) for key in best]
            data = np.array(list(best.values()), dtype=np.float64)
            rows.append(csr_array((data, ([0] * len(columns), columns)), shape=(1, 250_002)))
        return vstack(rows).tocsr()

    matrix = theirs()
    matrix.sort_indices()
    assert (abs(ours() - matrix) > 1e-6).nnz == 0
    paired(
        benchmark,
        ours,
        theirs,
        work=f"lexical weights of {len(lengths)} texts, {indptr[-1]:,} tokens, to CSR",
        peer_name="the same steps as FlagEmbedding and pymilvus.model take",
    )


def bench_late_interaction(benchmark):
    """One query against 200 passages' token vectors."""
    from FlagEmbedding import BGEM3FlagModel

    rng = np.random.default_rng(0)

    def unit(count):
        vectors = rng.standard_normal((count, 1024)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    query, passages = unit(12), [unit(n) for n in rng.integers(8, 256, 200)]

    def theirs():
        score = BGEM3FlagModel.colbert_score
        return [score(None, query, passage).item() for passage in passages]

    np.testing.assert_allclose(colbert_scores([query], passages)[0], theirs(), atol=1e-5)
    paired(
        benchmark,
        lambda: colbert_scores([query], passages),
        theirs,
        work=f"late interaction, 12 vectors by {sum(map(len, passages)):,} of 200 passages",
        peer_name=f"{PEER}, colbert_score",
    )
