"""Rerankers of Hugging Face's text-embeddings-inference server."""

from typing import Any

from embedfn._arguments import check_type
from embedfn.reranker._remote import RemoteRerankFunction


class TEIRerankFunction(RemoteRerankFunction):
    """Scores of a text-embeddings-inference server.

    Parameters
    ----------
    api_url : str
        The server's address.
    **kwargs
        The transport's options (docs/remote.md), and ``api_key``.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and without a key.
    ImportError
        Without the extra ``remote``.
    """

    def __init__(
        self,
        api_url: str,
        **kwargs: Any,
    ) -> None:
        check_type("api_url", api_url, str)
        self.model_name = "tei"
        self.api_url = api_url.rstrip("/") + "/rerank"
        key = kwargs.pop("api_key", None)

        def body(query: str, documents: list[str]) -> dict[str, Any]:
            return {"query": query, "texts": documents, "return_text": False}

        self._connect(self.api_url, "tei", body, kwargs, key)
