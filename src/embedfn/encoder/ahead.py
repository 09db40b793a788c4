"""One step of work ahead of whoever uses the results."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def ahead(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Yield ``work(item)`` in order, the next one under way in a thread while one is used.

    Items are taken in the caller's thread, one further than results are. An error of ``work`` or
    of the items is raised where its result would have come. Closing the generator waits for the
    one step under way.
    """
    with ThreadPoolExecutor(1, "embedfn-ahead") as pool:
        waiting: Future[_Result] | None = None
        error: Exception | None = None
        source = iter(items)
        while error is None:
            following = None
            try:
                following = pool.submit(work, next(source))
            except Exception as raised:  # StopIteration too; raised below, after what came before
                error = raised
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if not isinstance(error, StopIteration):
            raise error
