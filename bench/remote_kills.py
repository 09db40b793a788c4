"""A job killed at 20 random moments, with the cache on: what is billed beyond the corpus.

``python -m bench.remote_kills [--kills N] [--texts N]``; about a minute.
"""

import argparse
import tempfile
from pathlib import Path

from tests.remote.test_cache import killed_until_done

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service, bound = killed_until_done(Path(folder), given.kills, given.texts, given.seed)
    beyond = service.billed_texts - given.texts
    print(
        f"{given.kills} kills, {given.texts:,} texts: {service.billed_texts:,} billed, {beyond:,}"
    )
    print(f"beyond the corpus; in flight were at most {bound:,}")
    if not 0 <= beyond <= bound:
        raise SystemExit(1)
