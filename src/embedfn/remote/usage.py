"""What was asked, what was answered, what it costs."""

import threading
from dataclasses import dataclass, field, replace


@dataclass
class Usage:
    """Counts of one call, or of all calls of an object.

    Attributes
    ----------
    requests, failed : int
        Answered as asked; refused, broken or wrong, which most providers do not bill.
    texts, tokens : int
        Of the answered requests; tokens as the provider counts them, and as estimated here where
        it does not tell.
    cached : int
        Texts whose vector was in the cache.
    flying_requests, flying_texts : int
        Sent and not answered yet.
    """

    requests: int = 0
    failed: int = 0
    texts: int = 0
    tokens: int = 0
    cached: int = 0
    flying_requests: int = 0
    flying_texts: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, **amounts: int) -> None:
        """Add to some of the counts."""
        with self._lock:
            for name, amount in amounts.items():
                setattr(self, name, getattr(self, name) + amount)

    def copy(self) -> "Usage":
        """Return the counts of this moment."""
        with self._lock:
            return replace(self, _lock=threading.Lock())

    def bill(self) -> str:
        """Say in a line what is billed."""
        now = self.copy()
        text = (
            f"billed so far: {now.tokens:,} tokens of {now.texts:,} texts in {now.requests:,} "
            "requests"
        )
        if now.flying_requests:
            text += (
                f"; {now.flying_requests} requests with {now.flying_texts:,} texts were under way "
                "and may be billed as well"
            )
        return text
