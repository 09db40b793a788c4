"""OpenAIEmbeddingFunction beside upstream's class and the SDK, on the same server."""

import sys
from importlib import import_module

import numpy as np
import openai
import pytest

from embedfn._extras import require
from embedfn.dense import OpenAIEmbeddingFunction
from embedfn.remote.answers import Answer, wait_asked
from tests.remote.server import serving
from tests.remote.service import DIM, KEY, Service, vector_of

TEXTS = [f"text number {i} — ü {'x' * (i % 9)}" for i in range(60)]
MODELS = {"model": DIM, "text-embedding-ada-002": 1536, "text-embedding-3-small": 1536}


@pytest.fixture
def service():
    return Service(models=MODELS)


@pytest.fixture
def url(service):
    with serving(service) as server:
        yield server.url + "/v1"


def test_the_sdk_takes_the_server_for_the_service(url):
    """The server is a fair one: the official client reads its answers and its errors."""
    client = openai.OpenAI(api_key=KEY, base_url=url, max_retries=0)
    for form in ({}, {"encoding_format": "float"}):
        answer = client.embeddings.create(input=TEXTS, model="model", **form)
        rows = np.array([item.embedding for item in answer.data], np.float32)
        np.testing.assert_array_equal(rows, [vector_of(text) for text in TEXTS])
        assert answer.usage.prompt_tokens > 0
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(api_key="no", base_url=url).embeddings.create(input=["a"], model="model")
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(input=["a"], model="nothing")
    with pytest.raises(openai.BadRequestError, match="array too long"):
        client.embeddings.create(input=["a"] * 2049, model="model")
    with pytest.raises(openai.BadRequestError, match="max 300000 tokens per request"):
        client.embeddings.create(input=["word " * 4000] * 100, model="model")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what upstream imports
@pytest.mark.parametrize("given", [{}, {"dimensions": 256}, {"model_name": "model"}])
def test_upstreams_results(url, given):
    theirs = import_module("pymilvus.model.dense.openai").OpenAIEmbeddingFunction
    arguments = {"api_key": KEY, "base_url": url} | given
    peer, ours = theirs(**arguments), OpenAIEmbeddingFunction(**arguments)
    for name in ("__call__", "encode_queries", "encode_documents"):
        want, got = getattr(peer, name)(TEXTS), getattr(ours, name)(TEXTS)
        assert [row.dtype for row in got] == [np.float32] * len(TEXTS)
        np.testing.assert_array_equal(np.array(want).astype(np.float32), np.array(got))
    np.testing.assert_array_equal(
        ours._encode_query("a"), got[0] * 0 + peer.encode_queries(["a"])[0]
    )
    assert ours.model_name == peer.model_name
    assert type(ours.client) is type(peer.client)
    if "model_name" not in given:
        assert ours.dim == peer.dim
    else:
        assert ours.dim == DIM
        with pytest.raises(KeyError):  # upstream does not know such a model's
            _ = peer.dim


def test_positions_of_arguments(url):
    ours = OpenAIEmbeddingFunction("model", KEY, url, 4)
    assert ours.dim == 4
    assert ours(["a"])[0].shape == (4,)


def test_the_environment_is_followed(url, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    np.testing.assert_array_equal(OpenAIEmbeddingFunction("model")(["a"])[0], vector_of("a"))


def test_azure(service, url):
    function = OpenAIEmbeddingFunction(
        "model", KEY, azure_endpoint=url.removesuffix("/v1"), api_version="2024-10-21"
    )
    assert isinstance(function.client, openai.AzureOpenAI)
    np.testing.assert_array_equal(function(["a"])[0], vector_of("a"))
    assert service.paths == ["/openai/deployments/model/embeddings"]


def test_the_client_may_be_exchanged(url):
    function = OpenAIEmbeddingFunction("model", "another", "http://127.0.0.1:9/v1")
    function.client = openai.OpenAI(api_key=KEY, base_url=url)
    np.testing.assert_array_equal(function(["a"])[0], vector_of("a"))


def test_base64_is_asked_for_and_done_without(connected):
    function, service = connected()
    function(["a"])
    assert service.bodies[0]["encoding_format"] == "base64"
    plain, service = connected({"knows_base64": False})
    np.testing.assert_array_equal(plain(TEXTS, output="array"), [vector_of(t) for t in TEXTS])
    plain(["b"])
    assert [body["encoding_format"] for body in service.bodies] == ["base64", "float", "float"]


def test_a_model_that_changes_its_length(connected):
    function, service = connected(max_retries=0)
    function(["a"])
    service.dim_override = 5
    with pytest.raises(ValueError, match="have 5 components, not 8"):
        function(["b"])


def test_rows_are_of_one_array(connected):
    function, _ = connected()
    first, second = function(["a", "b"])
    assert first.base is second.base
    assert first.flags.c_contiguous


@pytest.mark.parametrize("module", ["openai", "msgspec", "pybase64", "tenacity"])
def test_a_missing_package_names_the_extra(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    extra = "openai" if module == "openai" else "remote"
    with pytest.raises(ImportError, match=rf"{module} is needed.*embedfn\[{extra}\]"):
        OpenAIEmbeddingFunction("model", KEY)
    with pytest.raises(ImportError):
        require(module, extra)


@pytest.mark.parametrize(
    "wrong",
    [
        {"dimensions": 0},
        {"dimensions": "8"},
        {"batch_size": 0},
        {"concurrency": True},
        {"timeout": None},
        {"on_error": "ignore"},
        {"too_long": "cut"},
        {"cache": 3},
        {"no_such_keyword": 1},
        {"max_retries": -1},
    ],
)
def test_wrong_arguments(wrong):
    with pytest.raises((TypeError, ValueError)):
        OpenAIEmbeddingFunction("model", KEY, **wrong)


def test_retry_after_in_all_its_forms():
    assert wait_asked({"retry-after": "3"}) == 3
    assert wait_asked({"retry-after-ms": "250", "retry-after": "3"}) == 0.25
    assert wait_asked({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert wait_asked({"retry-after": "soon"}) is None
    assert wait_asked(Answer(200, b"").headers) is None


def test_exact_counts_of_a_listed_model(service, url):
    bpe = pytest.importorskip("bpe_openai").get_encoding("cl100k_base")
    # More bytes than tokens are allowed, and fewer tokens: must be sent, and is no error.
    fits = "internationalization " * 1500
    assert len(bpe.encode_ordinary(fits)) < 8192 < len(fits)
    service.max_input_tokens = 10_000
    function = OpenAIEmbeddingFunction("text-embedding-3-small", KEY, url)
    assert len(function([fits])) == 1
    long = "a b " * 5000
    with pytest.raises(ValueError, match=r"documents\[1\] was refused: it has 10,00\d tokens"):
        function.encode_documents(["short", long])
    cut = OpenAIEmbeddingFunction("text-embedding-3-small", KEY, url, too_long="truncate")
    cut([long])
    sent = max(service.answered, key=lambda text: text.startswith("a b "))
    assert len(bpe.encode_ordinary(sent)) == 8192
