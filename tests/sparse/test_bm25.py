"""BM25EmbeddingFunction: upstream's bits, and the contracts upstream does not keep."""

import copy
import json
import pickle
import threading
from collections import Counter

import numpy as np
import pytest

from embedfn.sparse import BM25EmbeddingFunction

CORPUS = ["the cat sat on the mat", "a dog sat", "", "the the the end", "naïve café façade 猫"]


@pytest.fixture
def fitted():
    return BM25EmbeddingFunction(str.split, CORPUS)


def random_corpus(seed, n_docs):
    rng = np.random.default_rng(seed)
    words = [f"w{i}" for i in range(300)] + ["ünï", "猫", "\ud800", "", "a b"]
    return [
        "|".join(words[i] for i in np.minimum(rng.zipf(1.3, rng.integers(0, 60)) - 1, 304))
        for _ in range(n_docs)
    ]


def split_at_bars(text):
    return text.split("|")


def assert_same_bits(ours, theirs):
    """Equal as float32 matrices once upstream's explicit zeros are gone."""
    theirs = theirs.tocsr()
    theirs.eliminate_zeros()
    theirs.sort_indices()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float32
    assert ours.indices.dtype == np.int32
    assert ours.has_canonical_format
    assert np.array_equal(ours.indptr, theirs.indptr)
    assert np.array_equal(ours.indices, theirs.indices)
    assert ours.data.tobytes() == theirs.data.tobytes()


@pytest.mark.parametrize("parameters", [{}, {"k1": 0.9, "b": 0.4, "epsilon": 0.1}, {"b": 0}])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_upstream_bit_for_bit(upstream_bm25, seed, parameters, tmp_path):
    corpus, strangers = random_corpus(seed, 300), random_corpus(seed + 100, 200)
    ours = BM25EmbeddingFunction(split_at_bars, corpus, **parameters)
    theirs = upstream_bm25(split_at_bars, corpus, **parameters)
    assert ours.dim == theirs.dim
    assert ours.idf == theirs.idf
    assert list(ours.idf) == list(theirs.idf)
    assert (ours.corpus_size, ours.avgdl, ours.average_idf) == (
        theirs.corpus_size,
        theirs.avgdl,
        theirs.average_idf,
    )
    for texts in (corpus, strangers):
        assert_same_bits(ours.encode_documents(texts), theirs.encode_documents(texts))
        assert_same_bits(ours.encode_queries(texts), theirs.encode_queries(texts))
    assert_same_bits(ours._encode_query(strangers[0]), theirs._encode_query(strangers[0]))
    assert_same_bits(ours._encode_document(strangers[0]), theirs._encode_document(strangers[0]))

    ours.save(tmp_path / "ours.json")
    theirs.save(tmp_path / "theirs.json")
    read = [json.loads((tmp_path / name).read_text()) for name in ("ours.json", "theirs.json")]
    assert read[0] == read[1]
    we_load, they_load = BM25EmbeddingFunction(split_at_bars), upstream_bm25(split_at_bars)
    we_load.load(tmp_path / "theirs.json")
    they_load.load(tmp_path / "ours.json")
    assert_same_bits(we_load.encode_documents(strangers), theirs.encode_documents(strangers))
    assert_same_bits(ours.encode_queries(strangers), they_load.encode_queries(strangers))


def test_default_analyzer_against_upstream(upstream_bm25, nltk_data):
    corpus = [
        "Artificial intelligence was founded as an academic discipline in 1956.",
        "Alan Turing was the first person to conduct substantial research in AI.",
        'Born in Maida Vale, London, Turing was raised in southern England. "Don\'t," he said.',
    ]
    ours, theirs = BM25EmbeddingFunction(corpus=corpus), upstream_bm25(corpus=corpus)
    assert ours.idf == theirs.idf
    assert list(ours.idf) == list(theirs.idf)
    assert_same_bits(ours.encode_documents(corpus), theirs.encode_documents(corpus))
    queries = ["When was artificial intelligence founded", "Where was Alan Turing born?", "?"]
    assert_same_bits(ours.encode_queries(queries), theirs.encode_queries(queries))


def test_scores_rank_as_the_formula_says(fitted):
    scores = (fitted.encode_queries(["cat mat"]) @ fitted.encode_documents(CORPUS).T).toarray()[0]
    assert scores.argmax() == 0
    assert Counter(scores > 0)[True] == 1


