"""Timing beside a peer: in every round the peer runs, then we run, and the pair gives a ratio.

A shared machine drifts by more than most differences; the ratio within a pair does not. What other
programs cost one of the two is in it, though: the ratio of the fastest runs tells how much.
"""

import statistics
import time


def nothing():
    """The default of what to do before a run."""


def shown(seconds, amount, unit):
    """A rate where there is an amount of something, else the time, for the table."""
    if unit:
        rate = amount / seconds
        return f"{rate:,.0f} {unit}/s" if rate >= 1000 else f"{rate:.3g} {unit}/s"
    for factor, name in ((1, "s"), (1e3, "ms")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {name}"
    return f"{seconds * 1e6:.3g} us"


def paired(
    benchmark,
    ours,
    peer,
    *,
    work,
    peer_name,
    rounds=5,
    amounts=(1, 1),
    unit="",
    before=nothing,
    **details,
):
    """Time ours against peer, both callables without arguments, and record the ratios.

    Parameters
    ----------
    benchmark : pytest-benchmark's fixture
    ours, peer : callables
        Already warm, and known to give the same result.
    work : str
        What is done, on what, for the table.
    peer_name : str
        The peer with its version.
    rounds : int
        Pairs.
    amounts : pair of numbers
        How much work one call of ours and one of peer's is, where that is not the same: the ratio
        is between the rates.
    unit : str
        What the amounts count; the table then shows rates, without it times.
    before : callable
        Called before each run of either, and not timed.
    details : anything
        Further columns for the JSON file.
    """
    peer_seconds = []

    def run_peer():
        before()
        start = time.perf_counter()
        peer()
        peer_seconds.append(time.perf_counter() - start)
        before()

    benchmark.pedantic(ours, setup=run_peer, rounds=rounds, iterations=1)
    our_seconds = benchmark.stats.stats.data
    scale = amounts[0] / amounts[1]
    ratios = [scale * theirs / mine for theirs, mine in zip(peer_seconds, our_seconds, strict=True)]
    ours_s, peer_s = statistics.median(our_seconds), statistics.median(peer_seconds)
    benchmark.extra_info.update(
        work=work,
        peer=peer_name,
        ours_s=ours_s,
        peer_s=peer_s,
        ours_shown=shown(ours_s, amounts[0], unit),
        peer_shown=shown(peer_s, amounts[1], unit),
        ratio=statistics.median(ratios),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        ratio_of_fastest=scale * min(peer_seconds) / min(our_seconds),
        **details,
    )
    print(f"\n{work}: {benchmark.extra_info['ratio']:.1f}x {peer_name}")
