"""BGEM3EmbeddingFunction and scores against FlagEmbedding itself, where it is installed."""

import warnings

import numpy as np
import pytest

from embedfn.hybrid import BGEM3EmbeddingFunction, colbert_scores, lexical_scores
from tests.encoder.models import quiet
from tests.hybrid.peers import Vectors, check
from tests.hybrid.texts import mixed, odd, sentences

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    FlagEmbedding = pytest.importorskip("FlagEmbedding", reason="needs the peer FlagEmbedding")

pytestmark = pytest.mark.filterwarnings("ignore")
TEXTS = [*sentences(), *odd(), *mixed(40, 300)]
LONG = ["mount", " ".join(sentences() * 100), *mixed(6, 3000, seed=3)]
KINDS = {"return_dense": True, "return_sparse": True, "return_colbert_vecs": True}


@pytest.fixture(scope="module")
def theirs(m3_folder):
    with quiet():
        return FlagEmbedding.BGEM3FlagModel(str(m3_folder), use_fp16=False, devices="cpu")


def their_vectors(model, texts, length, batch_size=1):
    """What FlagEmbedding gives, in the form of our tests."""
    with quiet():
        found = model.encode(texts, batch_size=batch_size, max_length=length, **KINDS)
    weights = [
        {int(token): float(weight) for token, weight in one.items()}
        for one in found["lexical_weights"]
    ]
    return list(map(Vectors, found["dense_vecs"], weights, found["colbert_vecs"]))


@pytest.mark.parametrize("batch_size", [1, 8])
def test_vectors_are_theirs(m3, theirs, batch_size):
    check(m3(TEXTS), their_vectors(theirs, TEXTS, 8192, batch_size))


def test_long_texts_are_theirs(m3, theirs):
    wanted = their_vectors(theirs, LONG, 8192)
    assert max(len(one.colbert) for one in wanted) == 8191
    check(m3(LONG), wanted)


@pytest.mark.parametrize("length", [3, 60, 512])
def test_cut_texts_are_theirs(m3_folder, theirs, length):
    ours = BGEM3EmbeddingFunction(
        m3_folder, device="cpu", passage_max_length=length, return_colbert_vecs=True
    )
    wanted = their_vectors(theirs, TEXTS, length)
    check(ours(TEXTS), wanted, least=4 if length > 10 else 0)


def test_scores_are_theirs(m3, theirs):
    queries, passages = sentences()[:4], mixed(8, 60)
    left, right = m3.encode_queries(queries), m3.encode_documents(passages)
    with quiet():
        theirs_left, theirs_right = (
            theirs.encode(texts, max_length=8192, **KINDS) for texts in (queries, passages)
        )
    np.testing.assert_allclose(
        lexical_scores(left["sparse"], right["sparse"]),
        theirs.compute_lexical_matching_score(
            theirs_left["lexical_weights"], theirs_right["lexical_weights"]
        ),
        rtol=1e-4,
        atol=1e-4,
    )
    wanted = [
        [theirs.colbert_score(q, p).item() for p in theirs_right["colbert_vecs"]]
        for q in theirs_left["colbert_vecs"]
    ]
    scores = colbert_scores(left["colbert_vecs"], right["colbert_vecs"])
    np.testing.assert_allclose(scores, wanted, rtol=0, atol=1e-5)


@pytest.mark.parametrize("weights", [None, [0.4, 0.2, 0.4]])
def test_scores_of_pairs_are_theirs(m3, theirs, weights):
    # One by one: theirs lets the padding of a batch take part in the greatest product.
    pairs = [(q, p) for q in sentences()[:3] for p in mixed(5, 60)]
    with quiet():
        wanted = [
            theirs.compute_score(
                pair,
                max_query_length=8192,
                max_passage_length=8192,
                weights_for_different_modes=weights,
            )
            for pair in pairs
        ]
    scores = m3.compute_score(pairs, weights_for_different_modes=weights)
    assert set(scores) == set(wanted[0])
    for mode, values in scores.items():
        np.testing.assert_allclose(values, [one[mode] for one in wanted], rtol=1e-4, atol=2e-4)
    alone = m3.compute_score(pairs[3], weights_for_different_modes=weights)
    assert alone == pytest.approx({mode: values[3] for mode, values in scores.items()})
