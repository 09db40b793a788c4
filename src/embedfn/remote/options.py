"""What every class on the transport takes beside upstream's arguments."""

import os
from dataclasses import dataclass, fields
from typing import Any

from embedfn._arguments import check_count, check_type
from embedfn._cache import cache_folder


@dataclass(frozen=True)
class Options:
    """How requests are made.

    Attributes
    ----------
    batch_size : int or None
        Texts in a request at most; None is what the provider takes.
    concurrency : int
        Requests under way at a time.
    max_retries : int
        Of a request, after 429, 5xx, a timeout, a broken connection and an answer that is not
        whole or not right.
    timeout : float
        Seconds without a byte until a request counts as failed.
    requests_per_minute, tokens_per_minute : float or None
        To begin with; what answers say replaces them.
    too_long : str
        Of a text with more tokens than the model takes: ``"error"`` refuses it, ``"truncate"``
        embeds its beginning.
    on_error : str
        Of texts that the provider refuses: ``"raise"`` embeds all others, then raises;
        ``"null"`` gives them None, or a row of NaN in an array.
    cache : str, os.PathLike, bool or None
        A file to keep vectors in; True is ``remote.sqlite`` in embedfn's cache folder.
    progress : bool
        Show a progress bar, with tqdm.
    """

    batch_size: int | None = None
    concurrency: int = 16
    max_retries: int = 8
    timeout: float = 60.0
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    too_long: str = "error"
    on_error: str = "raise"
    cache: str | os.PathLike[str] | bool | None = None
    progress: bool = False

    def __post_init__(self) -> None:
        check_count("batch_size", self.batch_size, type(None))
        check_count("concurrency", self.concurrency)
        check_type("max_retries", self.max_retries, int)
        for name in ("timeout", "requests_per_minute", "tokens_per_minute"):
            value = getattr(self, name)
            check_type(name, value, int, float, type(None))
            if value is None and name == "timeout":
                message = "timeout must be a number of seconds, not None"
                raise TypeError(message)
            if value is not None and not value > 0:
                message = f"{name} must be above 0, not {value}"
                raise ValueError(message)
        if self.max_retries < 0:
            message = f"max_retries must be at least 0, not {self.max_retries}"
            raise ValueError(message)
        for name, words in (("too_long", ("error", "truncate")), ("on_error", ("raise", "null"))):
            value = getattr(self, name)
            if value not in words:
                message = f"{name} must be {words[0]!r} or {words[1]!r}, not {value!r}"
                raise ValueError(message)
        check_type("cache", self.cache, str, os.PathLike, bool, type(None))
        check_type("progress", self.progress, bool)

    @property
    def cache_file(self) -> str | os.PathLike[str] | None:
        """Where vectors are kept; None where they are not."""
        if isinstance(self.cache, bool) or self.cache is None:
            return cache_folder() / "remote.sqlite" if self.cache else None
        return self.cache


OPTIONS = frozenset(field.name for field in fields(Options))


def split_options(given: dict[str, Any]) -> tuple[Options, dict[str, Any]]:
    """Return the options among keywords, and the other keywords."""
    ours = {name: value for name, value in given.items() if name in OPTIONS}
    return Options(**ours), {name: value for name, value in given.items() if name not in OPTIONS}
