"""Timing beside a peer: in every round the peer runs, then we run, and the pair gives a ratio.

A shared machine drifts by more than most differences; the ratio within a pair does not.
"""

import statistics
import time


def paired(benchmark, ours, peer, *, work, peer_name, rounds=5, **details):
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
    details : anything
        Further columns for the JSON file.
    """
    peer_seconds = []

    def run_peer():
        start = time.perf_counter()
        peer()
        peer_seconds.append(time.perf_counter() - start)

    benchmark.pedantic(ours, setup=run_peer, rounds=rounds, iterations=1)
    our_seconds = benchmark.stats.stats.data
    ratios = [theirs / mine for theirs, mine in zip(peer_seconds, our_seconds, strict=True)]
    benchmark.extra_info.update(
        work=work,
        peer=peer_name,
        ours_s=statistics.median(our_seconds),
        peer_s=statistics.median(peer_seconds),
        ratio=statistics.median(ratios),
        ratio_min=min(ratios),
        ratio_max=max(ratios),
        **details,
    )
    print(f"\n{work}: {benchmark.extra_info['ratio']:.1f}x {peer_name}")
