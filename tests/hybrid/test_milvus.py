"""Dense and sparse vectors handed to Milvus Lite, and searched with both."""

import numpy as np
import pytest

from embedfn.hybrid import MGTEEmbeddingFunction, lexical_scores
from embedfn.jobs.corpus import Passage
from embedfn.jobs.store import HybridStore
from tests.hybrid.texts import mixed, sentences


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", ["bge-m3", "mgte"])
def test_hybrid_search(m3, gte_folder, tmp_path, model):
    pytest.importorskip("milvus_lite")
    function = m3 if model == "bge-m3" else MGTEEmbeddingFunction(gte_folder, device="cpu")
    texts = list(dict.fromkeys([*sentences(), *mixed(40, 60)]))
    # Milvus takes no sparse vector without entries, as the random model gives some short texts.
    weighed = np.diff(function(texts)["sparse"].indptr) > 0
    texts = [text for text, some in zip(texts, weighed, strict=True) if some]
    documents = function.encode_documents(texts)
    passages = [Passage(f"file {number}", text) for number, text in enumerate(texts)]
    queries = [0, 5, 20]
    asked = function.encode_queries([texts[number] for number in queries])
    dense = np.stack(asked["dense"]) @ np.stack(documents["dense"]).T
    sparse = lexical_scores(asked["sparse"], documents["sparse"])
    with HybridStore(tmp_path / "hybrid.db") as store:
        store.create(function.dim["dense"])
        store.insert(passages, documents["dense"], documents["sparse"], lambda _: None)
        assert store.count() == len(texts)
        for row, number in enumerate(queries):
            hits = store.search(asked["dense"][row], asked["sparse"][[row]], limit=5)
            best = hits[0]
            assert len(hits) == 5
            ranks = {}
            for hit in hits:
                place = texts.index(hit.passage.text)
                ranks[place] = (hit.dense_rank, hit.sparse_rank)
                # Milvus ranks by the same products.
                assert hit.dense_rank == 1 + (dense[row] > dense[row, place] + 1e-6).sum()
                weight = sparse[row, place]
                assert hit.sparse_rank == 1 + (sparse[row] > weight * (1 + 1e-5)).sum()
            assert ranks[number][0] == 1
            assert best.score == max(hit.score for hit in hits)
