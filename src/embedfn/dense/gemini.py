"""Google's Gemini embeddings."""

from collections.abc import Mapping
from typing import Any

from embedfn._arguments import check_type
from embedfn.dense._remote import RemoteEmbeddingFunction

# EmbedContentConfig's names, and the API's.
_ASKED = {
    "task_type": "taskType",
    "title": "title",
    "output_dimensionality": "outputDimensionality",
}


class GeminiEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of the Gemini API.

    Parameters
    ----------
    model_name : str
    api_key : str or None
        None takes ``GEMINI_API_KEY``, then ``GOOGLE_API_KEY``.
    config : google.genai.types.EmbedContentConfig, mapping or None
        ``task_type``, ``title`` and ``output_dimensionality`` are followed.
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
        model_name: str = "gemini-embedding-exp-03-07",
        api_key: str | None = None,
        config: Any = None,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        from embedfn.remote.connect import connect
        from embedfn.remote.http_endpoint import found_key
        from embedfn.remote.limits import limits_of
        from embedfn.remote.readers import read_gemini

        url = kwargs.pop("base_url", None) or "https://generativelanguage.googleapis.com/v1beta"
        self.model_name = model_name
        self.config = config
        asked = {ours: _setting(config, name) for name, ours in _ASKED.items()}
        asked = {name: value for name, value in asked.items() if value is not None}
        limits = limits_of("gemini", model_name)
        self._dim = asked.get("outputDimensionality", limits.dim)
        whole = model_name if model_name.startswith("models/") else f"models/{model_name}"

        def body(texts: list[str], kind: str, base64: bool) -> dict[str, Any]:
            return {
                "requests": [
                    {"model": whole, "content": {"parts": [{"text": text}]}, **asked}
                    for text in texts
                ]
            }

        base = url.rstrip("/")
        self._remote = connect(
            f"{base}/{whole}:batchEmbedContents",
            model_name,
            limits,
            body,
            read_gemini,
            found_key(api_key, "GEMINI_API_KEY", "GOOGLE_API_KEY"),
            kwargs,
            parameters=asked,
            key_header="x-goog-api-key",
        )


def _setting(config: Any, name: str) -> Any:
    """A setting of a mapping or an object."""
    return config.get(name) if isinstance(config, Mapping) else getattr(config, name, None)
