"""Many threads that call one object: ``python -m bench.dense_threads`` runs a minute of it.

Each thread takes slices of passages of all lengths, encodes them in one of several ways and
compares every vector with the one that a single thread found before, to the bit. Prints how many
were compared; any difference or error ends it.
"""

import argparse

from tests.encoder.soak import soak

from bench.conftest import corpus
from embedfn.dense import SentenceTransformerEmbeddingFunction

MODEL = "all-MiniLM-L6-v2"
TEXTS = 300


def main():
    """Print what was compared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--dtype", default="fp32")
    options = parser.parse_args()
    name, passages = corpus()
    texts = [text[: 20 << i % 9] for i, text in enumerate(passages[:: len(passages) // TEXTS])]
    embed = SentenceTransformerEmbeddingFunction(MODEL, device="cpu", dtype=options.dtype)
    count = soak(embed, texts, options.threads, options.seconds)
    print(f"{options.threads} threads, {options.seconds:g} s, {options.dtype}, {name}:")
    print(f"{count:,} vectors, each equal to the bit to a single thread's; no error")


if __name__ == "__main__":
    main()
