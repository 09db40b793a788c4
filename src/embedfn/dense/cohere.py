"""Cohere's embeddings."""

from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from embedfn._arguments import check_type
from embedfn.dense._remote import RemoteEmbeddingFunction

_TYPES = {
    "float": "float32",
    "int8": "int8",
    "uint8": "uint8",
    "binary": "int8",
    "ubinary": "uint8",
}


class CohereEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of Cohere.

    Parameters
    ----------
    model_name : str
    api_key : str or None
        None takes ``CO_API_KEY``.
    input_type : str
        What texts are that are neither queries nor documents: ``"search_document"``,
        ``"search_query"``, ``"classification"`` or ``"clustering"``.
    embedding_types : list of str or None
        One of ``"float"``, which None is too, ``"int8"``, ``"uint8"``, ``"binary"`` and
        ``"ubinary"``; of the last two a vector is bytes in a list, as upstream's, and a row of
        numbers in an array.
    truncate : str or None
        ``"NONE"``, ``"START"`` or ``"END"``; None leaves it to Cohere, which cuts the end.
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
        model_name: str = "embed-english-light-v3.0",
        api_key: str | None = None,
        input_type: str = "search_document",
        embedding_types: Sequence[str] | None = None,
        truncate: str | None = None,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        check_type("input_type", input_type, str)
        check_type("truncate", truncate, str, type(None))
        chosen = ["float"] if embedding_types is None else list(embedding_types)
        if isinstance(embedding_types, str) or len(chosen) != 1 or chosen[0] not in _TYPES:
            message = f"embedding_types must be a list of one of {', '.join(_TYPES)}"
            raise ValueError(f"{message}; got {embedding_types!r}")
        from embedfn.remote.connect import connect
        from embedfn.remote.http_endpoint import found_key
        from embedfn.remote.limits import limits_of
        from embedfn.remote.readers import read_cohere

        url = kwargs.pop("base_url", None) or "https://api.cohere.com"
        self.model_name = model_name
        self.input_type = input_type
        self.embedding_types = embedding_types
        self.truncate = truncate
        limits = limits_of("cohere", model_name)
        self._dim = limits.dim
        asked = {} if truncate is None else {"truncate": truncate}

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            # base64 is of floats only.
            types = ["base64"] if base64 and chosen == ["float"] else chosen
            whole = {"texts": texts, "model": model_name, "input_type": kind}
            return {**whole, "embedding_types": types, **asked}

        self._remote = connect(
            url.rstrip("/") + "/v2/embed",
            model_name,
            limits,
            body,
            read_cohere,
            found_key(api_key, "CO_API_KEY"),
            kwargs,
            parameters=(asked, chosen),
            dtype=_TYPES[chosen[0]],
        )
        self._bytes = chosen[0] in ("binary", "ubinary")

    @property
    def dim(self) -> int:
        """Number of components of a vector: of bits, the bits."""
        if self._dim is None and self._bytes:
            if self._remote.dim is None:
                self._remote.encode([self._probe], self._kind("text"))
            self._dim = 8 * (self._remote.dim or 0)
        return super().dim

    def _kind(self, kind: str) -> str:
        """Cohere's words."""
        return {"query": "search_query", "document": "search_document"}.get(kind, self.input_type)

    def _listed(self, rows: NDArray[Any]) -> list[Any]:
        """Rows, or their bytes."""
        return [row.tobytes() for row in rows] if self._bytes else list(rows)
