"""How many native threads to use: the only reader of the machine's and the user's wish."""

import os
from functools import cache
from pathlib import Path

CGROUP_V2 = Path("/sys/fs/cgroup/cpu.max")
CGROUP_V1 = Path("/sys/fs/cgroup/cpu")


def thread_count(num_workers: int | None = None) -> int:
    """Return the number of threads for a request.

    Parameters
    ----------
    num_workers : int or None
        A positive number is taken as it is, -1 means every CPU this process may use, None means
        ``EMBEDFN_NUM_THREADS`` where that is set and -1 where it is not.

    Raises
    ------
    TypeError
        For anything but an int or None.
    ValueError
        For zero and for negative numbers but -1, from the argument or the environment.
    """
    source = "num_workers"
    if num_workers is None:
        source = "the environment variable EMBEDFN_NUM_THREADS"
        text = os.environ.get("EMBEDFN_NUM_THREADS", "").strip() or "-1"
        try:
            num_workers = int(text)
        except ValueError:
            message = f"{source} must be a whole number, not {text!r}"
            raise ValueError(message) from None
    if isinstance(num_workers, bool) or not isinstance(num_workers, int):
        message = f"num_workers must be an int or None, not {type(num_workers).__name__}"
        raise TypeError(message)
    if num_workers == -1:
        return available_cpus()
    if num_workers < 1:
        message = f"{source} must be positive, or -1 for every CPU; got {num_workers}"
        raise ValueError(message)
    return num_workers


def available_cpus() -> int:
    """Return the CPUs this process may use: its affinity mask, bounded by its cgroup's quota."""
    affine = hasattr(os, "sched_getaffinity")
    cpus = len(os.sched_getaffinity(0)) if affine else os.cpu_count() or 1
    quota = _cgroup_cpus(CGROUP_V2, CGROUP_V1)
    return cpus if quota is None else max(1, min(cpus, quota))


@cache
def _cgroup_cpus(v2: Path, v1: Path) -> int | None:
    """Whole CPUs that the container's quota allows, rounded up; None without a quota. Read once."""
    try:
        if v2.exists():
            limit, period = v2.read_text().split()[:2]
        else:
            limit = (v1 / "cpu.cfs_quota_us").read_text()
            period = (v1 / "cpu.cfs_period_us").read_text()
        return -(-int(limit) // int(period)) if int(limit) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):
        return None  # no cgroup here, or "max": no quota
