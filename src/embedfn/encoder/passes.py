"""Passes over the packs of a call, on one device or shared out among several."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray

from embedfn.encoder.pack import Pack, PackQueue

Work = Callable[[Pack], NDArray[np.float32]]


def run_passes(queue: PackQueue, works: Sequence[Work], vectors: NDArray[np.float32]) -> None:
    """Write the vectors of all packs into their rows.

    Where a device's memory does not suffice, packs of half the size follow.

    Parameters
    ----------
    queue : PackQueue
    works : sequence of callables
        Each turns a pack into vectors, on a device of its own; several run in a thread each.
    vectors : float32 array of shape (texts, dim)

    Raises
    ------
    torch.cuda.OutOfMemoryError
        For a pack of one text that does not fit.
    Exception
        The first error of any of them; the others then end after the pack they are at.
    """
    if len(works) == 1:
        _run(queue, works[0], vectors)
        return
    with ThreadPoolExecutor(len(works), "embedfn-device") as pool:
        runs = [pool.submit(_run, queue, work, vectors) for work in works]
    for run in runs:  # all have ended
        run.result()


def _run(queue: PackQueue, work: Work, vectors: NDArray[np.float32]) -> None:
    """One device's way through the queue."""
    try:
        with torch.inference_mode():  # of this thread
            while (pack := queue.take()) is not None:
                if not _fits(pack, work, vectors):
                    # Here and not where the error was caught: that holds the tensors.
                    torch.cuda.empty_cache()
                    queue.refuse(pack)
    except BaseException:
        queue.stop()
        raise


def _fits(pack: Pack, work: Work, vectors: NDArray[np.float32]) -> bool:
    """Write a pack's vectors; False where memory did not suffice and a smaller pack can be."""
    try:
        vectors[pack.rows] = work(pack)
    except torch.cuda.OutOfMemoryError:
        if len(pack.rows) == 1:
            raise
        return False
    return True
