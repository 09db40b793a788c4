"""One request after the other: at the provider's rate, and again when it fails for a while."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from numpy.typing import NDArray

from embedfn._extras import require
from embedfn.remote.answers import (
    Answer,
    BadAnswer,
    Fatal,
    Refused,
    TimedOut,
    Transient,
    Unreachable,
    WrongFormat,
    check_answer,
)
from embedfn.remote.decode import Place
from embedfn.remote.limits import Limits
from embedfn.remote.options import Options
from embedfn.remote.rate import RateLimiter
from embedfn.remote.usage import Usage

_FIRST_TRIES = 3  # of an address that has never answered as a service does
_LONGEST_WAIT = 300.0  # seconds that a provider may ask for
# In one answer: 4 MB in base64 stay in the processor's cache on their way into the array; and what
# is lost when a request fails stays small.
_NUMBERS = 786_432
_TOKENS_PER_BYTE = 0.3  # until answers tell


class Endpoint(Protocol):
    """A provider's model: how to ask it, and how to read what it answers."""

    model: str
    limits: Limits
    dtype: str  # of its vectors

    @property
    def url(self) -> str:
        """Where requests go, without a name and a password, for errors."""

    def ask(self, texts: list[str], kind: str) -> Answer:
        """Send one request; raises Unreachable."""

    def read(
        self, answer: Answer, count: int, place: Place | None = None
    ) -> tuple[NDArray[Any], int | None]:
        """Return the vectors, shape (count, dim), and the tokens billed; raises BadAnswer.

        ``place`` may give the array that they are decoded into.
        """

    def secret(self) -> str | None:
        """Return the key, which a service may repeat in its errors."""

    def plain(self) -> bool:
        """Ask for numbers instead of base64 from now on; False where that is the case already."""

    def group(self, kind: str) -> str:
        """Return what is the same for kinds of which one working means that all do."""

    def fingerprint(self, kind: str) -> str:
        """Say what a vector depends on beside its text."""


class Stopped(Exception):
    """The call was cancelled, or another request of it failed for good."""


