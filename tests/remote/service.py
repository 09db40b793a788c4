"""A provider in miniature: what it takes, what it counts, and the faults it was told to make."""

import hashlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

KEY = "sk-test-0123456789abcdef"
DIM = 8


def count_tokens(text):
    """The service's own count: a token for four characters begun."""
    return (len(text) + 3) // 4 or 1


def vector_of(text, dim=DIM, model="model", kind=""):
    """The one right vector of a text: float32 of shape (dim,), of length 1."""
    digest = hashlib.blake2b(f"{model}\0{kind}\0{text}".encode(), digest_size=16).digest()
    row = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big"))).standard_normal(dim)
    return (row / np.linalg.norm(row)).astype(np.float32)


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


class TokenBucket:
    """A limit a minute that comes back continuously; never more than ``burst`` at once."""

    def __init__(self, per_minute, burst):
        self.per_minute = per_minute
        self.burst = burst
        self.level = burst
        self.stamp = time.monotonic()

    def refill(self):
        now = time.monotonic()
        self.level = min(self.burst, self.level + (now - self.stamp) * self.per_minute / 60)
        self.stamp = now

    def take(self, amount):
        """0, or the seconds until the amount is there."""
        self.refill()
        if self.level >= amount:
            self.level -= amount
            return 0.0
        return (amount - self.level) * 60 / self.per_minute


@dataclass
class Service:
    """One provider's account.

    faults is a callable of the request's number, from 0; it gives the name of a fault, or None.
    """

    models: dict[str, int] = field(default_factory=lambda: {"model": DIM})
    key: str | None = KEY
    max_inputs: int = 2048
    max_input_tokens: int = 8192
    max_request_tokens: int = 300_000
    tokens_per_minute: float | None = None
    burst_seconds: float = 5.0
    tells_limits: bool = True
    retry_after: float = 0.2
    slow_seconds: float = 1.0
    delay: float = 0.0
    seconds_per_text: float = 0.0
    faults: object = None
    refuses: frozenset = frozenset()
    knows_base64: bool = True
    dim_override: int | None = None

    def __post_init__(self):
        self.lock = threading.Lock()
        self.requests = 0
        self.statuses = Counter()
        self.made = Counter()  # faults
        self.answered = Counter()  # texts of answers that were sent whole
        self.lost = Counter()  # texts of answers that were broken on purpose
        self.billed = 0
        self.billed_texts = 0
        self.at_work = 0
        self.most_at_work = 0
        self.first = self.last = None
        self.bodies = []
        self.paths = []
        self.bucket = None
        if self.tokens_per_minute is not None:
            burst = self.tokens_per_minute / 60 * self.burst_seconds
            self.bucket = TokenBucket(self.tokens_per_minute, burst)

    def next_fault(self):
        """Count a request; the fault it is to have."""
        with self.lock:
            number = self.requests
            self.requests += 1
            fault = None if self.faults is None else self.faults(number)
            if fault is not None:
                self.made[fault] += 1
            return fault

    def check_key(self, given):
        if self.key is not None and given != self.key:
            # OpenAI shows the beginning and the end; a careless service shows all of it.
            raise Refusal(401, f"Incorrect API key provided: {given}.")

    def check_model(self, model):
        if model not in self.models:
            raise Refusal(404, f"The model `{model}` does not exist or you do not have access.")
        return self.models[model]

    def check_texts(self, texts, max_inputs_message="Invalid 'input': array too long. Expected"):
        """The texts' tokens; refuses what the provider refuses."""
        if not isinstance(texts, list) or not texts:
            raise Refusal(400, "'$.input' is invalid.")
        if not all(isinstance(text, str) for text in texts):
            raise Refusal(400, "'$.input' is invalid: strings are expected.")
        if len(texts) > self.max_inputs:
            raise Refusal(
                400,
                f"{max_inputs_message} an array with maximum length {self.max_inputs}, "
                f"but got an array with length {len(texts)} instead.",
            )
        for text in texts:
            if text in self.refuses:
                raise Refusal(400, "the content was not accepted by the content filter.")
        tokens = [count_tokens(text) for text in texts]
        if max(tokens) > self.max_input_tokens:
            raise Refusal(
                400,
                f"This model's maximum context length is {self.max_input_tokens} tokens, however "
                f"you requested {max(tokens)} tokens.",
            )
        if sum(tokens) > self.max_request_tokens:
            raise Refusal(
                400,
                f"Requested {sum(tokens)} tokens, max {self.max_request_tokens} tokens per request",
            )
        return sum(tokens)

    def rate_headers(self):
        if self.bucket is None or not self.tells_limits:
            return {}
        self.bucket.refill()
        missing = (self.bucket.burst - self.bucket.level) * 60 / self.bucket.per_minute
        return {
            "x-ratelimit-limit-tokens": f"{self.bucket.per_minute:.0f}",
            "x-ratelimit-remaining-tokens": f"{self.bucket.level:.0f}",
            "x-ratelimit-reset-tokens": f"{missing * 1000:.0f}ms",
        }

    def take_tokens(self, tokens):
        """Headers for the answer; refuses what exceeds the rate."""
        if self.bucket is None:
            return {}
        with self.lock:
            if tokens > self.bucket.burst:
                raise Refusal(
                    429,
                    f"Request too large for model on tokens per min: Limit "
                    f"{self.bucket.burst:.0f}, Requested {tokens}.",
                )
            wait = self.bucket.take(tokens)
            headers = self.rate_headers()
        if wait:
            if self.tells_limits:
                headers["retry-after-ms"] = f"{wait * 1000 + 1:.0f}"
            raise Refusal(429, "Rate limit reached for model on tokens per min.", headers)
        return headers

    def bill(self, texts, tokens, lost):
        with self.lock:
            self.billed += tokens
            self.billed_texts += len(texts)
            (self.lost if lost else self.answered).update(texts)
            self.last = time.monotonic()
            if self.first is None:
                self.first = self.last

    def stats(self):
        """What can be sent as JSON."""
        with self.lock:
            return {
                "requests": self.requests,
                "statuses": {str(k): v for k, v in self.statuses.items()},
                "made": dict(self.made),
                "answered": len(self.answered),
                "answered_twice": sum(n - 1 for n in self.answered.values()),
                "lost": sum(self.lost.values()),
                "billed": self.billed,
                "billed_texts": self.billed_texts,
                "most_at_work": self.most_at_work,
                "seconds": 0 if self.first is None else self.last - self.first,
            }


def at_random(seed, **shares):
    """Faults by chance: at_random(0, reset=0.01, slow=0.03); the same for the same seed."""
    names = list(shares)

    def fault(number):
        draw = np.random.default_rng([seed, number]).random()
        for name in names:
            if draw < shares[name]:
                return name
            draw -= shares[name]
        return None

    return fault


def in_turn(*names):
    """These faults, one a request; none afterwards."""
    return lambda number: names[number] if number < len(names) else None
