"""Every provider's class against a strict server, beside upstream's or the provider's client."""

from contextlib import contextmanager
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from embedfn import dense, reranker
from tests.remote import providers
from tests.remote.providers import DIM, MODEL, MODELS, score_of
from tests.remote.server import serving
from tests.remote.service import KEY, Service, at_random, in_turn, vector_of

TEXTS = [f"text number {i}, {'and more ' * (i % 7)}" for i in range(230)]
ROUTES = {
    "VoyageEmbeddingFunction": (r"/v1/embeddings", providers.voyage),
    "CohereEmbeddingFunction": (r"/v2/embed", providers.cohere),
    "JinaEmbeddingFunction": (r"/v1/embeddings", providers.jina),
    "MistralAIEmbeddingFunction": (r"/v1/embeddings", providers.mistral),
    "NomicEmbeddingFunction": (r"/v1/embedding/text", providers.nomic),
    "GeminiEmbeddingFunction": (r"/v1beta/models/[^/]+:batchEmbedContents", providers.gemini),
    "TEIEmbeddingFunction": (r"/v1/embeddings", providers.tei),
    "CohereRerankFunction": (r"/v2/rerank", providers.rerank),
    "VoyageRerankFunction": (r"/v1/rerank", providers.rerank),
    "JinaRerankFunction": (r"/v1/rerank", providers.rerank),
    "JevRerankFunction": (r"/v1/systemone", providers.jev),
    "TEIRerankFunction": (r"/rerank", providers.tei_rerank),
}
BASES = {"Cohere": "", "Gemini": "/v1beta"}
EMBEDDING = [name for name in ROUTES if "Embedding" in name]
RERANKING = [name for name in ROUTES if "Rerank" in name]
KINDS = {  # of calls, queries and documents
    "VoyageEmbeddingFunction": ("", "query", "document"),
    "CohereEmbeddingFunction": ("search_document", "search_query", "search_document"),
    "JinaEmbeddingFunction": ("retrieval.passage", "retrieval.query", "retrieval.passage"),
    "NomicEmbeddingFunction": ("search_document", "search_query", "search_document"),
}


@contextmanager
def connected(name, service=None, **options):
    """A function on its server; function, service, address."""
    form, route = ROUTES[name]
    made = Service(**({"models": MODELS} | (service or {})))
    package = dense if "Embedding" in name else reranker
    with serving(made, {form: route}) as server:
        if name.startswith("TEI"):
            function = getattr(package, name)(server.url, **options)
        else:
            base = next((end for start, end in BASES.items() if name.startswith(start)), "/v1")
            chosen = {"model_name": MODEL, "api_key": KEY, "base_url": server.url + base}
            if name.startswith("Nomic"):
                chosen["dimensions"] = DIM
            function = getattr(package, name)(**chosen | options)
        yield function, made, server.url


def test_slow_services_get_smaller_requests():
    slow = {"seconds_per_text": 0.008}
    with connected("MistralAIEmbeddingFunction", slow, batch_size=230, timeout=1.5) as (
        function,
        service,
        _,
    ):
        rows = function.encode_documents(TEXTS, output="array")
    np.testing.assert_array_equal(rows, right(TEXTS))
    assert function.usage.failed == 1
    assert service.requests == 4  # all, one alone, halves of the rest


def right(texts, kind="", dim=DIM):
    return np.stack([vector_of(text, dim, kind=kind) for text in texts])


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr("embedfn.remote.transport.random.uniform", lambda low, high: low / 10)


@pytest.mark.parametrize("name", EMBEDDING)
def test_vectors_and_kinds(name):
    with connected(name) as (function, service, _):
        for method, kind in zip(
            (function, function.encode_queries, function.encode_documents),
            KINDS.get(name, ("", "", "")),
            strict=True,
        ):
            np.testing.assert_array_equal(method(TEXTS, output="array"), right(TEXTS, kind))
        rows = function(TEXTS[:3])
        assert [row.dtype for row in rows] == [np.float32] * 3
        assert function.dim == DIM
        assert 400 not in service.statuses
        assert 422 not in service.statuses


