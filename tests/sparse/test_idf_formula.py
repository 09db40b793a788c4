"""idf="lucene" beside upstream's "okapi"; terms that have no weight."""

import copy
import math
from collections import Counter

import numpy as np
import pytest

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.models import STRANGERS
from tests.sparse.test_bm25 import assert_same_bits, random_corpus, split_at_bars

# Most terms are in most documents: okapi's average idf is negative, and so is its floor.
ALIKE = ["a b c d", "a b c e", "a b c f", "a b c d e f"]


def test_lucene_is_the_formula():
    corpus = random_corpus(1, 200)
    ef = BM25EmbeddingFunction(split_at_bars, corpus, idf="lucene")
    df = Counter(term for text in corpus for term in set(split_at_bars(text)))
    n = len(corpus)
    assert {term: idf for term, (idf, _) in ef.idf.items()} == {
        term: math.log(1 + (n - held + 0.5) / (held + 0.5)) for term, held in df.items()
    }
    assert ef.average_idf is None
    okapi = BM25EmbeddingFunction(split_at_bars, corpus)
    assert okapi.idf_formula == "okapi"
    assert list(okapi.idf) == list(ef.idf)
    assert_same_bits(ef.encode_documents(STRANGERS), okapi.encode_documents(STRANGERS))


def test_lucene_is_positive_where_okapi_is_negative():
    okapi = BM25EmbeddingFunction(str.split, ALIKE).encode_queries(ALIKE)
    lucene = BM25EmbeddingFunction(str.split, ALIKE, idf="lucene").encode_queries(ALIKE)
    assert okapi.data.min() < 0 < lucene.data.min()
    assert np.array_equal(np.diff(lucene.indptr), [4, 4, 4, 6])


def test_milvus_refuses_the_negative_and_takes_the_positive(tmp_path):
    pymilvus = pytest.importorskip("pymilvus")
    pytest.importorskip("milvus_lite")
    client = pymilvus.MilvusClient(str(tmp_path / "bm25.db"))
    schema = client.create_schema()
    schema.add_field("id", pymilvus.DataType.INT64, is_primary=True)
    schema.add_field("vector", pymilvus.DataType.SPARSE_FLOAT_VECTOR)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    client.create_collection("alike", schema=schema, index_params=index)
    try:
        lucene = BM25EmbeddingFunction(str.split, ALIKE, idf="lucene")
        rows = lucene.encode_documents(ALIKE)
        client.insert("alike", [{"id": i, "vector": rows[[i]]} for i in range(len(ALIKE))])

        def search(ef):
            query = ef.encode_queries(["a d"])
            hits = client.search("alike", data=[query], anns_field="vector", limit=4)[0]
            return {hit["id"]: hit["distance"] for hit in hits}

        wanted = (lucene.encode_queries(["a d"]) @ rows.T).toarray()[0]
        found = search(lucene)
        assert [found[i] for i in range(len(ALIKE))] == pytest.approx(wanted.tolist(), rel=1e-5)
        okapi = BM25EmbeddingFunction(str.split, ALIKE)
        with pytest.raises(pymilvus.MilvusException, match="negative"):
            search(okapi)
    finally:
        client.close()


def test_a_saved_lucene_gives_the_same_vectors(tmp_path, upstream_bm25):
    corpus = random_corpus(2, 100)
    ef = BM25EmbeddingFunction(split_at_bars, corpus, idf="lucene")
    ef.save(tmp_path / "bm25.json")
    # Which formula made the values, the file does not say; nobody who loads it needs to know.
    for loaded in (BM25EmbeddingFunction(split_at_bars), upstream_bm25(split_at_bars)):
        loaded.load(tmp_path / "bm25.json")
        for method in ("encode_documents", "encode_queries"):
            assert_same_bits(getattr(ef, method)(STRANGERS), getattr(loaded, method)(STRANGERS))


def test_a_copy_keeps_the_formula():
    other = copy.deepcopy(BM25EmbeddingFunction(str.split, ALIKE, idf="lucene"))
    other.partial_fit(["a g"])
    wanted = BM25EmbeddingFunction(str.split, [*ALIKE, "a g"], idf="lucene")
    assert other.idf == wanted.idf


@pytest.mark.parametrize("idf", ["Lucene", None, "bm25+", 1, ["okapi"]])
def test_other_formulas_are_errors(idf):
    with pytest.raises(ValueError, match="idf must be 'okapi' or 'lucene', not "):
        BM25EmbeddingFunction(str.split, idf=idf)


def test_unknown_terms():
    ef = BM25EmbeddingFunction(split_at_bars, ["a|ü|猫", "b"])
    queries = ["a|x|猫|x|\ud800|犬", "", "b|a", "y"]
    assert ef.unknown_terms(iter(queries)) == [["x", "x", "\ud800", "犬"], [""], [], ["y"]]
    assert ef.unknown_terms([]) == []
    with pytest.raises(TypeError, match="queries must be a list of str, not one str"):
        ef.unknown_terms("a")
    with pytest.raises(RuntimeError, match="not fitted"):
        BM25EmbeddingFunction(split_at_bars).unknown_terms(["a"])


def test_unknown_terms_are_those_without_an_entry():
    corpus, texts = random_corpus(3, 20), random_corpus(4, 500)
    ef = BM25EmbeddingFunction(split_at_bars, corpus)
    known = set(ef.idf)
    wanted = [[term for term in split_at_bars(text) if term not in known] for text in texts]
    assert ef.unknown_terms(texts) == wanted
    assert any(wanted)


def test_unknown_terms_by_the_default_analyzer():
    ef = BM25EmbeddingFunction(corpus=["Cats sat on mats."])
    assert ef.unknown_terms(["Do unicorns like the cat?"]) == [["unicorn", "like"]]
