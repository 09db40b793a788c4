"""Embeddings of Hugging Face's text-embeddings-inference server."""

from typing import Any

from embedfn._arguments import check_count, check_type
from embedfn._extras import require
from embedfn.dense._remote import NEEDED, RemoteEmbeddingFunction, refuse_keywords


class TEIEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of a text-embeddings-inference server.

    Parameters
    ----------
    api_url : str
        The server's address.
    dimensions : int or None
        What ``dim`` says; None asks the server.
    **kwargs
        The transport's options (docs/remote.md), and ``api_key``.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and without a key.
    ImportError
        Without the extra ``remote``.
    """

    def __init__(self, api_url: str, dimensions: int | None = None, **kwargs: Any) -> None:
        check_type("api_url", api_url, str)
        check_count("dimensions", dimensions, type(None))
        for module in NEEDED:
            require(module, "remote")
        from embedfn.remote.client import RemoteModel
        from embedfn.remote.http_endpoint import HttpEndpoint
        from embedfn.remote.limits import limits_of
        from embedfn.remote.options import split_options
        from embedfn.remote.rows_of_data import read_data

        options, others = split_options(kwargs)
        key = others.pop("api_key", None)
        refuse_keywords(others)
        self.model_name = "tei"
        self.api_url = api_url.rstrip("/") + "/v1/embeddings"
        self._dim = dimensions

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            return {"input": texts, **({"encoding_format": "base64"} if base64 else {})}

        endpoint = HttpEndpoint(
            self.api_url, "tei", limits_of("tei", ""), options, body, read_data, key
        )
        self._remote = RemoteModel(endpoint, options)
