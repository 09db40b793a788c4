"""One call: its texts, the threads that send them, the array that their vectors come to."""

import re
import threading
import time
from collections import deque
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.remote.answers import Fatal, Refused
from embedfn.remote.batches import Batch, pack, shortened, too_long
from embedfn.remote.cache import VectorCache, text_keys
from embedfn.remote.tokens import exact_encoding
from embedfn.remote.transport import Stopped, Transport
from embedfn.remote.usage import Usage

_STEP = 0.05  # seconds until there may be more threads
_BUSY = 0.5  # of one processor
_FEW = 8  # texts that are asked for one by one rather than by a probe


class Job:
    """Texts' vectors from one endpoint.

    Parameters
    ----------
    transport : Transport
    texts : list of str
    kind : str
    cache : VectorCache or None
    stop : threading.Event
        Cancels the call, from any thread.

    Attributes
    ----------
    rows : array of shape (n, dim) or None
        None until the first answer.
    refused : dict of int to str
        Why, by position; their rows hold nothing.
    usage : Usage
    """

    def __init__(
        self,
        transport: Transport,
        texts: list[str],
        kind: str,
        cache: VectorCache | None,
        stop: threading.Event,
    ) -> None:
        self.rows: NDArray[Any] | None = None
        self.refused: dict[int, str] = {}
        self.usage = Usage()
        self._transport = transport
        self._texts = texts
        self._kind = kind
        self._cache = cache
        self._keys: list[bytes] = []
        self._stop = stop
        self._state = threading.Condition()
        self._waiting: deque[Batch] = deque()
        self._at_work = 0
        self._busy = 0.0  # seconds of the processor that threads have used
        self._error: Exception | None = None
        self._bar: Any = None
        self._encoding = exact_encoding(transport.limits.encoding)

    def run(self) -> None:
        """Bring all vectors that can be had.

        Raises
        ------
        Exception
            When no further request makes sense; what is in ``rows`` and in the cache stays.
        Stopped
            After ``stop`` was set.
        """
        with self._progress() as self._bar:
            self._waiting.extend(self._batches(self._from_cache()))
            others = min(self._transport.options.concurrency, len(self._waiting)) - 1
            try:
                self._run(others)
            except BaseException as error:
                self._stop.set()
                error.add_note(self.usage.bill())
                raise

    def _run(self, others: int) -> None:
        """Send everything; alone until the service has answered once, then with other threads."""
        while self._waiting and (others < 1 or not self._transport.opened(self._kind)):
            self._turn()
        self._start_threads(others)
        with self._state:
            while (self._waiting or self._at_work) and not self._ended():
                self._state.wait(0.1)
        if self._error is not None:
            raise self._error
        if self._stop.is_set():
            raise Stopped

    def _start_threads(self, most: int) -> None:
        """Double the threads step by step; those that only wait cost nothing, busy ones each other.

        Python runs one thread at a time: where answers come as fast as they can be read, further
        threads would only take turns.
        """
        threads, start = 0, time.monotonic()
        while threads < most and self._waiting and not self._ended():
            busy = self._busy / max(time.monotonic() - start, 1e-9)
            if threads == 0 or busy < _BUSY:
                for _ in range(min(max(threads, 1), most - threads)):
                    threading.Thread(target=self._loop, name="embedfn-remote", daemon=True).start()
                    threads += 1
            with self._state:
                if self._waiting and not self._ended():
                    self._state.wait(_STEP)

    def _loop(self) -> None:
        """One thread's way: requests until there are none."""
        spent = time.thread_time()
        while True:
            before, spent = spent, time.thread_time()
            with self._state:
                self._busy += spent - before
            with self._state:
                while not self._waiting and self._at_work and not self._ended():
                    self._state.wait(0.1)
                if not self._waiting or self._ended():
                    return
            with suppress(Exception):  # the calling thread raises what ended the call
                self._turn()

    def _ended(self) -> bool:
        """Whether nothing more is to be sent."""
        return self._error is not None or self._stop.is_set()

    def _turn(self) -> None:
        """Send the next batch, if there is one; what is left of it comes first afterwards."""
        with self._state:
            if self._stop.is_set():
                raise Stopped
            if self._error is not None:
                raise self._error
            if not self._waiting:
                return
            batch = self._waiting.popleft()
            self._at_work += 1
        parts: list[Batch] = []
        try:
            parts = self._send(batch)
        except Stopped:
            raise
        except Fatal as fault:
            self._fail(fault.error)
        except Exception as error:
            self._fail(error)
        finally:
            with self._state:
                self._at_work -= 1
                self._waiting.extendleft(reversed(parts))
                self._state.notify_all()

    def _fail(self, error: Exception) -> None:
        """Remember the first error; the caller raises it."""
        with self._state:
            if self._error is None:
                self._error = error.with_traceback(None)

    def _send(self, batch: Batch) -> list[Batch]:
        """Ask for a batch's vectors; returns what is still to be asked for."""
        if len(batch.texts) > 1 and self._transport.too_much(len(batch.texts), batch.size):
            return batch.halves()
        try:
            rows = self._transport.request(
                batch.texts,
                batch.size,
                self._kind,
                self.usage,
                self._stop,
                partial(self._place, batch.positions),
            )
        except Refused as fault:
            refusal = fault
        else:
            self._keep(batch.positions, rows)
            return []
        if refusal.too_large:
            self._transport.learn_too_much(len(batch.texts), batch.size)
        if len(batch.texts) == 1:
            return self._refuse(batch, refusal)
        if not self._transport.opened(self._kind) and len(self._texts) > _FEW:
            return self._probe(batch, refusal)
        return _divided(batch, refusal)

    def _probe(self, batch: Batch, refusal: Refused) -> list[Batch]:
        """Ask for the shortest text alone, to tell a wrong request from a wrong text."""
        place = min(range(len(batch.texts)), key=lambda i: len(batch.texts[i]) or 1 << 30)
        try:
            self._send_alone(batch.part([place]))
        except Refused as fault:
            if _same(str(fault), str(refusal)):
                raise Fatal(ValueError(str(refusal))) from None
            self._refuse(batch.part([place]), fault)
        rest = batch.part([i for i in range(len(batch.texts)) if i != place])
        return rest.halves() if len(rest.texts) > 1 else [rest]

    def _send_alone(self, batch: Batch) -> None:
        """Ask for one text."""
        rows = self._transport.request(batch.texts, batch.size, self._kind, self.usage, self._stop)
        self._keep(batch.positions, rows)

    def _refuse(self, batch: Batch, refusal: Refused) -> list[Batch]:
        """Report a text, or cut it where that is wanted."""
        if refusal.too_large and self._transport.options.too_long == "truncate":
            text = shortened(batch.texts[0], self._transport.limits, self._encoding)
            if text:
                return [Batch(batch.positions, [text], len(text.encode()))]
        self.refused[batch.positions[0]] = str(refusal)
        self._moved(1)
        return []

    def _keep(self, positions: list[int], rows: NDArray[Any]) -> None:
        """Put vectors into the cache, then into their places."""
        if self._cache is not None:
            self._cache.write([self._keys[position] for position in positions], rows)
        place = self._place(positions, rows.shape[1])
        if place is None:
            assert self.rows is not None  # made by _place
            self.rows[positions] = rows
        elif place is not rows and not np.may_share_memory(place, rows):
            place[:] = rows
        self._moved(len(positions))

    def _place(self, positions: list[int], dim: int) -> NDArray[Any] | None:
        """The part of ``rows`` for texts that follow one another; None for others."""
        with self._state:
            if self.rows is None:
                shape = len(self._texts), dim
                self.rows = np.empty(shape, self._transport.endpoint.dtype)
        first, last = positions[0], positions[-1]
        return self.rows[first : last + 1] if last - first + 1 == len(positions) else None

    def _from_cache(self) -> list[int]:
        """Take the vectors that are cached; returns the positions of the others."""
        everything = range(len(self._texts))
        if self._cache is None or not self._texts:
            return list(everything)
        endpoint = self._transport.endpoint
        # A text that is cut has another vector than one that is refused.
        policy = self._transport.options.too_long
        self._keys = text_keys(self._texts, f"{endpoint.fingerprint(self._kind)} {policy}")
        found = self._cache.read(self._keys, endpoint.dtype)
        lengths = {len(row) for row in found.values()}
        if len(lengths) > 1 or (
            self._transport.dim is not None and lengths - {self._transport.dim}
        ):
            found = {}  # not this model's; they are asked for and written again
        if found:
            self._transport.dim = dim = lengths.pop()
            self.rows = np.empty((len(self._texts), dim), endpoint.dtype)
            for position, row in found.items():
                self.rows[position] = row
            for usage in (self.usage, self._transport.usage):
                usage.add(cached=len(found))
            self._moved(len(found))
        return [position for position in everything if position not in found]

    def _batches(self, positions: list[int]) -> list[Batch]:
        """Requests for the texts at some positions."""
        limits = self._transport.limits
        texts = [self._texts[position] for position in positions]
        if self._transport.options.too_long == "truncate":
            for place in too_long(texts, limits, self._encoding):
                texts[place] = shortened(texts[place], limits, self._encoding)
        else:
            wrong = too_long(texts, limits, self._encoding)
            for place, tokens in wrong.items():
                self.refused[positions[place]] = (
                    f"it has {tokens:,} tokens and the model takes {limits.input_tokens:,}; "
                    "too_long='truncate' embeds its beginning"
                )
            if wrong:
                self._moved(len(wrong))
                kept = [place for place in range(len(texts)) if place not in wrong]
                positions = [positions[place] for place in kept]
                texts = [texts[place] for place in kept]
        return pack(positions, texts, limits, self._encoding)

    def _progress(self) -> AbstractContextManager[Any]:
        """The bar, where one is wanted."""
        if not self._transport.options.progress:
            return nullcontext()
        tqdm = require("tqdm", "remote").tqdm
        bar: AbstractContextManager[Any] = tqdm(total=len(self._texts), unit="text")
        return bar

    def _moved(self, count: int) -> None:
        """Move the bar."""
        if self._bar is not None:
            with self._state:
                self._bar.update(count)


def _divided(batch: Batch, refusal: Refused) -> list[Batch]:
    """Smaller batches for one that was refused."""
    place = refusal.position
    if not refusal.too_large and place is not None and place < len(batch.texts):
        rest = batch.part([i for i in range(len(batch.texts)) if i != place])
        return [rest, batch.part([place])]
    return batch.halves()


def _same(one: str, other: str) -> bool:
    """Whether two messages say the same of different texts."""
    return re.sub(r"\d+", "#", one) == re.sub(r"\d+", "#", other)
