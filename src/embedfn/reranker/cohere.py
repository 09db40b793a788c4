"""Cohere's rerankers."""

from typing import Any

from embedfn._arguments import check_type
from embedfn.reranker._remote import RemoteRerankFunction


class CohereRerankFunction(RemoteRerankFunction):
    """Scores of Cohere's rerankers.

    Parameters
    ----------
    model_name : str
    api_key : str or None
        None takes ``CO_API_KEY``.
    return_documents : bool
        Whether results carry the text.
    **kwargs
        The transport's options (docs/remote.md), ``base_url`` and ``max_tokens_per_doc``.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and without a key.
    ImportError
        Without the extra ``remote``.
    """

    def __init__(
        self,
        model_name: str = "rerank-english-v3.0",
        api_key: str | None = None,
        return_documents: bool = True,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        from embedfn.remote.http_endpoint import found_key

        self.model_name = model_name
        self._shown = return_documents is True
        url = kwargs.pop("base_url", None) or "https://api.cohere.com"
        asked = {name: kwargs.pop(name) for name in ("max_tokens_per_doc",) if name in kwargs}

        def body(query: str, documents: list[str]) -> dict[str, Any]:
            return {"model": model_name, "query": query, "documents": documents, **asked}

        key = found_key(api_key, "CO_API_KEY")
        self._connect(f"{url.rstrip('/')}/v2/rerank", "cohere", body, kwargs, key, parameters=asked)
