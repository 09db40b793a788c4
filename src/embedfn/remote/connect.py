"""A provider's address made a model: what all classes on plain HTTP do alike."""

from collections.abc import Callable, Mapping
from typing import Any

from embedfn._extras import require
from embedfn.remote.client import RemoteModel
from embedfn.remote.http_endpoint import HttpEndpoint, Read
from embedfn.remote.limits import Limits
from embedfn.remote.options import split_options


def require_remote() -> None:
    """Raise ImportError, which names the extra ``remote``, where a package of it is missing."""
    for module in ("httpx2", "msgspec", "pybase64", "tenacity"):
        require(module, "remote")


def connect(
    url: str,
    model: str,
    limits: Limits,
    body: Callable[[list[str], str, bool], Mapping[str, Any]],
    read: Read,
    key: str | None,
    given: dict[str, Any],
    *,
    together: bool = False,
    **form: Any,
) -> RemoteModel:
    """Return the model behind an address.

    Parameters
    ----------
    url, model, limits, body, read, key
        As :class:`embedfn.remote.http_endpoint.HttpEndpoint` takes them.
    given : dict
        The caller's keywords: the transport's options.
    together : bool
        All texts of a call go in one request.
    **form
        Further arguments of the endpoint.

    Raises
    ------
    TypeError
        For a keyword that is no option.
    ImportError
        Without the extra ``remote``.
    """
    require_remote()
    options, others = split_options(given)
    if others:
        message = f"unknown keywords: {', '.join(sorted(others))}"
        raise TypeError(message)
    endpoint = HttpEndpoint(url, model, limits, options, body, read, key, **form)
    return RemoteModel(endpoint, options, together)
