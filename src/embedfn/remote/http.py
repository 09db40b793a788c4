"""Requests over httpx2."""

import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from embedfn._extras import require
from embedfn.remote.answers import Answer, TimedOut, Unreachable

_CONNECT = 5.0  # seconds for a connection


class HttpClient:
    """Posts JSON to one service; safe to use from many threads.

    Parameters
    ----------
    headers : mapping of str to str
        With the service's key.
    timeout : float
        Seconds without a byte.
    connections : int
        Kept open.
    """

    def __init__(self, headers: Mapping[str, str], timeout: float, connections: int) -> None:
        http = require("httpx2", "remote")
        require("tenacity", "remote")
        self._encode = require("msgspec", "remote").json.encode
        self._failures = (http.TransportError, http.DecodingError, http.StreamError)
        # Vectors hardly shrink, and unpacking costs more than anything else done to them here.
        always = {"accept-encoding": "identity", "content-type": "application/json"}
        self._client = http.Client(
            headers={**always, **headers},
            timeout=http.Timeout(timeout, connect=_CONNECT),
            limits=http.Limits(max_connections=None, max_keepalive_connections=connections),
        )
        weakref.finalize(self, self._client.close)

    def __repr__(self) -> str:
        return "HttpClient()"  # the headers hold the key

    def post(self, url: str, body: Mapping[str, Any]) -> Answer:
        """Send a body as JSON; return the answer, whatever its status.

        Raises
        ------
        Unreachable
            When no whole answer came; TimedOut where that took too long.
        """
        try:
            response = self._client.post(url, content=self._encode(body))
        except self._failures as error:
            fault = unreachable(url, error)
        else:
            return Answer(response.status_code, response.content, response.headers)
        raise fault  # out here, so that it does not hold the request with its headers


def unreachable(url: str, error: BaseException) -> Unreachable:
    """Return what an error of an HTTP client, of httpx or httpx2, means."""
    name = type(error).__name__
    text = f"no answer from {shown_url(url)}: {name} {' '.join(str(error).split())}".strip()
    return TimedOut(text) if name == "ReadTimeout" else Unreachable(text)


def shown_url(url: str) -> str:
    """Return a URL without the name and password that may stand in it, and without its query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
