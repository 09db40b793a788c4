"""Scores against their formulas in float64."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedfn.hybrid import colbert_scores, lexical_scores, scores, weighted_scores
from tests.hybrid.texts import mixed, sentences


def vectors_of(lengths, dim=24, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((n, dim)).astype(dtype) for n in lengths]


def by_formula(queries, documents):
    return [
        [(q.astype(float) @ d.astype(float).T).max(axis=1).mean() for d in documents]
        for q in queries
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_late_interaction(dtype):
    queries, documents = vectors_of([1, 5, 40]), vectors_of([3, 1, 300, 7], seed=1, dtype=dtype)
    found = colbert_scores(queries, documents)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_formula(queries, documents), rtol=1e-5, atol=1e-5)
    assert colbert_scores(queries, []).shape == (3, 0)
    assert colbert_scores([], documents).shape == (0, 4)


def test_documents_in_blocks(monkeypatch):
    queries, documents = vectors_of([4, 9]), vectors_of([3, 1, 30, 7, 2, 2], seed=1)
    whole = colbert_scores(queries, documents)
    for size in (1, 24 * 8, 24 * 40):
        monkeypatch.setattr(scores, "_BLOCK", size)
        np.testing.assert_array_equal(colbert_scores(queries, documents), whole)


def test_vectors_that_are_no_vectors():
    good = vectors_of([3])
    for bad in (np.zeros(24), np.zeros((0, 24)), np.zeros((2, 3, 4))):
        with pytest.raises(ValueError, match=r"documents\[1\] must be of shape"):
            colbert_scores(good, [good[0], bad])
    with pytest.raises(ValueError, match="one number of components"):
        colbert_scores(good, vectors_of([3], dim=8))


def test_lexical_matching():
    rng = np.random.default_rng(4)
    left, right = (
        np.where(rng.random((n, 50)) < 0.3, rng.random((n, 50)), 0).astype(np.float32)
        for n in (3, 5)
    )
    found = lexical_scores(csr_array(left), csr_array(right))
    np.testing.assert_allclose(found, left.astype(float) @ right.T, rtol=1e-6)
    assert lexical_scores(csr_array(left[0]), csr_array(right)).shape == (1, 5)
    with pytest.raises(TypeError, match="queries must be a scipy sparse array, not ndarray"):
        lexical_scores(left, csr_array(right))
    with pytest.raises(ValueError, match="50 columns and documents 49"):
        lexical_scores(csr_array(left), csr_array(right[:, 1:]))


def test_weighted_means():
    dense, sparse, colbert = np.random.default_rng(5).random((3, 2, 4))
    found = weighted_scores(dense, sparse, colbert, (1, 0.3, 2))
    np.testing.assert_allclose(found, (dense + 0.3 * sparse + 2 * colbert) / 3.3)
    np.testing.assert_allclose(weighted_scores(dense, colbert=colbert), (dense + colbert) / 2)
    with pytest.raises(ValueError, match="weight above 0"):
        weighted_scores()
    with pytest.raises(ValueError, match="weight above 0"):
        weighted_scores(dense, weights=(0, 1, 1))
    for weights in ((1, 1), (1, -1, 1), (1, float("nan"), 1)):
        with pytest.raises(ValueError, match="three numbers of at least 0"):
            weighted_scores(dense, weights=weights)
    with pytest.raises(ValueError, match="one shape"):
        weighted_scores(dense, sparse[:1])


def test_pairs(m3):
    queries, passages = sentences()[:3], mixed(4, 30)
    pairs = [(q, p) for q in queries for p in passages]
    found = m3.compute_score(pairs, [1, 2, 3])
    left, right = m3.encode_queries(queries), m3.encode_documents(passages)
    colbert = colbert_scores(left["colbert_vecs"], right["colbert_vecs"]).ravel()
    sparse = lexical_scores(left["sparse"], right["sparse"]).ravel()
    dense = (np.stack(left["dense"]) @ np.stack(right["dense"]).T).ravel()
    wanted = {
        "colbert": colbert,
        "sparse": sparse,
        "dense": dense,
        "sparse+dense": (2 * sparse + dense) / 3,
        "colbert+sparse+dense": (3 * colbert + 2 * sparse + dense) / 6,
    }
    assert set(found) == set(wanted)
    for mode, values in wanted.items():
        np.testing.assert_allclose(found[mode], values, rtol=1e-5, atol=1e-5)
    assert m3.compute_score([]) == {mode: [] for mode in wanted}


def test_pairs_that_are_none(m3):
    for bad in ("ab", 5, None):
        with pytest.raises(TypeError, match="must be a list of"):
            m3.compute_score(bad)
    for bad in ([("a",)], [("a", "b"), "cd"], [("a", "b", "c")]):
        with pytest.raises(ValueError, match=r"sentence_pairs\[[01]\] must be"):
            m3.compute_score(bad)
    with pytest.raises(TypeError, match=r"sentence_pairs\[0\]\[1\] must be a str"):
        m3.compute_score([("a", 3)])
    for weights in ([1, 1], [1, 1, -1], [0, 0, 1]):
        with pytest.raises(ValueError, match="weights_for_different_modes must be"):
            m3.compute_score([("a", "b")], weights)
