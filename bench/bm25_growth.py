"""Time and memory of BM25 as its corpus grows: ``python -m bench.bm25_growth`` prints a table.

Each size is learnt by partial_fit from a generator of bench/growing_text.py, in a process of its
own; ``--sizes 1 10`` chooses them (MB). The generator's own time is taken off. Memory is what the
process' peak lies above what it held before, on Linux; "vocabulary" is what the terms take by
themselves: their bytes, an offset and a document frequency of 8 bytes each, and 16 bytes for each
of the hash table's slots (a power of two, at most two thirds full). Growing takes old and new room
at once, so a peak may hold the vocabulary twice. The rest is the peak without the vocabulary, once.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from bench.bm25_work import megabytes
from bench.conftest import corpus
from bench.growing_text import Growth, growing_text, measure_growth, shuffled
from embedfn.lexical.counts import first_terms
from embedfn.sparse import BM25EmbeddingFunction

RESULT = Path(__file__).parent / "results" / "growth.md"
SIZES = (1, 2, 5, 10, 20, 50, 100, 200)
SEED = 1


class Timed:
    """An iterator that adds up the time it takes to make its items."""

    def __init__(self, items):
        self.items, self.seconds, self.count = items, 0.0, 0

    def __iter__(self):
        return self

    def __next__(self):
        start = time.perf_counter()
        try:
            return next(self.items)
        finally:
            self.seconds += time.perf_counter() - start
            self.count += 1


def resident(line):
    """Bytes of this process in memory: now (VmRSS), or at the peak (VmHWM)."""
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(text.split()[1]) * 1024 for text in status if text.startswith(f"{line}:"))


def learn(size, growth, n_threads):
    """Learn from `size` MB in this process; the figures of a row."""
    texts = shuffled(corpus()[1], SEED)
    ours = BM25EmbeddingFunction(num_workers=n_threads)
    ours.partial_fit(texts[:100])  # loads what is loaded once
    ours = BM25EmbeddingFunction(num_workers=n_threads)
    source = Timed(growing_text(texts, growth, size * 10**6))
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before, start = resident("VmRSS"), time.perf_counter()
    ours.partial_fit(source)
    seconds = time.perf_counter() - start - source.seconds
    peak, held = resident("VmHWM") - before, resident("VmRSS") - before
    buffer, offsets = first_terms(ours._learnt.counts.vocabulary, ours.dim)
    slots = 64
    while 3 * ours.dim > 2 * slots:
        slots *= 2
    return {
        "size": size,
        "texts": ours.corpus_size,
        "terms": ours.dim,
        "seconds": seconds,
        "peak": peak,
        "held": held,
        "vocabulary": len(buffer) + 8 * len(offsets) + 8 * ours.dim + 16 * slots,
    }


def check(texts, growth):
    """A generator must teach what the same texts in a list do."""
    grown = list(growing_text(texts[:1000], growth, 10**6))
    assert megabytes(grown) >= 1
    listed, streamed = BM25EmbeddingFunction(corpus=grown), BM25EmbeddingFunction()
    streamed.partial_fit(iter(grown))
    assert streamed.idf == listed.idf
    assert streamed.avgdl == listed.avgdl


def table(name, texts, rows, growth, n_threads):
    """Markdown: one row a size."""
    lines = [
        f"{name}, {megabytes(texts):.1f} MB, then its texts again with new words: "
        f"{growth.k:.3g} n^{growth.beta:.3f} forms, {growth.returns:.2f} returns of each new one; "
        f"{n_threads} thread(s)",
        "",
        "| MB | texts | terms | s | MB/s | peak, MB | held after, MB | vocabulary, MB | rest, MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        peak, held, vocabulary = (row[name] / 1e6 for name in ("peak", "held", "vocabulary"))
        lines.append(
            f"| {row['size']} | {row['texts']:,} | {row['terms']:,} | {row['seconds']:.2f} | "
            f"{row['size'] / row['seconds']:.1f} | {peak:.1f} | {held:.1f} | "
            f"{vocabulary:.1f} | {peak - vocabulary:.1f} |"
        )
    return "\n".join(lines) + "\n"


def main():
    """Print the table and write it into bench/results/."""
    parser = argparse.ArgumentParser(prog="python -m bench.bm25_growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="MB")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(learn(args.sizes[0], Growth(*args.one), args.threads)))
        return
    name, texts = corpus()
    texts = shuffled(texts, SEED)
    growth = measure_growth(texts)
    check(texts, growth)
    rows = []
    for size in args.sizes:
        command = [sys.executable, "-m", "bench.bm25_growth", "--one", json.dumps(growth)]
        command += ["--sizes", str(size), "--threads", str(args.threads)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        rows.append(json.loads(done.stdout))
        print(f"{size} MB: {rows[-1]['seconds']:.1f} s", file=sys.stderr)
    text = table(name, texts, rows, growth, args.threads)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text)
    print(f"\n{text}\nwritten to {RESULT}")


if __name__ == "__main__":
    main()
