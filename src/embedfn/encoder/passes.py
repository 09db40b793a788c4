"""Passes over the packs of a call, on one device or shared out among several."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from embedfn.encoder.pack import Pack, PackQueue

Result = TypeVar("Result")


def run_passes(
    queue: PackQueue,
    works: Sequence[Callable[[Pack], Result]],
    put: Callable[[Pack, Result], None],
) -> None:
    """Hand on the results of all packs.

    Where a device's memory does not suffice, packs of half the size follow.

    Parameters
    ----------
    queue : PackQueue
    works : sequence of callables
        Each turns a pack into a result, on a device of its own; several run in a thread each.
    put : callable
        Takes each pack with its result, in no particular order, and from the threads at once.

    Raises
    ------
    torch.cuda.OutOfMemoryError
        For a pack of one text that does not fit.
    Exception
        The first error of any of them; the others then end after the pack they are at.
    """
    if len(works) == 1:
        _run(queue, works[0], put)
        return
    with ThreadPoolExecutor(len(works), "embedfn-device") as pool:
        runs = [pool.submit(_run, queue, work, put) for work in works]
    for run in runs:  # all have ended
        run.result()


def _run(
    queue: PackQueue, work: Callable[[Pack], Result], put: Callable[[Pack, Result], None]
) -> None:
    """One device's way through the queue."""
    try:
        with torch.inference_mode():  # of this thread
            while (pack := queue.take()) is not None:
                if not _fits(pack, work, put):
                    # Here and not where the error was caught: that holds the tensors.
                    torch.cuda.empty_cache()
                    queue.refuse(pack)
    except BaseException:
        queue.stop()
        raise


def _fits(pack: Pack, work: Callable[[Pack], Result], put: Callable[[Pack, Result], None]) -> bool:
    """Hand on a pack's result; False where memory did not suffice and a smaller pack can be."""
    try:
        result = work(pack)
    except torch.cuda.OutOfMemoryError:
        if len(pack.rows) == 1:
            raise
        return False
    put(pack, result)
    return True
