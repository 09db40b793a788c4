import warnings

import pytest


@pytest.fixture(scope="session")
def upstream_bm25():
    """The real peer's class."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports all its model libraries
        from pymilvus.model.sparse.bm25.bm25 import BM25EmbeddingFunction
    return BM25EmbeddingFunction
