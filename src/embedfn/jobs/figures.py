"""What a job's stages cost."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Figures:
    """Rates of a job's stages and its peak memory."""

    def __init__(self) -> None:
        self._stages: dict[str, tuple[int, float]] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[list[object]]:
        """Time a stage; it puts the items that its rate counts into the list it is given."""
        items: list[object] = []
        start = time.perf_counter()
        yield items
        self._stages[stage] = len(items), time.perf_counter() - start

    def line(self) -> str:
        """Return each stage's count and rate, and the peak memory, in one line."""
        stages = [
            f"{stage} {count:,} at {count / seconds:,.0f}/s"
            for stage, (count, seconds) in self._stages.items()
        ]
        return " | ".join([*stages, f"peak memory {peak_memory_mib():,.0f} MiB"])


def peak_memory_mib() -> float:
    """Return the most memory this process has held, in MiB."""
    import resource  # POSIX only, as is Milvus Lite

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
