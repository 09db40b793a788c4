"""Small packs on CUDA: a whole forward pass is one launch.

A pass over a few short texts takes the GPU less time than the CPU needs to launch its kernels one
by one. A CUDA graph is recorded once and launched as a whole, but only for tensors that keep their
shape and place. So texts are padded up to a bucket, so many texts of so many tokens, whose graph is
recorded when it is first needed.
"""

from collections.abc import Callable
from threading import Lock

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedfn.encoder.attention import Square
from embedfn.encoder.bert import Bert, position_ids
from embedfn.encoder.device import to_device
from embedfn.encoder.pack import Pack
from embedfn.encoder.scores import rule_for

# A bucket's places, texts times tokens. Larger passes keep the GPU busy by themselves.
MOST_PLACES = 4096
# Tokens of the shortest bucket.
_SHORTEST = 16

# Runs a function once, and returns what runs it again on what its tensors then hold.
Record = Callable[[Callable[[], Tensor]], Callable[[], Tensor]]


def bucket_of(pack: Pack, longest: int) -> tuple[int, int] | None:
    """(texts, tokens of each), powers of two, or the model's ``longest``; None if too large."""
    texts, length = len(pack.lengths), int(pack.lengths[0])
    places = max(_SHORTEST, 1 << (length - 1).bit_length())
    bucket = 1 << (texts - 1).bit_length(), min(places, longest)
    return bucket if bucket[0] * bucket[1] <= MOST_PLACES else None


class Graphs:
    """Recorded passes of one model, for packs that fit a bucket.

    Safe to use from many threads, which take turns.

    Parameters
    ----------
    bert : Bert
    device : torch.device
    relative : Tensor, optional
        As :class:`embedfn.encoder.forward.TorchForward` takes it.
    record : callable, optional
        Records a pass; None takes a CUDA graph.
    """

    def __init__(
        self,
        bert: Bert,
        device: torch.device,
        relative: Tensor | None = None,
        record: Record | None = None,
    ) -> None:
        self._bert = bert
        self._device = device
        self._relative = relative
        self._record = record or CudaRecord(device)
        # None for a bucket that does not fit the memory.
        self._passes: dict[tuple[int, int], _Pass | None] = {}
        self._lock = Lock()
        # Passes share their memory: on whatever stream a thread is, one waits for that before it.
        self._done: torch.cuda.Event | None = None
        if device.type == "cuda":
            self._done = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch's own lack

    def __call__(self, pack: Pack) -> Tensor | None:
        """Hidden states (tokens, hidden) of the last layer; None for a pack that is too large."""
        bucket = bucket_of(pack, self._bert.config.max_tokens)
        if bucket is None:
            return None
        given, places = _laid_out(pack, bucket, position_ids(pack, self._bert.config))
        with self._lock:
            if self._done is not None:
                self._done.wait()
            if bucket not in self._passes:
                self._passes[bucket] = self._recorded(bucket)
            recorded = self._passes[bucket]
            if recorded is None:
                return None
            hidden = recorded.run(to_device(given, self._device))
            # A copy, since the next pass writes there.
            hidden = hidden[to_device(places, self._device)]
            if self._done is not None:
                self._done.record()
        return hidden

    def _recorded(self, bucket: tuple[int, int]) -> "_Pass | None":
        """A bucket's pass; None where memory does not suffice."""
        try:
            return _Pass(self._bert, bucket, self._device, self._relative, self._record)
        except torch.cuda.OutOfMemoryError:
            return None

    def __reduce__(self) -> tuple[object, ...]:
        """What is recorded belongs to this process."""
        return Graphs, (self._bert, self._device, self._relative)


class _Pass:
    """One bucket's pass, on tensors that stay where they are."""

    def __init__(
        self,
        bert: Bert,
        bucket: tuple[int, int],
        device: torch.device,
        relative: Tensor | None,
        record: Record,
    ) -> None:
        texts, length = bucket
        # Ids, positions and lengths in one piece, so that one copy fills it. Lengths are at least
        # 1: attention over nothing is not a number.
        size = texts * length
        self._given = torch.zeros(2 * size + texts, dtype=torch.int64, device=device)
        ids, positions, lengths = (
            self._given[:size],
            self._given[size : 2 * size],
            self._given[2 * size :].fill_(1),
        )
        places = torch.arange(length, device=device)

        def run() -> Tensor:
            mask = (places < lengths[:, None])[:, None, None, :]
            return bert.forward(ids, positions, Square(texts, mask, rule_for(relative)))

        self._replay = record(run)

    def run(self, given: Tensor) -> Tensor:
        """Hidden states of all places, overwritten by the next pass."""
        self._given.copy_(given)
        return self._replay()


class CudaRecord:
    """Records CUDA graphs that share one pool of memory."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, run: Callable[[], Tensor]) -> Callable[[], Tensor]:
        """Record one run; the result is always the same tensor."""
        with torch.cuda.device(self._device):
            current = torch.cuda.current_stream()
            aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch's own lack
            aside.wait_stream(current)
            with torch.cuda.stream(aside):
                run()  # libraries choose kernels and take their own memory
            current.wait_stream(aside)
            graph = torch.cuda.CUDAGraph()
            # Other threads may use the device meanwhile.
            with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
                result = run()

        def replay() -> Tensor:
            graph.replay()
            return result

        return replay


def _laid_out(
    pack: Pack, bucket: tuple[int, int], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What a pass is given, and at which of its places the pack's tokens stand."""
    texts, length = bucket
    size = texts * length
    places = np.repeat(np.arange(len(pack.lengths)) * length, pack.lengths) + pack.offsets
    given = np.zeros(2 * size + texts, np.int64)
    given[places] = pack.ids
    given[size + places] = positions
    given[2 * size :] = 1
    given[2 * size :][: len(pack.lengths)] = pack.lengths
    return given, places
