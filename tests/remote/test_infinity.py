"""A server of OpenAI's API that is not ours: Infinity, in an environment of its own.

``make infinity`` installs it and runs this. Two ways: our functions get from it what the model
gives here, and the tests' own server answers as it does.
"""

import asyncio
import os
import socket
import subprocess
import time
from pathlib import Path

import httpx2
import numpy as np
import pytest

from embedfn.dense import OpenAIEmbeddingFunction, SentenceTransformerEmbeddingFunction
from embedfn.remote.client import InputsRefused
from embedfn.reranker import CrossEncoderRerankFunction, JinaRerankFunction
from tests.encoder.models import Recipe, build_classifier
from tests.remote.server import serving
from tests.remote.service import KEY, Service

PROGRAM = Path(__file__).parents[2] / ".venv-infinity/bin/infinity_emb"
MOST = 64  # texts in a request
TEXTS = ["Ein Satz.", "日本語の文", "x", "", *[f"text number {i} of many" for i in range(300)]]

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="needs Infinity: make infinity")


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory):
    return build_classifier(tmp_path_factory.mktemp("pairs"), Recipe())


@pytest.fixture(scope="module")
def url(minilm, cross_encoder):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    command = [PROGRAM, "v2", "--host", "127.0.0.1", "--port", str(port), "--url-prefix", "/v1"]
    command += ["--api-key", KEY, "--engine", "torch", "--device", "cpu", "--no-bettertransformer"]
    for folder, name in ((minilm, "minilm"), (cross_encoder, "pairs")):
        command += ["--model-id", folder, "--served-model-name", name]
        command += ["--no-compile", "--no-model-warmup"]
    variables = {"INFINITY_MAX_CLIENT_BATCH_SIZE": str(MOST), "HF_HUB_OFFLINE": "1"}
    variables |= {"INFINITY_ANONYMOUS_USAGE_STATS": "0", "DO_NOT_TRACK": "1"}
    log = subprocess.DEVNULL
    with subprocess.Popen(command, env=os.environ | variables, stdout=log, stderr=log) as server:
        try:
            wait_for(f"http://127.0.0.1:{port}/health", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def wait_for(address, server):
    """Until the server answers; it loads models first."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            if httpx2.get(address).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    pytest.fail("the server did not start in two minutes")


def function(url, **options):
    return OpenAIEmbeddingFunction(
        **{"model_name": "minilm", "api_key": KEY, "base_url": url} | options
    )


@pytest.fixture(scope="module")
def vectors(minilm):
    return SentenceTransformerEmbeddingFunction(minilm, device="cpu").encode_documents(
        TEXTS, output="array"
    )


@pytest.mark.parametrize("batch_size", [None, 50])
def test_vectors_are_the_models(url, vectors, batch_size):
    """Of two requests at a time, and of requests that are larger than the server takes."""
    options = {} if batch_size is None else {"batch_size": batch_size}
    ef = function(url, concurrency=2, **options)
    np.testing.assert_allclose(
        ef.encode_documents(TEXTS, output="array"), vectors, rtol=0, atol=1e-5
    )
    assert ef.dim == 384
    assert ef.usage.texts == len(set(TEXTS))
    assert ef.usage.tokens > 5 * len(TEXTS)
    assert ef.usage.failed == (
        0 if batch_size else 2
    )  # 256 texts, then what is left of them in halves
    queries = asyncio.run(ef.aencode_queries(TEXTS[:20], output="array"))
    np.testing.assert_allclose(queries, vectors[:20], rtol=0, atol=1e-5)


def test_dimensions(url, vectors):
    """It cuts vectors without making them of length 1 again, unlike OpenAI; they stay as sent."""
    rows = function(url, dimensions=64).encode_documents(TEXTS, output="array")
    np.testing.assert_allclose(rows, vectors[:, :64], rtol=0, atol=1e-5)


def test_scores_are_the_models(url, cross_encoder):
    texts = TEXTS[:100]
    theirs = JinaRerankFunction("pairs", api_key=KEY, base_url=url)("a query", texts, top_k=100)
    ours = CrossEncoderRerankFunction(cross_encoder, device="cpu")("a query", texts, top_k=100)
    scores = {result.index: result.score for result in ours}
    for result in theirs:
        assert abs(result.score - scores[result.index]) < 1e-5
        assert result.text == texts[result.index]
    assert len(theirs) == len(texts)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"api_key": "sk-another"}, PermissionError, "401"),
        ({"base_url": "/v2"}, ValueError, "no such model or address"),
        ({"dimensions": 999}, ValueError, "Select between 1 and 384"),
    ],
)
def test_one_clear_error(url, options, error, message):
    if "base_url" in options:
        options = {"base_url": url.replace("/v1", options["base_url"])}
    ef = function(url, **options)
    with pytest.raises(error, match=message):
        ef.encode_documents(TEXTS)
    assert ef.usage.failed <= 8


def test_a_text_that_it_refuses(url, vectors):
    texts = [*TEXTS[:30], "word " * 40_000, *TEXTS[30:60]]
    with pytest.raises(InputsRefused, match="at most 122880 characters") as caught:
        function(url).encode_documents(texts)
    assert list(caught.value.reasons) == [30]
    rows = function(url, on_error="null").encode_documents(texts, output="array")
    assert np.isnan(rows[30]).all()
    np.testing.assert_allclose(np.delete(rows, 30, axis=0), vectors[:60], rtol=0, atol=1e-5)
    (cut,) = function(url, too_long="truncate").encode_documents([texts[30]])
    assert cut.shape == (384,)


def form(content):
    """An answer without its values: names and types; of a list the first item."""
    if isinstance(content, dict):
        return {name: form(value) for name, value in content.items()}
    if isinstance(content, list):
        return [len(content), form(content[0])] if content else []
    return type(content)


@pytest.mark.parametrize(
    "extra", [{}, {"encoding_format": "base64"}, {"dimensions": 64}, {"input": "one"}]
)
def test_our_server_answers_as_theirs(url, extra):
    body = {"model": "minilm", "input": ["a", "b", "c"]} | extra
    answers = []
    with serving(Service(models={"minilm": 384})) as server:
        for address in (url, f"{server.url}/v1"):
            for key in (KEY, "wrong"):
                headers = {"authorization": f"Bearer {key}"}
                answers.append(httpx2.post(f"{address}/embeddings", json=body, headers=headers))
    theirs, their_refusal, ours, our_refusal = answers
    assert theirs.status_code == ours.status_code == 200
    assert their_refusal.status_code == our_refusal.status_code == 401
    whole = form(theirs.json())
    assert {name: whole[name] for name in form(ours.json())} == form(ours.json())
