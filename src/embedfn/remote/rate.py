"""How fast to ask: what a provider's headers say, else what its refusals teach."""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

_WINDOW = 10.0  # seconds over which a rate is measured
_GROWTH = 0.03  # of a measured rate, a second, while nothing is refused
_LOWERED = 0.9  # of what was accepted, when a rate is found too high


class _Bucket:
    """Units that come back at a rate; None is any rate."""

    def __init__(self, per_minute: float | None) -> None:
        self.rate = None if per_minute is None else per_minute / 60
        self.level = 0.0 if self.rate is None else self.rate  # a second's worth to begin with
        self.given = self.rate is not None
        self.out = 0.0  # taken by requests without an answer
        self.stamp = time.monotonic()

    def missing(self, amount: float, now: float) -> float:
        """Seconds until the amount may be taken."""
        if self.rate is None:
            return 0.0
        # Up to a minute's worth is saved; what the provider says is left bounds it further.
        self.level = min(self.level + (now - self.stamp) * self.rate, self.rate * 60)
        self.stamp = now
        return max(0.0, min(amount, self.rate * 60) - self.level) / self.rate

    def learn(self, limit: float | None, left: float | None) -> None:
        """Take over what the provider says: its limit a minute, and how much of it is left."""
        if limit:
            if self.rate is None:
                self.level = limit
                self.stamp = time.monotonic()
            self.rate = limit / 60
            self.given = True
        if left is not None and self.rate is not None:
            # It may not have seen the requests that are out; those that it has seen are held back
            # twice, which shifts the level and leaves the rate as it is.
            self.level = left - self.out


class RateLimiter:
    """Two token buckets, for requests and for tokens, that follow the provider.

    Limits in an answer's ``x-ratelimit-*`` headers are taken over. Without any, nothing holds
    requests back until several in a row are refused; then the rate is that of the requests
    accepted lately, and grows again while none is refused. A refusal by itself delays only the
    request that it hit: providers also refuse at random.

    Parameters
    ----------
    requests_per_minute, tokens_per_minute : float or None
        To begin with; None does not limit.
    """

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        self._lock = threading.Lock()
        self._requests = _Bucket(requests_per_minute)
        self._tokens = _Bucket(tokens_per_minute)
        self._accepted: deque[tuple[float, float]] = deque()  # (when, tokens)
        self._refused_in_row = 0
        self._blocked_until = 0.0
        self._grown = self._started = time.monotonic()

    def acquire(self, tokens: float, sleep: Callable[[float], None]) -> None:
        """Wait until a request of so many tokens may be sent.

        Parameters
        ----------
        tokens : float
        sleep : callable
            Sleeps for seconds; may raise to give up.
        """
        while True:
            with self._lock:
                now = time.monotonic()
                self._grow(now)
                wait = max(
                    self._blocked_until - now,
                    self._requests.missing(1, now),
                    self._tokens.missing(tokens, now),
                )
                if wait <= 0:
                    for bucket, amount in ((self._requests, 1.0), (self._tokens, tokens)):
                        bucket.level -= amount
                        bucket.out += amount
                    return
            sleep(max(0.002, min(wait, 1.0)))

    def release(
        self,
        reserved: float,
        used: float | None,
        headers: Mapping[str, str],
        refused: bool = False,
        wait: float | None = None,
    ) -> None:
        """Learn from the answer to a request.

        Parameters
        ----------
        reserved : float
            Tokens that were acquired.
        used : float or None
            Tokens that it cost, where it worked.
        headers : mapping of str to str
        refused : bool
            Whether it was refused for its rate.
        wait : float or None
            Seconds that the provider asks to wait.
        """
        with self._lock:
            now = time.monotonic()
            self._requests.out -= 1
            self._tokens.out -= reserved
            if used is not None:
                self._tokens.level += reserved - used
                self._accepted.append((now, used))
                self._refused_in_row = 0
            elif not refused:
                pass
            else:
                self._tokens.level += reserved
                self._refused_in_row += 1
            for bucket, name in ((self._requests, "requests"), (self._tokens, "tokens")):
                bucket.learn(
                    _number(headers.get(f"x-ratelimit-limit-{name}")),
                    _number(headers.get(f"x-ratelimit-remaining-{name}")),
                )
            if self._refused_in_row >= 2:
                self._slow_down(now, wait)

    def _slow_down(self, now: float, wait: float | None) -> None:
        """Hold everything back for a while, and lower rates that are not the provider's own."""
        self._refused_in_row = 0
        self._blocked_until = max(self._blocked_until, now + (0.5 if wait is None else wait))
        while self._accepted and self._accepted[0][0] < now - _WINDOW:
            self._accepted.popleft()
        if self._tokens.given or self._requests.given or len(self._accepted) < 2:
            return
        seconds = max(min(now - self._started, _WINDOW), 0.5)
        measured = sum(tokens for _, tokens in self._accepted) / seconds
        self._tokens.rate = max(_LOWERED * measured, 1.0)
        self._tokens.level = 0.0
        self._tokens.stamp = self._grown = now

    def _grow(self, now: float) -> None:
        """Try a little more where the rate is only measured."""
        if self._tokens.rate is not None and not self._tokens.given:
            self._tokens.rate *= 1 + _GROWTH * min(now - self._grown, 1.0)
        self._grown = now


def _number(value: str | None) -> float | None:
    """A header's number; None for what is none."""
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
