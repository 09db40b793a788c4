"""Fetching a public file over HTTP: into its place when it is whole and good, or not at all."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from embedfn._extras import require

_SECONDS = 30  # without an answer, or between two pieces of it
_RETRIES = 3  # of connections that fail
_Read = TypeVar("_Read")


def download(url: str, target: Path, read: Callable[[Path], _Read]) -> _Read:
    """Fetch a file.

    Parameters
    ----------
    url : str
    target : Path
        Where it belongs; its folder is made.
    read : callable
        Reads the file at the path it is given; raises ValueError when it is not what was wanted.
        Called before the file is moved to its place.

    Returns
    -------
    object
        What ``read`` returned.

    Raises
    ------
    ImportError
        Without the extra ``download``.
    ConnectionError
        When the file cannot be had; the error names the address and the place where the file can
        be put by hand. Nothing is left in that place.
    ValueError
        When it cannot be read.
    OSError
        When it cannot be written.
    """
    http = require("httpx2", "download")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            try:
                _fetch(http, url, file)
            except (http.HTTPError, http.InvalidURL) as error:
                reason = " ".join(str(error).split("\n")[0].split()) or type(error).__name__
                message = (
                    f"cannot download {url}: {reason}; fetch it by other means and put it at "
                    f"{target}"
                )
                raise ConnectionError(message) from None
            file.flush()
            os.fsync(file.fileno())
        try:
            content = read(temporary)
        except ValueError as error:
            reason = str(error).replace(str(temporary), "what it sent")
            message = f"nothing was kept of {url}: {reason}"
            raise ValueError(message) from None
        temporary.replace(target)
        return content
    finally:
        temporary.unlink(missing_ok=True)


def _fetch(http: Any, url: str, file: IO[bytes]) -> None:
    """Write the response's body; one cut short is the client's error."""
    from urllib.request import getproxies  # here, because it brings http.client and ssl

    # A transport of our own would hide the user's proxies from the client.
    transport = None if getproxies() else http.HTTPTransport(retries=_RETRIES)
    with (
        http.Client(transport=transport, timeout=_SECONDS, follow_redirects=True) as client,
        client.stream("GET", url) as response,
    ):
        response.raise_for_status()
        length = response.headers.get("content-length", "")
        with _bar(int(length) if length.isdecimal() else None, url.rpartition("/")[2]) as moved:
            for piece in response.iter_bytes():
                file.write(piece)
                moved(len(piece))


@contextmanager
def _bar(total: int | None, name: str) -> Iterator[Callable[[int], object]]:
    """Show a progress bar where someone can see it and tqdm is there; yields what moves it."""
    try:
        tqdm = require("tqdm", "download").tqdm
    except ImportError:
        tqdm = None
    if tqdm is None:
        yield lambda n: None
        return
    with tqdm(total=total, desc=name, unit="B", unit_scale=True, disable=None) as bar:
        yield bar.update
