"""Memory of streams through encode_iter: ``python -m bench.dense_memory`` prints a table.

MiniLM on a CPU, 100,000 short texts and, apart, 2,000 whole passages, each in a process of its own;
``--short`` and ``--long`` choose how many. Memory is what the process' peak lies above what it held
with the model loaded and used once, on Linux; it includes the corpus' texts that are alive, of
which a stream has one block. A short text is four words of a passage, numbered so that no two are
the same.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from bench.bm25_growth import resident
from bench.conftest import corpus
from embedfn.dense import SentenceTransformerEmbeddingFunction

MODEL = "all-MiniLM-L6-v2"
COUNTS = {"short": 100_000, "long": 2_000}


def stream(texts, kind, count):
    """`count` texts, one after the other."""
    if kind == "long":
        step = max(1, len(texts) // count)
        for number in range(count):
            yield texts[number * step % len(texts)]
        return
    for number in range(count):
        yield f"{number} {' '.join(texts[number % len(texts)].split()[:4])}"


def measure(kind, count, dtype):
    """The figures of a row, in this process."""
    name, texts = corpus()
    embed = SentenceTransformerEmbeddingFunction(MODEL, device="cpu", dtype=dtype)
    embed(["Once, so that what is loaded later is there."])
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = resident("VmRSS")
    n_vectors = sum(len(vectors) for vectors in embed.encode_iter(stream(texts, kind, count)))
    assert n_vectors == count
    return {
        "corpus": name,
        "loaded": before,
        "peak": resident("VmHWM") - before,
        "after": resident("VmRSS") - before,
    }


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", type=int, default=COUNTS["short"])
    parser.add_argument("--long", type=int, default=COUNTS["long"])
    parser.add_argument("--dtype", default="fp32")
    parser.add_argument("--here", choices=COUNTS, help="measure this kind in this process")
    options = parser.parse_args()
    counts = {"short": options.short, "long": options.long}
    if options.here:
        print(json.dumps(measure(options.here, counts[options.here], options.dtype)))
        return
    print("| texts | loaded | peak above it | afterwards above it |\n|---|---|---|---|")
    for kind, count in counts.items():
        if not count:
            continue
        command = [sys.executable, "-m", "bench.dense_memory", "--here", kind, *sys.argv[1:]]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        row = json.loads(done.stdout.splitlines()[-1])
        sizes = (f"{row[part] / 1e6:.0f} MB" for part in ("loaded", "peak", "after"))
        print(f"| {count:,} {kind}, {row['corpus']} | {' | '.join(sizes)} |", flush=True)


if __name__ == "__main__":
    main()
