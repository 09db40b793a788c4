"""Servers and functions that tests of the transport use."""

from contextlib import ExitStack

import pytest

from embedfn.dense import OpenAIEmbeddingFunction
from tests.encoder.conftest import minilm
from tests.remote.server import serving
from tests.remote.service import DIM, KEY, Service

__all__ = ["connected", "minilm"]

for needed in ("openai", "msgspec", "pybase64", "tenacity"):
    pytest.importorskip(needed)


@pytest.fixture
def connected():
    """connected(service options, function options) -> function, service."""
    with ExitStack() as stack:

        def connect(service=None, **options):
            made = Service(**({"models": {"model": DIM}} | (service or {})))
            server = stack.enter_context(serving(made))
            chosen = {"model_name": "model", "api_key": KEY, "base_url": server.url + "/v1"}
            return OpenAIEmbeddingFunction(**chosen | options), made

        yield connect
