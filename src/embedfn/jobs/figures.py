"""What a job's stages cost."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Figures:
    """Rates of a job's stages and its peak memory."""

    def __init__(self) -> None:
        self._rates: dict[str, float] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[list[object]]:
        """Time a stage; it puts the items that its rate counts into the list it is given."""
        items: list[object] = []
        start = time.perf_counter()
        yield items
        self._rates[stage] = len(items) / (time.perf_counter() - start)

    def line(self) -> str:
        """Return the rates and the peak memory in one line."""
        rates = [f"{stage} {rate:,.0f}/s" for stage, rate in self._rates.items()]
        return " | ".join([*rates, f"peak memory {peak_memory_mib():,.0f} MiB"])


def peak_memory_mib() -> float:
    """Return the most memory this process has held, in MiB."""
    import resource  # POSIX only, as is Milvus Lite

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
