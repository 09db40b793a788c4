"""Jina AI's embeddings."""

from typing import Any

from embedfn._arguments import check_count, check_type
from embedfn.dense._remote import RemoteEmbeddingFunction


class JinaEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of Jina AI.

    Parameters
    ----------
    model_name : str
    api_key : str or None
        None takes ``JINAAI_API_KEY``.
    task : str
        Of texts that are neither queries nor documents.
    dimensions : int or None
    late_chunking : bool or None
        Texts of a call are parts of one document and see each other: they go in one request,
        whatever their number, and are not cached.
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
        model_name: str = "jina-embeddings-v3",
        api_key: str | None = None,
        task: str = "retrieval.passage",
        dimensions: int | None = None,
        late_chunking: bool | None = False,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        check_count("dimensions", dimensions, type(None))
        check_type("late_chunking", late_chunking, bool, type(None))
        from embedfn.remote.connect import connect
        from embedfn.remote.http_endpoint import found_key
        from embedfn.remote.limits import limits_of
        from embedfn.remote.rows_of_data import read_data

        url = kwargs.pop("base_url", None) or "https://api.jina.ai/v1"
        self.model_name = model_name
        self.api_key = found_key(api_key, "JINAAI_API_KEY")
        self.task = task
        self.late_chunking = late_chunking
        limits = limits_of("jina", model_name)
        self._dim = limits.dim if dimensions is None else dimensions
        asked: dict[str, Any] = {"late_chunking": late_chunking}
        asked |= {} if dimensions is None else {"dimensions": dimensions}

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            form = {"embedding_type": "base64"} if base64 else {}
            return {"input": texts, "model": model_name, "task": kind, **asked, **form}

        self._remote = connect(
            url.rstrip("/") + "/embeddings",
            model_name,
            limits,
            body,
            read_data,
            self.api_key,
            kwargs,
            parameters=asked,
            together=bool(late_chunking),
        )

    def _kind(self, kind: str) -> str:
        """Jina's words."""
        return {"query": "retrieval.query", "document": "retrieval.passage"}.get(kind, self.task)
