"""Nomic's hosted embeddings."""

from typing import Any

from embedfn._arguments import check_count, check_type
from embedfn.dense._remote import RemoteEmbeddingFunction


class NomicEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of Nomic's API.

    Parameters
    ----------
    model_name : str
    task_type : str
        Of texts that are neither queries nor documents.
    dimensions : int
        Components of a vector; ``dimensionality`` is another name for it.
    **kwargs
        The transport's options (docs/remote.md), ``base_url``,
        ``api_key`` (None takes ``NOMIC_API_KEY``), ``long_text_mode`` (``"truncate"``,
        ``"mean"``).

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range, and without a key.
    ImportError
        Without the extra ``remote``.
    """

    def __init__(
        self,
        model_name: str = "nomic-embed-text-v1.5",
        task_type: str = "search_document",
        dimensions: int = 768,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        check_type("task_type", task_type, str)
        dimensions = kwargs.pop("dimensionality", dimensions)
        check_count("dimensions", dimensions)
        from embedfn.remote.connect import connect
        from embedfn.remote.http_endpoint import found_key
        from embedfn.remote.limits import limits_of
        from embedfn.remote.readers import read_nomic

        url = kwargs.pop("base_url", None) or "https://api-atlas.nomic.ai/v1"
        key = kwargs.pop("api_key", None)
        asked = {"dimensionality": dimensions}
        asked |= {"long_text_mode": kwargs.pop("long_text_mode", "truncate")}
        self.model_name = model_name
        self.task_type = task_type
        self.dimensionality = self._dim = dimensions

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            return {"texts": texts, "model": model_name, "task_type": kind, **asked}

        self._remote = connect(
            url.rstrip("/") + "/embedding/text",
            model_name,
            limits_of("nomic", model_name),
            body,
            read_nomic,
            found_key(key, "NOMIC_API_KEY"),
            kwargs,
            parameters=asked,
        )

    def _kind(self, kind: str) -> str:
        """Nomic's words."""
        return {"query": "search_query", "document": "search_document"}.get(kind, self.task_type)
