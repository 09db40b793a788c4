"""The data files beside this package, read at first use."""

from collections.abc import Callable
from functools import wraps
from importlib.resources import files
from threading import Lock
from typing import TypeVar

T = TypeVar("T")


def read_table(name: str) -> list[str]:
    """Return the lines of ``data/<name>`` below its header of ``#`` lines."""
    # Only "\n" ends a line: str.splitlines would also split at characters that are data.
    text = (files("embedfn.lexical") / "data" / name).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


def read_ranges(name: str) -> dict[str, list[tuple[int, int]]]:
    """Return the ranges of code points in ``data/<name>``, both ends included, by class."""
    ranges: dict[str, list[tuple[int, int]]] = {}
    for line in read_table(name):
        key, *fields = line.split(" ")
        for field in fields:
            first, last = field.split("-")
            ranges.setdefault(key, []).append((int(first, 16), int(last, 16)))
    return ranges


def once(build: Callable[[], T]) -> Callable[[], T]:
    """Make a builder of an immutable object run once, whichever threads ask for it first."""
    lock = Lock()
    built: list[T] = []

    @wraps(build)
    def get() -> T:
        if not built:
            with lock:
                if not built:
                    built.append(build())
        return built[0]

    return get