class Transport:
    """Sends requests to one endpoint for any number of threads.

    Parameters
    ----------
    endpoint : Endpoint
    options : Options
    """

    def __init__(self, endpoint: Endpoint, options: Options) -> None:
        self.endpoint = endpoint
        self.options = options
        self.usage = Usage()
        self.dim: int | None = None
        limits = endpoint.limits
        if options.batch_size is not None:
            limits = replace(limits, inputs=options.batch_size)
        elif limits.dim is not None:
            limits = replace(limits, inputs=min(limits.inputs, max(1, _NUMBERS // limits.dim)))
        self.limits = limits
        self._limiter = RateLimiter(
            options.requests_per_minute or limits.requests_per_minute,
            options.tokens_per_minute or limits.tokens_per_minute,
        )
        self._tenacity = require("tenacity", "remote")
        self._slots = threading.Semaphore(options.concurrency)
        self._ratio = _TOKENS_PER_BYTE
        self._refused_at: tuple[int, int] | None = None
        self._answered = 0  # texts of the largest request that was
        self._opened: set[str] = set()
        self._reached = False  # something that speaks JSON

    def opened(self, kind: str) -> bool:
        """Say whether a request for this kind of text has ever worked."""
        return self.endpoint.group(kind) in self._opened

    def too_much(self, count: int, size: int) -> bool:
        """Say whether a request of so many texts and bytes, or a smaller one, was refused."""
        refused = self._refused_at
        return refused is not None and count >= refused[0] and size >= refused[1]

    def learn_too_much(self, count: int, size: int) -> None:
        """Remember a request that was refused as too large."""
        if count > 1:
            self._refused_at = (count, size)

    def request(
        self,
        texts: list[str],
        size: int,
        kind: str,
        usage: Usage,
        stop: threading.Event,
        place: Place | None = None,
    ) -> NDArray[Any]:
        """Return texts' vectors, shape (n, dim).

        Parameters
        ----------
        texts : list of str
        size : int
            Their bytes.
        kind : str
        usage : Usage
            The call's.
        stop : threading.Event
            Ends the waiting.
        place : callable, optional
            Gives the array to fill, from dim.

        Raises
        ------
        RequestFault, Stopped
        """

        def sleep(seconds: float) -> None:
            if stop.wait(seconds):
                raise Stopped

        retrying = self._tenacity.Retrying(
            retry=self._tenacity.retry_if_exception(lambda fault: _again(fault, len(texts))),
            stop=self._give_up,
            wait=_wait,
            sleep=sleep,
            reraise=True,
        )
        started = time.monotonic()
        try:
            rows: NDArray[Any] = retrying(self._once, texts, size, kind, usage, sleep, place)
        except WrongFormat as fault:
            if self.endpoint.plain():
                return self.request(texts, size, kind, usage, stop, place)
            raise Refused(str(fault), too_large=False) from None
        except Transient as fault:
            if not _again(fault, len(texts)):
                # Larger than any that was answered: more than this service is quick enough for.
                raise Refused(str(fault), too_large=len(texts) > self._answered) from None
            tries = retrying.statistics["attempt_number"]
            raise Fatal(_given_up(fault, tries, time.monotonic() - started)) from None
        return rows

    def _once(
        self,
        texts: list[str],
        size: int,
        kind: str,
        usage: Usage,
        sleep: Callable[[float], None],
        place: Place | None,
    ) -> NDArray[Any]:
        """One try."""
        while not self._slots.acquire(timeout=0.05):
            sleep(0)
        try:
            tokens = max(1.0, size * self._ratio)
            self._limiter.acquire(tokens, sleep)
            return self._sent(texts, size, kind, usage, tokens, place)
        finally:
            self._slots.release()

    def _sent(
        self,
        texts: list[str],
        size: int,
        kind: str,
        usage: Usage,
        tokens: float,
        place: Place | None,
    ) -> NDArray[Any]:
        """One try, at a moment when the rate allows it."""
        both = (self.usage, usage)
        for counts in both:
            counts.add(flying_requests=1, flying_texts=len(texts))
        answer = None
        used: float | None = None
        fault: Exception | None = None
        try:
            answer = self.endpoint.ask(texts, kind)
            if answer.status >= 300:
                answer = _without(answer, self.endpoint.secret())
            self._reached = self._reached or answer.content[:1] in (b"{", b"[")
            check_answer(answer, self.endpoint.url, self.endpoint.model)
            rows, told = self.endpoint.read(answer, len(texts), self._checked(place))
            self._check_dim(rows.shape[1])
            used = tokens if told is None else told
        except Exception as error:
            fault = error
            raise
        finally:
            refused = isinstance(fault, Transient) and fault.refused
            asked = fault.wait if isinstance(fault, Transient) else None
            headers = {} if answer is None else answer.headers
            self._limiter.release(tokens, used, headers, refused, asked)
            for counts in both:
                counts.add(flying_requests=-1, flying_texts=-len(texts))
                if used is None:
                    counts.add(failed=1)
                else:
                    counts.add(requests=1, texts=len(texts), tokens=int(used))
        if told is not None and size:
            self._ratio += 0.2 * (max(told, 1) / size - self._ratio)
        self._opened.add(self.endpoint.group(kind))
        self._answered = max(self._answered, len(texts))
        return rows

    def _checked(self, place: Place | None) -> Place | None:
        """``place`` for vectors of the right length only."""
        if place is None:
            return None

        def checked(dim: int) -> NDArray[Any] | None:
            self._check_dim(dim)
            return place(dim)

        return checked

    def _check_dim(self, dim: int) -> None:
        """Raise for vectors of another length than those before."""
        if self.dim is None:
            self.dim = dim
        if dim != self.dim:
            message = f"the answer's vectors have {dim} components, not {self.dim}"
            raise BadAnswer(message)

    def _give_up(self, state: Any) -> bool:
        """Whether a try was the last; tenacity asks this after a failed one."""
        fault = state.outcome.exception()
        if fault.wait is not None and fault.wait > _LONGEST_WAIT:
            return True
        tries: int = state.attempt_number
        if not self._reached and isinstance(fault, (Unreachable, BadAnswer)):
            return tries >= min(_FIRST_TRIES, self.options.max_retries + 1)
        return tries > self.options.max_retries


def _without(answer: Answer, secret: str | None) -> Answer:
    """The answer without the key."""
    if not secret or len(secret) < 4:
        return answer
    content = answer.content.replace(secret.encode(), b"[the key]")
    return Answer(answer.status, content, answer.headers)


def _again(fault: BaseException, count: int) -> bool:
    """Whether to send the same request again; of several texts, one too slow goes in parts."""
    return isinstance(fault, Transient) and not (isinstance(fault, TimedOut) and count > 1)


def _wait(state: Any) -> float:
    """Seconds until the next try: what the provider asks for, else twice as many each time."""
    fault = state.outcome.exception()
    jitter = random.uniform(0.5, 1.0)
    if fault.wait is not None:
        return float(fault.wait) * (1.0 + 0.1 * jitter)
    return float(min(0.5 * 2 ** (state.attempt_number - 1), 20.0)) * jitter


def _given_up(fault: Transient, tries: int, seconds: float) -> Exception:
    """The error for the caller after the last try."""
    text = f"gave up after {tries} {'try' if tries == 1 else 'tries'} in {seconds:.1f} s: {fault}"
    if isinstance(fault, Unreachable):
        return ConnectionError(f"{text}; check the network and the URL")
    if isinstance(fault, BadAnswer):
        return ValueError(f"{text}; check the URL")
    if fault.wait is not None and fault.wait > _LONGEST_WAIT:
        return RuntimeError(f"{text}; it asks to wait {fault.wait:.0f} s")
    return RuntimeError(text)
