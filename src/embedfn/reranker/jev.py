"""TypeSafe's Jev as a reranker."""

from typing import Any

from embedfn._arguments import check_type
from embedfn.reranker._remote import RemoteRerankFunction


class JevRerankFunction(RemoteRerankFunction):
    """Scores of Jev: the probability that a document bears on a claim.

    Parameters
    ----------
    model_name : str
    api_key : str or None
        None takes ``TYPESAFE_API_KEY``.
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
        model_name: str = "jev-latest",
        api_key: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        from embedfn.remote.http_endpoint import found_key

        self.model_name = model_name
        self.api_key = found_key(api_key, "TYPESAFE_API_KEY")
        url = kwargs.pop("base_url", None) or "https://api.typesafe.ai/v1"

        def body(query: str, documents: list[str]) -> dict[str, Any]:
            # Upstream's words, which the scores depend on.
            asked = {
                f"d{i}": {
                    "type": "noul",
                    "instructions": f"Document: {document} "
                    "— Does this document provide evidence relevant to the claim?",
                }
                for i, document in enumerate(documents)
            }
            claim = f"Scientific claim: {query}"
            return {"state": claim, "model": model_name, "questions": asked}

        url = f"{url.rstrip('/')}/systemone"
        self._connect(url, "jev", body, kwargs, self.api_key, reader="read_jev")
