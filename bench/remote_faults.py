"""100,000 texts through a service with a limit of tokens a minute, and faults; about two minutes.

``python -m bench.remote_faults [--texts N] [--seconds S] [--silent]``: ``--seconds`` is what the
texts need at the service's limit, ``--silent`` takes the limits out of its answers' headers.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import numpy as np
from tests.remote.service import DIM, KEY, count_tokens, vector_of

from embedfn.dense import OpenAIEmbeddingFunction

SHARES = {"429-after": 0.025, "429": 0.025, "500": 0.02, "reset": 0.01, "slow": 0.03}
MAX_INPUTS = 128


@contextmanager
def separate_server(**options):
    """A server in a process of its own; yields its address and a function that asks its counts."""
    command = [sys.executable, "-m", "tests.remote.server", json.dumps(options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"

        def stats():
            with urllib.request.urlopen(f"{url}/stats") as answer:
                return json.load(answer)

        try:
            yield url, stats
        finally:
            process.kill()


def run(count, seconds, tells_limits=True, cache=None):
    """One run; a dict of what came of it."""
    texts = [f"passage {i} " + "word " * (5 + i % 30) for i in range(count)]
    tokens = sum(map(count_tokens, texts))
    per_minute = tokens * 60 / seconds
    server = separate_server(
        models={"model": DIM},
        max_inputs=MAX_INPUTS,
        tokens_per_minute=per_minute,
        burst_seconds=2.0,
        tells_limits=tells_limits,
        shares=SHARES,
    )
    with server as (url, stats):
        function = OpenAIEmbeddingFunction(
            "model", KEY, url + "/v1", batch_size=MAX_INPUTS, cache=cache
        )
        start = time.perf_counter()
        rows = function.encode_documents(texts, output="array")
        took = time.perf_counter() - start
        counts = stats()
    wrong = sum(
        not np.array_equal(row, vector_of(t, DIM)) for row, t in zip(rows, texts, strict=True)
    )
    return {
        "texts": count,
        "wrong": wrong,
        "answered": counts["answered"],
        "answered_twice": counts["answered_twice"],
        "billed_for_broken_answers": counts["lost"],
        "faults": counts["made"],
        "statuses": counts["statuses"],
        "seconds": round(took, 2),
        # What the service let through, over what its limit and its first burst would have let.
        "share_of_limit": counts["billed"] / (per_minute / 60 * (took + 2.0)),
        "share_without_burst": tokens / (per_minute / 60 * took),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--silent", action="store_true")
    given = parser.parse_args()
    print(json.dumps(run(given.texts, given.seconds, not given.silent), indent=1))