@pytest.mark.parametrize("name", EMBEDDING)
def test_faults(name):
    faults = at_random(5, **{"429": 0.1, "500": 0.1, "half": 0.1, "reset": 0.1, "nan": 0.05})
    with connected(name, {"faults": faults}, batch_size=10, max_retries=20) as (
        function,
        service,
        _,
    ):
        want = right(TEXTS, KINDS.get(name, ("", "", ""))[0])
        np.testing.assert_array_equal(function(TEXTS, output="array"), want)
        assert service.made
        assert max(service.answered.values()) == 1


@pytest.mark.parametrize("name", [name for name in ROUTES if not name.startswith("TEI")])
def test_a_wrong_key(name):
    with connected(name, api_key="sk-wrong-0123456789") as (function, service, _):
        with pytest.raises(PermissionError, match="the API key was not accepted") as caught:
            function(*(("query", TEXTS) if "Rerank" in name else (TEXTS,)))
        assert "sk-wrong" not in f"{caught.value} {function!r} {vars(function._remote)!r}"
        assert service.requests == 1


@pytest.mark.parametrize("name", [name for name in ROUTES if not name.startswith("TEI")])
def test_no_key(name, monkeypatch):
    for variable in ("VOYAGE_API_KEY", "CO_API_KEY", "JINAAI_API_KEY", "MISTRALAI_API_KEY",
                     "MISTRAL_API_KEY", "NOMIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY",
                     "TYPESAFE_API_KEY"):  # fmt: skip
        monkeypatch.delenv(variable, raising=False)
    package = dense if "Embedding" in name else reranker
    arguments = {"api_key": None} if name.startswith("Mistral") else {}
    with pytest.raises(ValueError, match="no API key; pass api_key, or set"):
        getattr(package, name)(**arguments)


@pytest.mark.parametrize("kind", ["float", "int8", "uint8", "binary", "ubinary"])
def test_types_of_cohere(kind):
    with connected("CohereEmbeddingFunction", embedding_types=[kind]) as (function, _, _):
        rows = right(TEXTS, "search_document")
        want = np.stack([providers.quantised(row, kind) for row in rows])
        got = function(TEXTS, output="array")
        assert got.dtype == want.dtype
        np.testing.assert_array_equal(got, want)
        listed = function(TEXTS)
        if kind.endswith("binary"):  # as upstream
            assert listed == [row.tobytes() for row in want]
        else:
            np.testing.assert_array_equal(listed, want)


@pytest.mark.parametrize("kind", ["float", "int8", "uint8", "binary", "ubinary"])
def test_types_of_voyage(kind):
    with connected("VoyageEmbeddingFunction", embedding_type=kind) as (function, _, _):
        rows = right(TEXTS)
        want = np.stack([providers.quantised(row, kind) for row in rows])
        if kind.endswith("binary"):
            want = rows > 0
        np.testing.assert_array_equal(np.array(function(TEXTS)), want)


def test_jinas_late_chunking_stays_in_one_request():
    with connected("JinaEmbeddingFunction", late_chunking=True, batch_size=3) as (
        function,
        service,
        _,
    ):
        texts = [*TEXTS[:20], TEXTS[0]]
        want = right(texts, "retrieval.passage" + "|".join(texts))
        np.testing.assert_array_equal(function(texts, output="array"), want)
        assert service.requests == 1


def test_geminis_config():
    config = SimpleNamespace(task_type="CLUSTERING", title=None, output_dimensionality=4)
    for given in (config, vars(config)):
        with connected("GeminiEmbeddingFunction", config=given) as (function, _, _):
            assert function.dim == 4
            np.testing.assert_array_equal(
                function(TEXTS, output="array"), right(TEXTS, "CLUSTERING", 4)
            )


def test_mistrals_tokens_a_request():
    with connected("MistralAIEmbeddingFunction") as (function, service, _):
        texts = [f"{text} {'long ' * 500}" for text in TEXTS[:100]]
        np.testing.assert_array_equal(function(texts, output="array"), right(texts))
        assert service.statuses[400] == 0


