"""merge: what it takes and refuses, and that nothing is shared. Its sums: test_partial_fit.py."""

import copy
import pickle

import pytest

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.models import STRANGERS, analyzer, assert_same_model
from tests.sparse.test_bm25 import random_corpus, split_at_bars


def test_merge_with_itself_counts_twice():
    corpus = random_corpus(3, 40)
    ef = BM25EmbeddingFunction(analyzer, corpus)
    ef.merge(ef)
    assert_same_model(ef, BM25EmbeddingFunction(analyzer, corpus + corpus))


def test_merge_takes_over_into_an_unfitted_one_and_shares_nothing():
    corpus = random_corpus(4, 40)
    first, second = BM25EmbeddingFunction(analyzer), BM25EmbeddingFunction(analyzer, corpus)
    first.merge(second)
    first.partial_fit(["new"])
    assert_same_model(second, BM25EmbeddingFunction(analyzer, corpus))
    second.partial_fit(["other|new"])
    assert_same_model(first, BM25EmbeddingFunction(analyzer, [*corpus, "new"]))
    assert_same_model(second, BM25EmbeddingFunction(analyzer, [*corpus, "other|new"]))


def test_merge_passes_over_terms_that_the_other_has_removed():
    first = BM25EmbeddingFunction(analyzer, ["a|b"])
    second = BM25EmbeddingFunction(analyzer, ["x", "y|é|a", "zz|longer"])
    second.remove(["x"])
    first.merge(second)
    assert_same_model(first, BM25EmbeddingFunction(analyzer, ["a|b", "y|é|a", "zz|longer"]))


@pytest.mark.parametrize(
    "parameters", [{"k1": 1.4}, {"b": 0.7}, {"epsilon": 0.2}, {"idf": "lucene"}]
)
def test_merge_needs_equal_parameters(parameters):
    ef = BM25EmbeddingFunction(analyzer, ["a"])
    other = BM25EmbeddingFunction(analyzer, ["b"], **parameters)
    name = "idf_formula" if "idf" in parameters else next(iter(parameters))
    with pytest.raises(ValueError, match=f"{name} is .* here and .* in other; they must agree"):
        ef.merge(other)
    assert list(ef.idf) == ["a"]


def test_merge_needs_another_fitted_one():
    ef = BM25EmbeddingFunction(analyzer, ["a"])
    with pytest.raises(TypeError, match="other must be a BM25EmbeddingFunction, not list"):
        ef.merge(["b"])
    with pytest.raises(RuntimeError, match="other is not fitted"):
        ef.merge(BM25EmbeddingFunction(analyzer))
    with pytest.raises(RuntimeError, match=r"not fitted; call fit\(corpus\)"):
        BM25EmbeddingFunction(analyzer).remove(["a"])


def test_a_file_keeps_weights_only(tmp_path):
    fitted = BM25EmbeddingFunction(analyzer, ["a|b"])
    fitted.save(tmp_path / "bm25.json")
    loaded = BM25EmbeddingFunction(analyzer)
    loaded.load(tmp_path / "bm25.json")
    for method, call in [
        ("partial_fit", lambda: loaded.partial_fit(["c"])),
        ("remove", lambda: loaded.remove(["a|b"])),
        ("merge", lambda: loaded.merge(fitted)),
        ("merge", lambda: fitted.merge(loaded)),
    ]:
        with pytest.raises(RuntimeError, match=f"{method} needs the counts .* keeps weights only"):
            call()
    assert list(loaded.idf) == ["a", "b"]
    loaded.fit(["c"])
    loaded.partial_fit(["d"])
    assert list(loaded.idf) == ["c", "d"]


def test_a_copy_does_not_grow_by_use():
    ef = BM25EmbeddingFunction(analyzer, random_corpus(5, 30))
    size = len(pickle.dumps(ef))
    ef.encode_queries(["w1"])
    assert len(pickle.dumps(ef)) == size


def pickled(ef):
    return pickle.loads(pickle.dumps(ef))


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickled])
def test_copies_go_their_own_ways(duplicate):
    corpus = random_corpus(8, 30)
    ef = BM25EmbeddingFunction(split_at_bars, [*corpus, "gone"])
    ef.encode_queries(["w1"])
    ef.remove(["gone"])
    other = duplicate(ef)
    ef.partial_fit(["x|y"])
    other.partial_fit(["y|z|w1"])
    ef.partial_fit(["z"])
    for model, added in [(ef, ["x|y", "z"]), (other, ["y|z|w1"])]:
        wanted = BM25EmbeddingFunction(split_at_bars, [*corpus, "gone"])
        wanted.remove(["gone"])
        wanted.partial_fit(added)
        assert_same_model(model, wanted, [*STRANGERS, "gone|x|y|z"])
