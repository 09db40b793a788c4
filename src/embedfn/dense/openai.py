"""OpenAI's embeddings, and those of every service that speaks its API."""

from typing import Any

from embedfn._arguments import check_count, check_type
from embedfn._extras import require
from embedfn.dense._remote import RemoteEmbeddingFunction

_AZURE = {
    "azure_endpoint",
    "azure_deployment",
    "api_version",
    "azure_ad_token",
    "azure_ad_token_provider",
}


class OpenAIEmbeddingFunction(RemoteEmbeddingFunction):
    """Dense vectors of OpenAI, of Azure, or of a compatible service.

    Requests go through the ``openai`` package's client, ``client``, which may be exchanged for
    another, such as an ``AzureOpenAI``.

    Parameters
    ----------
    model_name : str
        Any model of the service; a deployment's name on Azure.
    api_key : str or None
        None takes ``OPENAI_API_KEY``, on Azure ``AZURE_OPENAI_API_KEY``.
    base_url : str or None
        Of a compatible service, with its ``/v1``; None takes ``OPENAI_BASE_URL``, else OpenAI's.
    dimensions : int or None
        Components of a vector, for models that can be asked for fewer.
    **kwargs
        The transport's options (docs/remote.md), and what the client takes, such as
        ``organization``, ``default_headers`` and ``http_client``. With ``azure_endpoint``,
        ``azure_deployment``, ``api_version``, ``azure_ad_token`` or ``azure_ad_token_provider``
        among them, the client is an ``AzureOpenAI``.

    Attributes
    ----------
    client : openai.OpenAI

    Raises
    ------
    TypeError, ValueError
        For an argument of the wrong type or out of range.
    ImportError
        Without the extra ``openai``.
    """

    def __init__(
        self,
        model_name: str = "text-embedding-ada-002",
        api_key: str | None = None,
        base_url: str | None = None,
        dimensions: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_type("model_name", model_name, str)
        check_type("base_url", base_url, str, type(None))
        check_count("dimensions", dimensions, type(None))
        sdk = require("openai", "openai")
        from embedfn.remote.client import RemoteModel
        from embedfn.remote.connect import require_remote
        from embedfn.remote.limits import limits_of
        from embedfn.remote.openai_sdk import OpenAIEndpoint
        from embedfn.remote.options import split_options

        require_remote()
        # The transport's max_retries and timeout, which the client's are called as well.
        options, others = split_options(kwargs)
        others["timeout"] = sdk.Timeout(options.timeout, connect=5.0)
        if _AZURE & set(others):
            others |= {} if base_url is None else {"base_url": base_url}
            self.client: Any = sdk.AzureOpenAI(api_key=api_key, **others)
        else:
            self.client = sdk.OpenAI(api_key=api_key, base_url=base_url, **others)
        self.model_name = model_name
        limits = limits_of("openai", model_name)
        self._dim = limits.dim if dimensions is None else dimensions
        asked = {} if dimensions is None else {"dimensions": dimensions}
        endpoint = OpenAIEndpoint(lambda: self.client, model_name, limits, asked)
        self._remote = RemoteModel(endpoint, options)
