"""A provider's model over plain HTTP: a body for texts, a reader for answers."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import NDArray

from embedfn.remote.answers import Answer
from embedfn.remote.decode import Place
from embedfn.remote.http import HttpClient, shown_url
from embedfn.remote.limits import Limits
from embedfn.remote.options import Options

Read = Callable[[bytes, int, str, Place | None], tuple[NDArray[Any], int | None]]


class HttpEndpoint:
    """One address that takes JSON.

    Parameters
    ----------
    url : str
    model : str
    limits : Limits
    options : Options
    body : callable
        Makes a request of texts, a kind, and whether base64 is wanted.
    read : callable
        Reads an answer: content, number of texts, dtype, place.
    key : str or None
        Sent as a bearer's token, or in ``key_header``.
    parameters : object
        What vectors depend on beside model, kind and text.
    dtype : str
    key_header : str or None
    kinds_apart : bool
        Whether one kind of text may work where another does not: not where a kind is a reranker's
        query.
    """

    def __init__(
        self,
        url: str,
        model: str,
        limits: Limits,
        options: Options,
        body: Callable[[list[str], str, bool], Mapping[str, Any]],
        read: Read,
        key: str | None,
        *,
        parameters: object = None,
        dtype: str = "float32",
        key_header: str | None = None,
        kinds_apart: bool = True,
    ) -> None:
        headers = {}
        if key is not None:
            if not key.isascii() or not key.isprintable() or not key:
                message = "api_key must be of printable ASCII characters, and not empty"
                raise ValueError(message)
            headers = {key_header: key} if key_header else {"authorization": f"Bearer {key}"}
        self._client = HttpClient(headers, options.timeout, options.concurrency)
        self._target = url
        self._body = body
        self._read = read
        self._key = key
        self._base64 = True
        self._parameters = parameters
        self._kinds_apart = kinds_apart
        self.model = model
        self.limits = limits
        self.dtype = dtype

    def __repr__(self) -> str:
        return f"HttpEndpoint({self.url!r}, {self.model!r})"

    @property
    def url(self) -> str:
        """Where requests go."""
        return shown_url(self._target)

    def ask(self, texts: list[str], kind: str) -> Answer:
        """Send one request."""
        return self._client.post(self._target, self._body(texts, kind, self._base64))

    def read(
        self, answer: Answer, count: int, place: Place | None = None
    ) -> tuple[NDArray[Any], int | None]:
        """Return the vectors and the tokens billed."""
        return self._read(answer.content, count, self.dtype, place)

    def secret(self) -> str | None:
        """Return the key."""
        return self._key

    def plain(self) -> bool:
        """Ask for lists of numbers from now on."""
        before, self._base64 = self._base64, False
        return before

    def group(self, kind: str) -> str:
        """Each kind by itself, where kinds are apart."""
        return kind if self._kinds_apart else ""

    def fingerprint(self, kind: str) -> str:
        """What a vector depends on beside its text."""
        return repr((self.url, self.model, kind, self.dtype, self._parameters))


def found_key(given: str | None, *variables: str) -> str:
    """Return the key that was given, or that of the first environment variable that has one.

    Raises
    ------
    ValueError
        When there is none.
    """
    key = given or next((os.environ[name] for name in variables if os.environ.get(name)), None)
    if not key:
        message = f"no API key; pass api_key, or set {' or '.join(variables)}"
        raise ValueError(message)
    return key
