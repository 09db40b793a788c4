"""Fixtures that several folders of tests use."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.lexical import peer


@pytest.fixture(scope="session")
def nltk_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A private NLTK data folder: the English Punkt model, all stopwords; found by nltk."""
    folder = tmp_path_factory.mktemp("nltk_data")
    peer.write_nltk_data(folder)
    with peer.using_nltk_data(folder):
        yield folder


@pytest.fixture(scope="session")
def upstream_tokenizers(nltk_data: Path) -> ModuleType:
    """Upstream's module of analyzers, with the data it needs."""
    return peer.import_upstream()


@pytest.fixture(scope="session")
def upstream_bm25(upstream_tokenizers: ModuleType) -> type:
    """Upstream's BM25EmbeddingFunction, with the data it needs."""
    module = import_module("pymilvus.model.sparse.bm25.bm25")
    return module.BM25EmbeddingFunction
