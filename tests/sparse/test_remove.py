"""remove: the inverse of partial_fit; what was never added is refused."""

import random

import pytest

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.models import STRANGERS, analyzer, assert_same_model, parts_of, weights_by_term
from tests.sparse.test_bm25 import random_corpus


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("idf", ["okapi", "lucene"])
def test_remove_undoes_partial_fit(seed, idf):
    corpus, more = random_corpus(seed, 50), [*random_corpus(seed + 500, 30), "only|here|w1"]
    ef = BM25EmbeddingFunction(analyzer, corpus, idf=idf)
    before = BM25EmbeddingFunction(analyzer, corpus, idf=idf)
    ef.partial_fit(more)
    both = BM25EmbeddingFunction(analyzer, corpus + more, idf=idf)
    random.Random(seed).shuffle(more)
    ef.remove(iter(more[:10]))
    ef.remove(more[10:])
    assert list(ef.idf.items()) == list(before.idf.items())
    for name in ("corpus_size", "avgdl", "average_idf"):
        assert getattr(ef, name) == getattr(before, name)
    assert ef.dim == both.dim > before.dim
    for texts in (corpus, more, STRANGERS):
        for method in ("encode_documents", "encode_queries"):
            ours, wanted = getattr(ef, method)(texts), getattr(before, method)(texts)
            assert parts_of(ours) == parts_of(wanted)
            assert ours.shape == (len(texts), ef.dim)
        assert ef.unknown_terms(texts) == before.unknown_terms(texts)


@pytest.mark.parametrize("seed", range(5))
def test_remove_from_the_middle_equals_a_fit_on_the_rest(seed):
    corpus = random_corpus(seed, 60)
    ef = BM25EmbeddingFunction(analyzer, corpus, idf="lucene")
    ef.remove(corpus[20:40])
    rest = BM25EmbeddingFunction(analyzer, corpus[:20] + corpus[40:], idf="lucene")
    assert {term: idf for term, (idf, _) in ef.idf.items()} == {
        term: idf for term, (idf, _) in rest.idf.items()
    }
    assert list(weights_by_term(ef, STRANGERS)) == list(weights_by_term(rest, STRANGERS))


def test_a_term_without_documents_is_unknown_and_comes_back():
    ef = BM25EmbeddingFunction(analyzer, ["a|b", "b|c", "b|d"], idf="lucene")
    ef.remove(["b|c"])
    assert list(ef.idf) == ["a", "b", "d"]
    assert [ef.idf[term][1] for term in "abd"] == [0, 1, 3]
    assert ef.dim == 4
    assert ef.encode_documents(["c|d|c"]).indices.tolist() == [3]
    assert ef.encode_queries(["c|d"]).indices.tolist() == [3]
    assert ef.unknown_terms(["c|d|x|c"]) == [["c", "x", "c"]]
    ef.partial_fit(["x|c"])
    assert ef.idf["c"][1] == 2
    assert ef.idf["x"][1] == 4
    assert ef.unknown_terms(["c|d|x"]) == [[]]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["a|b", "z"], r"the term 'z' is in 1 of the texts .* 0 of the documents"),
        (["a", "a", "a"], "the term 'a' is in 3 of the texts to remove, but in 2 of the documents"),
        (["", "", "", "", ""], r"the 5 texts to remove \(0 terms\) are not among the 4 documents"),
        (["a", "b", "a", "b"], "are not among the 4 documents"),  # as many terms are left as docs
        (["a|b", "a|b", "c"], "are not among the 4 documents"),  # "c|c" leaves a term of no word
        (["a|a|a|a|a|a|a|a"], "are not among the 4 documents"),
    ],
)
def test_removing_what_was_never_added_changes_nothing(texts, message):
    corpus = ["a|b", "a|b", "c|c", ""]
    ef = BM25EmbeddingFunction(analyzer, corpus)
    with pytest.raises(ValueError, match=f"nothing was removed: .*{message}"):
        ef.remove(texts)
    assert_same_model(ef, BM25EmbeddingFunction(analyzer, corpus), [*corpus, "z|a"])


def test_removing_everything(tmp_path):
    ef = BM25EmbeddingFunction(analyzer, ["a|b", "b"])
    ef.remove(["b", "a|b"])
    assert (ef.idf, ef.dim, ef.corpus_size, ef.avgdl) == ({}, 2, 0, 0)
    for encode in (ef.encode_documents, ef.encode_queries):
        assert (encode(["a|c", ""]).shape, encode(["a|c"]).nnz) == ((2, 2), 0)
    with pytest.raises(RuntimeError, match="nothing to save: every term was removed"):
        ef.save(tmp_path / "bm25.json")
    assert list(tmp_path.iterdir()) == []
    ef.partial_fit(["c|b"])
    assert ef.idf == {"b": [ef.idf["b"][0], 1], "c": [ef.idf["c"][0], 2]}


def test_a_saved_model_with_removed_terms_scores_the_same(tmp_path, upstream_bm25):
    ef = BM25EmbeddingFunction(analyzer, ["a|b", "b|c", "d", "e|f"])
    ef.remove(["b|c"])
    ef.save(tmp_path / "bm25.json")
    loaded, theirs = BM25EmbeddingFunction(analyzer), upstream_bm25(analyzer)
    queries, documents = ["a|c", "b|d|c"], ["a|b|c", "c|d", "e"]
    scores = ef.encode_queries(queries) @ ef.encode_documents(documents).T
    for other in (loaded, theirs):
        other.load(tmp_path / "bm25.json")
        found = other.encode_queries(queries) @ other.encode_documents(documents).T
        assert (found.toarray() == scores.toarray()).all()