def test_empty_inputs(fitted):
    for encode in (fitted.encode_documents, fitted.encode_queries):
        empty = encode([])
        assert empty.shape == (0, fitted.dim)
        assert empty.dtype == np.float32
        assert encode(["", "unknown"]).nnz == 0


def test_a_corpus_of_empty_texts_has_no_terms():
    ef = BM25EmbeddingFunction(str.split, ["", " "])
    assert (ef.dim, ef.corpus_size, ef.avgdl) == (0, 2, 0)
    assert ef.encode_documents(["a"]).shape == (1, 0)


def test_fit_again_is_a_fresh_fit(fitted):
    fitted.fit(["x y", "y z"])
    fresh = BM25EmbeddingFunction(str.split, ["x y", "y z"])
    assert fitted.idf == fresh.idf
    assert fitted.corpus_size == 2


@pytest.mark.parametrize("num_workers", [1, 2, 7, -1])
def test_threads_change_nothing(num_workers):
    corpus = random_corpus(5, 2000)
    one = BM25EmbeddingFunction(split_at_bars, corpus, num_workers=1)
    many = BM25EmbeddingFunction(split_at_bars, corpus, num_workers=num_workers)
    assert list(one.idf) == list(many.idf)
    assert_same_bits(many.encode_documents(corpus), one.encode_documents(corpus))


def test_one_fitted_object_serves_many_threads(fitted):
    corpus = random_corpus(6, 500)
    fitted.fit(corpus)
    wanted = fitted.encode_documents(corpus)
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(fitted.encode_documents(corpus)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    for result in results:
        assert_same_bits(result, wanted)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda ef: pickle.loads(pickle.dumps(ef))])
def test_copies_are_equal(fitted, duplicate):
    other = duplicate(fitted)
    assert other.idf == fitted.idf
    assert_same_bits(other.encode_documents(CORPUS), fitted.encode_documents(CORPUS))


@pytest.mark.parametrize("use", ["encode_documents", "encode_queries"])
def test_unfitted_use_is_an_error(use):
    with pytest.raises(RuntimeError, match=r"not fitted; call fit\(corpus\) or load\(path\)"):
        getattr(BM25EmbeddingFunction(str.split), use)(["a"])


def test_unfitted_has_nothing_to_save(tmp_path):
    with pytest.raises(RuntimeError, match="not fitted"):
        BM25EmbeddingFunction(str.split).save(tmp_path / "x.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("bare", r"must be a list of str, not one str; write \['bare'\]"),
        (None, "must be a list of str, not NoneType"),
        (b"bytes", "must be a list of str, not bytes"),
        (5, "must be a list of str, not int"),
        (["a", None], r"\[1\] must be a str, not NoneType: None"),
        (["a", "b", b"c"], r"\[2\] must be a str, not bytes: b'c'"),
        ([1.5], r"\[0\] must be a str, not float: 1.5"),
        ({"a": 1}, "must be a list of str, not dict"),
    ],
)
def test_bad_texts(fitted, texts, message):
    before = fitted.idf
    for method in (fitted.fit, fitted.encode_documents, fitted.encode_queries):
        with pytest.raises(TypeError, match=message):
            method(texts)
    assert fitted.idf == before


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"analyzer": "en"}, TypeError, r"build_default_analyzer\(language\)"),
        ({"corpus": []}, ValueError, "corpus is empty"),
        ({"corpus": "text"}, TypeError, "corpus must be a list of str"),
        ({"k1": "1"}, TypeError, "k1 must be a number, not str"),
        ({"b": float("nan")}, ValueError, "b must be finite"),
        ({"num_workers": 0}, ValueError, "num_workers must be positive"),
        ({"num_workers": 1.0}, TypeError, "num_workers must be an int or None"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        BM25EmbeddingFunction(**{"analyzer": str.split} | arguments)


def test_an_analyzer_that_yields_something_else_is_named():
    with pytest.raises(TypeError, match=r"texts\[1\] it returned a int"):
        BM25EmbeddingFunction(lambda text: [text] if text == "a" else [7], ["a", "b"])


def test_call_is_an_error_as_upstream(fitted):
    with pytest.raises(ValueError, match="encode_queries or encode_documents"):
        fitted(["a"])
