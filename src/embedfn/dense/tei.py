"""Embeddings of Hugging Face's text-embeddings-inference server."""

from typing import Any

from embedfn._arguments import check_count, check_type
from embedfn.dense._remote import RemoteEmbeddingFunction


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
        from embedfn.remote.connect import connect
        from embedfn.remote.limits import limits_of
        from embedfn.remote.rows_of_data import read_data

        key = kwargs.pop("api_key", None)
        self.model_name = "tei"
        self.api_url = api_url.rstrip("/") + "/v1/embeddings"
        self._dim = dimensions

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            return {"input": texts, **({"encoding_format": "base64"} if base64 else {})}

        self._remote = connect(
            self.api_url, "tei", limits_of("tei", ""), body, read_data, key, kwargs
        )
