"""Mistral AI's embeddings."""

from typing import Any

from embedfn._arguments import check_type
from embedfn.dense._remote import RemoteEmbeddingFunction


class MistralAIEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of Mistral AI.

    Parameters
    ----------
    api_key : str or None
        None takes ``MISTRALAI_API_KEY``, then ``MISTRAL_API_KEY``.
    model_name : str
    **kwargs
        The transport's options (docs/remote.md), ``base_url``, and
        what the API takes with a request, such as ``output_dimension``.

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and without a key.
    ImportError
        Without the extra ``remote``.
    """

    def __init__(
        self, api_key: str | None, model_name: str = "mistral-embed", **kwargs: Any
    ) -> None:
        check_type("api_key", api_key, str, type(None))
        check_type("model_name", model_name, str)
        from embedfn.remote.connect import connect
        from embedfn.remote.http_endpoint import found_key
        from embedfn.remote.limits import limits_of
        from embedfn.remote.options import OPTIONS
        from embedfn.remote.rows_of_data import read_data

        url = kwargs.pop("base_url", None) or "https://api.mistral.ai/v1"
        asked = {name: kwargs.pop(name) for name in [*kwargs] if name not in OPTIONS}
        self.model_name = model_name
        self.api_key = found_key(api_key, "MISTRALAI_API_KEY", "MISTRAL_API_KEY")
        limits = limits_of("mistral", model_name)
        self._dim = asked.get("output_dimension", limits.dim)

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            form = {"encoding_format": "base64"} if base64 else {}
            return {"input": texts, "model": model_name, **form, **asked}

        self._remote = connect(
            url.rstrip("/") + "/embeddings",
            model_name,
            limits,
            body,
            read_data,
            self.api_key,
            kwargs,
            parameters=sorted(asked.items()),
        )
