"""SPLADE's memory beside SparseEncoder's: ``python -m bench.splade_memory`` prints a table.

Random checkpoints of BERT-tiny's shape on a CPU, each case in a process of its own: batches, texts
of several lengths and vocabularies. Memory is what the process' peak lies above what it held with
the model loaded and used once, on Linux, the rows of the result with it. ``--ours`` leaves the peer
out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from tests.encoder.splade_models import BASE, random_model

from bench.bm25_growth import resident
from bench.conftest import corpus

SHAPE = {
    "hidden_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 512,
}
# (texts, batch size, words of a text, words of the vocabulary)
CASES = [
    (32, 8, 100, 30522),
    (32, 32, 100, 30522),
    (128, 128, 100, 30522),
    (32, 32, 25, 30522),
    (32, 32, 400, 30522),
    (32, 32, 100, 61044),
    (32, 32, 100, 122088),
]


def measure(who, texts, batch_size, length, vocabulary):
    """The figures of a row, in this process."""
    words = " ".join(corpus()[1][:2000]).split()
    given = [" ".join(words[i * length : (i + 1) * length]) for i in range(texts)]
    with tempfile.TemporaryDirectory() as folder:
        random_model(BASE, folder, vocabulary, **SHAPE)
        encode = (ours if who == "ours" else peer)(folder, batch_size)
        encode(given[:1])
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here
    before = resident("VmRSS")
    result = encode(given)
    peak = resident("VmHWM") - before
    return {"peak": peak, "rows": result}


def ours(folder, batch_size):
    """Bytes of the rows for texts, by us."""
    from embedfn.sparse import SpladeEmbeddingFunction

    function = SpladeEmbeddingFunction(folder, batch_size, device="cpu")

    def encode(texts):
        matrix = function.encode_documents(texts)
        return matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes

    return encode


def peer(folder, batch_size):
    """Bytes of the rows for texts, by SparseEncoder."""
    from sentence_transformers import SparseEncoder

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SparseEncoder(folder, device="cpu")

    def encode(texts):
        rows = model.encode_document(texts, batch_size=batch_size, show_progress_bar=False)
        return rows.coalesce().values().nbytes * 5  # two int64 and a float32 for each

    return encode


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ours", action="store_true")
    parser.add_argument("--here", nargs=5, help="measure this case in this process")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.here[0], *map(int, options.here[1:]))))
        return
    print("| texts | batch | words each | vocabulary | ours | its rows | SparseEncoder |")
    print("|---|---|---|---|---|---|---|")
    for case in CASES:
        shown = [f"{number:,}" for number in case]
        for who in ("ours",) if options.ours else ("ours", "peer"):
            command = [sys.executable, "-m", "bench.splade_memory", "--here", who]
            done = subprocess.run(
                [*command, *map(str, case)], check=True, capture_output=True, text=True
            )
            row = json.loads(done.stdout.splitlines()[-1])
            shown.append(f"{row['peak'] / 1e6:.0f} MB")
            if who == "ours":
                shown.append(f"{row['rows'] / 1e6:.1f} MB")
        print(f"| {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
