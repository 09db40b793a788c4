"""Voyage AI's rerankers."""

from typing import Any

from embedfn._arguments import check_type
from embedfn.reranker._remote import RemoteRerankFunction


class VoyageRerankFunction(RemoteRerankFunction):
    """Scores of Voyage AI's rerankers.

    Parameters
    ----------
    model_name : str
    api_key : str or None
        None takes ``VOYAGE_API_KEY``.
    **kwargs
        The transport's options (docs/remote.md), and ``base_url``.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and without a key.
    ImportError
        Without the extra ``remote``.
    """

    def __init__(
        self,
        model_name: str = "rerank-2",
        api_key: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        from embedfn.remote.http_endpoint import found_key

        self.model_name = model_name
        url = kwargs.pop("base_url", None) or "https://api.voyageai.com/v1"

        def body(query: str, documents: list[str]) -> dict[str, Any]:
            return {"model": model_name, "query": query, "documents": documents}

        key = found_key(api_key, "VOYAGE_API_KEY")
        self._connect(f"{url.rstrip('/')}/rerank", "voyage", body, kwargs, key)
