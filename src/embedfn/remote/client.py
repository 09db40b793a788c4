"""The engine's face: texts to one array, in this thread or awaited."""

import asyncio
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._distinct import distinct
from embedfn.remote.cache import VectorCache
from embedfn.remote.job import Job
from embedfn.remote.limits import Limits
from embedfn.remote.options import Options
from embedfn.remote.transport import Endpoint, Transport


class InputsRefused(ValueError):
    """Some texts have no vector; all others have.

    Attributes
    ----------
    reasons : dict of int to str
        Why, by the text's position.
    vectors : array of shape (n, dim), or None
        Of all texts; rows of refused ones hold NaN, or 0 where the numbers are whole. None where
        every text was refused.
    """

    def __init__(self, argument: str, reasons: dict[int, str], vectors: Any) -> None:
        first = min(reasons)
        text = f"{argument}[{first}] was refused: {reasons[first]}"
        if len(reasons) > 1:
            others = sorted(reasons)[1:21]
            shown = ", ".join(map(str, others))
            text += f"; so were {len(reasons) - 1} others, at positions {shown}"
            text += "" if len(reasons) == len(others) + 1 else ", and further ones"
        super().__init__(f"{text}; on_error='null' gives None for such a text")
        self.reasons = reasons
        self.vectors = vectors


class RemoteModel:
    """A provider's model.

    Parameters
    ----------
    endpoint : Endpoint
    options : Options
    together : bool
        Texts of a call make each other's vectors: they stay in one request.

    Attributes
    ----------
    usage : Usage
        Of all calls.
    """

    def __init__(self, endpoint: Endpoint, options: Options, together: bool = False) -> None:
        if together:
            endpoint.limits = Limits(1 << 62)
            options = replace(options, batch_size=None)
        self._together = together
        self._transport = Transport(endpoint, options)
        path = None if together else options.cache_file
        self._cache = None if path is None else VectorCache(path)
        self.usage = self._transport.usage

    @property
    def dim(self) -> int | None:
        """Components of a vector; None until an answer tells."""
        return self._transport.dim

    def encode(
        self,
        texts: list[str],
        kind: str,
        argument: str = "texts",
        stop: threading.Event | None = None,
    ) -> tuple[NDArray[Any], set[int]]:
        """Bring texts' vectors.

        Parameters
        ----------
        texts : list of str
            A text that stands several times is sent once.
        kind : str
        argument : str
            For the error.
        stop : threading.Event, optional
            Set from another thread, it ends the call.

        Returns
        -------
        array of shape (n, dim)
            dim is 0 while it is not known.
        set of int
            Positions of refused texts, with ``on_error="null"``; their rows are NaN, or 0.

        Raises
        ------
        InputsRefused, PermissionError, ConnectionError, ValueError, RuntimeError
        """
        unique, which = (texts, None) if self._together else distinct(texts)
        job = Job(self._transport, unique, kind, self._cache, stop or threading.Event())
        job.run()
        rows = job.rows
        if rows is None:
            rows = np.empty((len(unique), self.dim or 0), self._transport.endpoint.dtype)
        for position in job.refused:
            rows[position] = np.nan if rows.dtype.kind == "f" else 0
        refused = job.refused
        if which is not None:
            rows = rows[which]
            if refused:
                chosen = enumerate(which.tolist())
                refused = {i: job.refused[k] for i, k in chosen if k in job.refused}
        if refused and self._transport.options.on_error == "raise":
            raise InputsRefused(argument, refused, None if job.rows is None else rows)
        return rows, set(refused)


async def in_thread(work: Any, stop: threading.Event) -> Any:
    """Await a function that runs in a thread of its own; being cancelled sets ``stop``.

    The event loop's own threads are few, and other things wait for them.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def tell(setter: Any, value: Any) -> None:
        if not future.done():
            setter(value)

    def run() -> None:
        try:
            outcome = (future.set_result, work())
        except BaseException as error:
            outcome = (future.set_exception, error)
        with suppress(RuntimeError):  # a closed loop has nobody left who waits
            loop.call_soon_threadsafe(tell, *outcome)

    threading.Thread(target=run, name="embedfn-remote", daemon=True).start()
    try:
        return await future
    except asyncio.CancelledError:
        stop.set()
        raise
