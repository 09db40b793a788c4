"""Passes on one device and on several, where memory may not suffice; torch's error, no GPU."""

import threading

import numpy as np
import pytest
import torch

from embedfn.encoder.pack import PackQueue, Tokens
from embedfn.encoder.passes import run_passes

LENGTHS = [30, 1, 0, 7, 7, 50, 3, 3, 3, 12, 0, 25]


def tokens_of(lengths):
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return Tokens(np.arange(1, indptr[-1] + 1, dtype=np.int32), indptr)


def sums(pack):
    """Each text's sum of token ids: a vector by which it is known."""
    return np.add.reduceat(pack.ids, pack.indptr[:-1]).astype(np.float32)[:, None]


def expected(tokens):
    parts = np.split(tokens.ids, tokens.indptr[1:-1])
    return np.array([[part.sum()] for part in parts], np.float32)


class Small:
    """A device on which packs of more tokens than that do not fit."""

    def __init__(self, room):
        self.room, self.sizes, self.refused = room, [], 0

    def __call__(self, pack):
        if len(pack.ids) > self.room:
            self.refused += 1
            raise torch.cuda.OutOfMemoryError
        self.sizes.append(len(pack.ids))
        return sums(pack)


def run(tokens, budget, works):
    queue = PackQueue(tokens, budget)
    vectors = np.zeros((len(tokens.indptr) - 1, 1), np.float32)

    def put(pack, result):
        vectors[pack.rows] = result

    run_passes(queue, works, put)
    return vectors, queue


@pytest.mark.parametrize("room", [50, 60, 80, 141])
def test_halves_until_it_fits(room):
    tokens = tokens_of(LENGTHS)
    device = Small(room)
    vectors, queue = run(tokens, 10_000, [device])
    assert (vectors == expected(tokens)).all()
    assert sum(device.sizes) == sum(LENGTHS)  # nothing twice
    assert max(device.sizes) <= room
    assert device.refused == (0 if room >= 141 else 1 if room >= 70 else 2)
    assert queue.budget == {0: 10_000, 1: 70}.get(device.refused, queue.budget)


def test_one_text_that_does_not_fit_is_an_error():
    with pytest.raises(torch.cuda.OutOfMemoryError):
        run(tokens_of(LENGTHS), 10_000, [Small(49)])


def test_no_text():
    for works in ([sums], [sums, sums]):
        vectors, _ = run(tokens_of([0, 0]), 10, works)
        assert not vectors.any()


@pytest.mark.parametrize("count", [2, 5])
def test_several_devices_share_packs_and_keep_the_order(count):
    tokens = tokens_of(np.random.default_rng(1).integers(0, 40, 300))
    at_once = threading.Barrier(count)
    seen = []

    def work(pack):
        name = threading.current_thread().name
        if name not in seen:
            seen.append(name)
            at_once.wait(30)  # every device takes a pack before any takes its second
        return sums(pack)

    vectors, _ = run(tokens, 64, [work] * count)
    assert (vectors == expected(tokens)).all()
    assert len(seen) == count


def test_several_devices_without_memory():
    tokens = tokens_of(np.random.default_rng(2).integers(0, 40, 300))
    devices = [Small(100), Small(60), Small(40)]
    vectors, _ = run(tokens, 1000, devices)
    assert (vectors == expected(tokens)).all()
    assert sum(sum(device.sizes) for device in devices) == len(tokens.ids)


def test_a_dead_device_raises_and_stops_the_others():
    tokens = tokens_of([1] * 10_000)
    died = threading.Event()
    after = []

    def dies(pack):
        died.set()
        raise RuntimeError("device lost")

    def works(pack):
        assert died.wait(30)
        after.append(len(pack.rows))
        return sums(pack)

    with pytest.raises(RuntimeError, match="device lost"):
        run(tokens, 1, [dies, works])
    assert len(after) < 10_000
