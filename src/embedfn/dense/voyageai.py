"""Voyage AI's embeddings."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._arguments import check_count, check_type
from embedfn.dense._remote import RemoteEmbeddingFunction

_TYPES = {
    "float": "float32",
    "int8": "int8",
    "uint8": "uint8",
    "binary": "int8",
    "ubinary": "uint8",
}


class VoyageEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of Voyage AI.

    Parameters
    ----------
    model_name : str
    api_key : str or None
        None takes ``VOYAGE_API_KEY``.
    embedding_type : str or None
        ``"float"``, which None is too; ``"int8"``, ``"uint8"``; ``"binary"`` and ``"ubinary"``
        give arrays of bool, as upstream does.
    truncate : bool or None
        Whether Voyage cuts texts that are too long; None leaves it to Voyage, which does.
    dimension : int or None
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
        model_name: str = "voyage-3-large",
        api_key: str | None = None,
        embedding_type: str | None = None,
        truncate: bool | None = None,
        dimension: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        check_type("truncate", truncate, bool, type(None))
        check_count("dimension", dimension, type(None))
        if embedding_type is not None and embedding_type not in _TYPES:
            message = f"embedding_type must be one of {', '.join(_TYPES)}, not {embedding_type!r}"
            raise ValueError(message)
        from embedfn.remote.connect import connect
        from embedfn.remote.http_endpoint import found_key
        from embedfn.remote.limits import limits_of
        from embedfn.remote.rows_of_data import read_data

        url = kwargs.pop("base_url", None) or "https://api.voyageai.com/v1"
        limits = limits_of("voyage", model_name)
        if dimension is not None and limits.dims and dimension not in limits.dims:
            message = f"{model_name} has vectors of {limits.dims} components, not {dimension}"
            raise ValueError(message)
        self.model_name = model_name
        self.embedding_type = embedding_type
        self.truncate = truncate
        self.dimension = dimension
        self._dim = limits.dim if dimension is None else dimension
        asked = {
            "output_dtype": embedding_type,
            "output_dimension": self._dim,
            "truncation": truncate,
        }
        asked = {name: value for name, value in asked.items() if value is not None}

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            whole: dict[str, Any] = {"input": texts, "model": model_name, **asked}
            if kind != "text":
                whole["input_type"] = kind
            return whole | ({"encoding_format": "base64"} if base64 else {})

        self._remote = connect(
            url.rstrip("/") + "/embeddings",
            model_name,
            limits,
            body,
            read_data,
            found_key(api_key, "VOYAGE_API_KEY"),
            kwargs,
            parameters=asked,
            dtype=_TYPES[embedding_type or "float"],
        )

    def _kind(self, kind: str) -> str:
        """The kinds are Voyage's own."""
        return kind

    def _shaped(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Bits as bools."""
        if self.embedding_type == "binary":
            rows = (rows.astype(np.int16) + 128).astype(np.uint8)
        if self.embedding_type in ("binary", "ubinary"):
            return np.unpackbits(rows, axis=1).astype(bool)
        return rows
