"""The rows of docs/differences.md about models at providers."""

import ast
from contextlib import contextmanager

import numpy as np
import pytest

from embedfn import dense, reranker
from tests.remote import providers
from tests.remote.server import ROUTES, serving
from tests.remote.service import KEY, Service
from tests.upstream import source_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what upstream imports
TEXTS = [f"text {i}" for i in range(40)]


@contextmanager
def server(routes=None, **service):
    for needed in ("openai", "msgspec", "pybase64", "tenacity"):
        pytest.importorskip(needed)
    with serving(Service(**service), routes) as running:
        yield running


def source(name):
    return ast.unparse(source_of(name))


def test_providers_requests_are_split():
    assert "self.client.embeddings.create(input=texts, **self._encode_config).data" in source(
        "dense/openai.py"
    )
    with server(max_inputs=16) as running:
        ours = dense.OpenAIEmbeddingFunction("model", KEY, running.url + "/v1")
        rows = ours(TEXTS)
    assert len(rows) == len(TEXTS)
    assert rows[0].dtype == np.float32


def test_providers_unknown_models_have_a_dim():
    assert "return self._openai_model_meta_info[self.model_name]['dim']" in source(
        "dense/openai.py"
    )
    with server() as running:
        assert dense.OpenAIEmbeddingFunction("model", KEY, running.url + "/v1").dim == 8
    assert ROUTES


def test_mistral_uses_the_key_it_found(monkeypatch):
    assert "self.client = Mistral(api_key=api_key)" in source("dense/mistralai.py")
    monkeypatch.setenv("MISTRALAI_API_KEY", KEY)
    with server() as running:
        ours = dense.MistralAIEmbeddingFunction(None, "model", base_url=running.url + "/v1")
        assert len(ours(TEXTS)) == len(TEXTS)


def test_nomic_sends_queries_as_queries():
    text = source("dense/nomic.py")
    assert "embed.text(texts=texts, **self._encode_config)" in text  # task_type is not looked at
    with server({r"/v1/embedding/text": providers.nomic}, models={"model": 8}) as running:
        ours = dense.NomicEmbeddingFunction(
            "model", dimensions=8, api_key=KEY, base_url=running.url + "/v1"
        )
        ours.encode_queries(["a"])
        assert running.service.bodies[0]["task_type"] == "search_query"


def test_tei_reranker_follows_top_k():
    assert "for res in resp[:5]" in source("reranker/tei.py")
    with server({r"/rerank": providers.tei_rerank}) as running:
        ours = reranker.TEIRerankFunction(running.url)
        assert [len(ours("q", TEXTS, top_k=k)) for k in (3, 7)] == [3, 7]


def test_whole_numbers_from_cohere_and_voyage():
    for name in ("cohere", "voyageai"):
        assert "Currently int8 or uint8 is not supported" in source(f"dense/{name}.py")
    with server({r"/v2/embed": providers.cohere}, models={"model": 8}) as running:
        ours = dense.CohereEmbeddingFunction(
            "model", KEY, embedding_types=["int8"], base_url=running.url
        )
        assert ours(TEXTS)[0].dtype == np.int8


def test_only_openai_has_a_client():
    assert "self.client = cohere.Client(api_key, **kwargs)" in source("dense/cohere.py")
    pytest.importorskip("msgspec")
    assert not hasattr(dense.CohereEmbeddingFunction(api_key=KEY), "client")