@pytest.mark.parametrize("name", RERANKING)
@pytest.mark.parametrize("top_k", [3, 500, None])
def test_rerankers(name, top_k):
    service = {"refuses": frozenset(["voyage"])} if name.startswith("Voyage") else {}
    with connected(name, service | {"faults": in_turn("500", "count")}) as (function, _, _):
        results = function("a query", TEXTS, top_k=top_k)
        want = sorted(range(len(TEXTS)), key=lambda i: -score_of("a query", TEXTS[i]))
        assert [result.index for result in results] == want[:top_k]
        for result in results:
            assert result.text == TEXTS[result.index]
            assert result.score == pytest.approx(score_of("a query", result.text), abs=1e-12)
        assert function("a query", []) == []


def test_cohere_without_documents():
    with connected("CohereRerankFunction", return_documents=False) as (function, _, _):
        assert {result.text for result in function("q", TEXTS)} == {""}


def test_jev_leaves_out_what_has_no_answer():
    with connected("JevRerankFunction") as (function, _, _):
        results = function("q", ["one", "no answer", "two"], top_k=5)
        assert {result.index for result in results} == {0, 2}


def upstream(module, name, monkeypatch, url=None):
    theirs = import_module(f"pymilvus.model.{module}")
    if url is not None:
        monkeypatch.setattr(theirs, "API_URL", url)
    return getattr(theirs, name)


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what upstream imports


def test_jina_beside_upstream(monkeypatch):
    with connected("JinaEmbeddingFunction") as (ours, _, url):
        theirs = upstream(
            "dense.jinaai", "JinaEmbeddingFunction", monkeypatch, url + "/v1/embeddings"
        )
        peer = theirs(MODEL, KEY)
        for method in ("__call__", "encode_queries", "encode_documents"):
            want = np.array(getattr(peer, method)(TEXTS)).astype(np.float32)
            np.testing.assert_array_equal(getattr(ours, method)(TEXTS, output="array"), want)


def test_tei_beside_upstream(monkeypatch):
    with connected("TEIEmbeddingFunction") as (ours, _, url):
        peer = upstream("dense.tei", "TEIEmbeddingFunction", monkeypatch)(url)
        want = np.array(peer(TEXTS[:32])).astype(np.float32)
        np.testing.assert_array_equal(ours(TEXTS[:32], output="array"), want)
        with pytest.raises(KeyError):  # upstream sends more than the server takes
            peer(TEXTS)


@pytest.mark.parametrize(
    ("module", "name", "path"),
    [("jinaai", "JinaRerankFunction", "/v1/rerank"), ("jev", "JevRerankFunction", "/v1/systemone")],
)
def test_rerankers_beside_upstream(module, name, path, monkeypatch):
    with connected(name) as (ours, _, url):
        peer = upstream(f"reranker.{module}", name, monkeypatch, url + path)(MODEL, KEY)
        want = [result.to_dict() for result in peer("a query", TEXTS[:40], top_k=7)]
        assert [result.to_dict() for result in ours("a query", TEXTS[:40], top_k=7)] == want


def test_tei_reranker_beside_upstream(monkeypatch):
    with connected("TEIRerankFunction") as (ours, _, url):
        peer = upstream("reranker.tei", "TEIRerankFunction", monkeypatch)(url)
        want = [result.to_dict() for result in peer("a query", TEXTS[:30], top_k=7)]
        assert len(want) == 5  # upstream's, whatever top_k is
        got = [result.to_dict() for result in ours("a query", TEXTS[:30], top_k=7)]
        assert (got[:5], len(got)) == (want, 7)


def test_the_server_is_fair_to_coheres_own_client():
    cohere = pytest.importorskip("cohere")
    with connected("CohereEmbeddingFunction") as (ours, _, url):
        client = cohere.ClientV2(KEY, base_url=url)
        answer = client.embed(texts=TEXTS[:50], model=MODEL, input_type="search_query",
                              embedding_types=["float"])  # fmt: skip
        want = np.array(answer.embeddings.float_, np.float32)
        np.testing.assert_array_equal(ours.encode_queries(TEXTS[:50], output="array"), want)


def test_the_server_is_fair_to_mistrals_own_client():
    sdk = pytest.importorskip("mistralai.client")
    with connected("MistralAIEmbeddingFunction") as (ours, _, url):
        client = sdk.Mistral(api_key=KEY, server_url=url)
        answer = client.embeddings.create(model=MODEL, inputs=TEXTS[:50])
        want = np.array([item.embedding for item in answer.data], np.float32)
        np.testing.assert_array_equal(ours(TEXTS[:50], output="array"), want)
