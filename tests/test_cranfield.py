"""The Cranfield collection: BM25 equal to upstream, and retrieval as good as it must be."""

import json

import numpy as np
import pytest

from embedfn import DefaultEmbeddingFunction
from embedfn.dense import SentenceTransformerEmbeddingFunction
from embedfn.sparse import BM25EmbeddingFunction, SpladeEmbeddingFunction
from tests.cranfield import (
    dense_scores,
    fused,
    ndcg_at_10,
    read_documents,
    read_gains,
    read_queries,
    sparse_scores,
)
from tests.sparse.test_bm25 import assert_same_bits


@pytest.fixture(scope="module")
def documents():
    return read_documents()


@pytest.fixture(scope="module")
def queries():
    return read_queries()


@pytest.fixture(scope="module")
def gains():
    return read_gains()


def test_ndcg_by_hand():
    gains = np.array([[3.0, 0.0, 1.0, *np.zeros(8)]])
    scores = np.array([[0.5, 0.4, 0.9, *np.zeros(8)]])
    # Ranked 1, 3, 0 by gain where 3, 1, 0 is best.
    wanted = (1 + 3 / np.log2(3)) / (3 + 1 / np.log2(3))
    assert ndcg_at_10(scores, gains) == pytest.approx(wanted)


def test_bm25_equals_upstream_bit_for_bit(documents, queries, upstream_bm25, nltk_data, tmp_path):
    ours, theirs = BM25EmbeddingFunction(corpus=documents), upstream_bm25(corpus=documents)
    assert list(ours.idf.items()) == list(theirs.idf.items())
    assert ours.dim == theirs.dim
    wanted = theirs.encode_documents(documents), theirs.encode_queries(queries)
    assert_same_bits(ours.encode_documents(documents), wanted[0])
    assert_same_bits(ours.encode_queries(queries), wanted[1])

    ours.save(tmp_path / "ours.json")
    theirs.save(tmp_path / "theirs.json")
    read = [json.loads((tmp_path / name).read_text()) for name in ("ours.json", "theirs.json")]
    assert read[0] == read[1]
    we_load, they_load = BM25EmbeddingFunction(), upstream_bm25()
    we_load.load(tmp_path / "theirs.json")
    they_load.load(tmp_path / "ours.json")
    assert_same_bits(we_load.encode_documents(documents), wanted[0])
    assert_same_bits(we_load.encode_queries(queries), they_load.encode_queries(queries))


@pytest.fixture(scope="module")
def bm25_scores(documents, queries):
    return sparse_scores(BM25EmbeddingFunction(corpus=documents), queries, documents)


@pytest.fixture(scope="module")
def minilm_scores(documents, queries):
    return dense_scores(DefaultEmbeddingFunction(device="cpu"), queries, documents)


def test_hybrid_search_beats_both_of_its_parts(bm25_scores, minilm_scores, gains):
    scores = bm25_scores, minilm_scores
    parts = [ndcg_at_10(part, gains) for part in scores]
    both = ndcg_at_10(fused(*scores), gains)
    print(f"\nnDCG@10: BM25 {parts[0]:.4f}, MiniLM {parts[1]:.4f}, fused {both:.4f}")
    # Upstream's BM25 and sentence-transformers' MiniLM give 0.5204, 0.5055 and 0.5518.
    assert round(parts[0], 4) == 0.5204
    assert parts[1] == pytest.approx(0.5055, abs=2e-4)
    assert both == pytest.approx(0.5518, abs=5e-4)
    assert both > max(parts)


def test_int8_retrieves_as_well(documents, queries, gains, minilm_scores):
    embed = SentenceTransformerEmbeddingFunction(device="cpu", dtype="int8")
    int8 = ndcg_at_10(dense_scores(embed, queries, documents), gains)
    fp32 = ndcg_at_10(minilm_scores, gains)
    print(f"\nnDCG@10: fp32 {fp32:.4f}, int8 {int8:.4f}")
    assert int8 > fp32 - 0.005


def test_splade_retrieves_as_the_plain_formula(
    documents, queries, gains, bm25_scores, minilm_scores
):
    """Figures of the formula and of others: ``python -m bench.splade_cranfield``."""
    splade = SpladeEmbeddingFunction("splade-tiny", device="cpu")
    scores = sparse_scores(splade, queries, documents)
    found = {
        "SPLADE": ndcg_at_10(scores, gains),
        "SPLADE + BM25": ndcg_at_10(fused(scores, bm25_scores), gains),
        "all": ndcg_at_10(fused(scores, bm25_scores, minilm_scores), gains),
    }
    print("\nnDCG@10:", ", ".join(f"{name} {value:.4f}" for name, value in found.items()))
    # The masked formula through transformers, each text alone, gives 0.4946.
    assert round(found["SPLADE"], 4) == 0.4946
    assert found["SPLADE + BM25"] == pytest.approx(0.5285, abs=5e-4)
    assert found["all"] == pytest.approx(0.5571, abs=5e-4)
    assert found["all"] > found["SPLADE + BM25"] > found["SPLADE"]
