"""Compare SPLADE's weights with the plain formula's, and with themselves in other company.

``python -m tests.encoder.splade_parity`` takes all texts of the corpora that lie beside the
checkout, and hard and random ones, through ``SpladeEmbeddingFunction`` in fp32 on a CPU and through
transformers' masked language model, each text alone: all logits, log(1 + relu), the attention mask,
the greatest over tokens. Then our own weights once more, of each text alone and, on three threads,
in shuffled batches of other sizes: these must be the same to the bit.

``--model`` takes another checkpoint than the real one: random ones of larger shapes, ``--untied``
or with decoders tied to the words. ``--count`` takes so many of the texts, chosen by ``--seed``;
``--part 2/8`` every eighth of these from the second on. About 12 texts a second, so that all take
most of an hour. Prints for each corpus how many texts, entries, and entries that only one of the
two has, and the largest difference; exits with 1 where a difference is not below 1e-4, more than
one entry and one in 100,000 is only one's, or bits differ.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from random import Random

import numpy as np
import torch

from embedfn.sparse import SpladeEmbeddingFunction
from tests.encoder.models import quiet
from tests.encoder.splade_models import FAMILIES, TINY, checkpoint
from tests.encoder.texts import HARD, random_texts
from tests.shared_data import SHARED, read_lines

LARGEST, ONE_IN = 1e-4, 100_000
BATCH, SMALLER = 256, 48  # texts of a call, and at most of the calls that they come in again
HARD_TEXTS = 300


class Formula:
    """The plain formula: a text alone through transformers' model, in fp32."""

    def __init__(self, folder, limit=None):
        from transformers import AutoModelForMaskedLM, AutoTokenizer

        with quiet():
            self._model = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32).eval()
            self._tokenizer = AutoTokenizer.from_pretrained(folder)
        longest = self._model.config.max_position_embeddings
        self._limit = limit or min(self._tokenizer.model_max_length, longest)

    @torch.inference_mode()
    def __call__(self, text, pooling="max", logs=1):
        """All words' weights, of shape (dim,)."""
        options = {"truncation": True, "max_length": self._limit, "return_tensors": "pt"}
        given = self._tokenizer(text, **options)
        weights = self._model(**given).logits.relu_()
        for _ in range(logs):
            weights.log1p_()
        weights.mul_(given["attention_mask"].unsqueeze(-1))
        return (weights.amax(1) if pooling == "max" else weights.sum(1))[0].numpy()


@dataclass
class Found:
    """What comparing texts found, which adds up."""

    texts: int = 0
    entries: int = 0
    only_one: int = 0
    largest: float = 0.0
    other_bits: int = 0

    def __iadd__(self, other):
        self.texts += other.texts
        self.entries += other.entries
        self.only_one += other.only_one
        self.largest = max(self.largest, other.largest)
        self.other_bits += other.other_bits
        return self

    def __str__(self):
        return (
            f"{self.texts:,} texts, {self.entries:,} entries, {self.only_one:,} that only one has, "
            f"largest difference {self.largest:.2e}, "
            f"{self.other_bits:,} texts with other bits in other company"
        )

    def is_right(self):
        """Whether it is within the bounds."""
        few = self.only_one <= max(1, self.entries // ONE_IN)
        return bool(self.texts and few and self.largest < LARGEST and not self.other_bits)


def corpora():
    """(name, text) of every text: hard and random ones, then those beside the checkout."""
    found = [("hard and random", text) for text in [*HARD, *random_texts(HARD_TEXTS, seed=1)]]
    for file in sorted(SHARED.glob("*.jsonl.gz")):
        for line in read_lines(file.name):
            title = f"{line['title']} " if "title" in line else ""
            found.append((file.name.removesuffix(".jsonl.gz"), title + line["text"]))
    return found


def chosen(texts, count, seed, part):
    """Some of the texts in the seed's order, and of these the part's."""
    order = Random(seed).sample(texts, len(texts))
    number, parts = part
    return order[:count][number - 1 :: parts]


def compare(function, formula, texts, rng):
    """What is found of each text."""
    matrix = in_threads(1, function, texts)
    again = same_bits(matrix, lambda batch: in_threads(1, function, batch), texts, rng, alone=True)
    again &= same_bits(matrix, lambda batch: in_threads(3, function, batch), texts, rng)
    found = []
    for number, text in enumerate(texts):
        got, wanted = matrix[[number]].toarray()[0], formula(text)
        found.append(
            Found(
                texts=1,
                entries=int(np.count_nonzero(wanted)),
                only_one=int(np.count_nonzero((got > 0) != (wanted > 0))),
                largest=float(np.abs(got - wanted).max()),
                other_bits=int(not again[number]),
            )
        )
    return found


def in_threads(count, function, texts):
    """The texts' rows, made on so many threads."""
    before = os.environ.get("EMBEDFN_NUM_THREADS")
    os.environ["EMBEDFN_NUM_THREADS"] = str(count)
    try:
        return function(texts)
    finally:
        if before is None:
            del os.environ["EMBEDFN_NUM_THREADS"]
        else:
            os.environ["EMBEDFN_NUM_THREADS"] = before


def same_bits(matrix, function, texts, rng, *, alone=False):
    """Whether each text's row is the same, bit for bit, in shuffled batches of any sizes."""
    same, left = np.zeros(len(texts), bool), rng.sample(range(len(texts)), len(texts))
    while left:
        size = 1 if alone else rng.randint(2, SMALLER)
        batch, left = left[:size], left[size:]
        rows = function([texts[number] for number in batch])
        for place, number in enumerate(batch):
            same[number] = row_bytes(rows, place) == row_bytes(matrix, number)
    return same


def row_bytes(matrix, number):
    """A row's words and weights, as bytes."""
    here = slice(matrix.indptr[number], matrix.indptr[number + 1])
    return matrix.indices[here].tobytes(), matrix.data[here].tobytes()


def part_of(text):
    """``2/8`` as numbers."""
    number, parts = map(int, text.split("/"))
    if not 1 <= number <= parts:
        raise ValueError(text)
    return number, parts


def main(arguments=None):
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.encoder.splade_parity",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", choices=[TINY, *FAMILIES], default=TINY)
    parser.add_argument("--untied", action="store_true")
    parser.add_argument("--count", type=int, help="texts; without it, all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", type=part_of, default=(1, 1), metavar="I/N")
    args = parser.parse_args(arguments)
    torch.set_num_threads(1)
    texts = chosen(corpora(), args.count, args.seed, args.part)
    rng, start = Random(args.seed), time.monotonic()
    totals = {}
    with tempfile.TemporaryDirectory() as folder:
        model = checkpoint(args.model, folder, tie_word_embeddings=not args.untied)
        function, formula = SpladeEmbeddingFunction(model, device="cpu"), Formula(model)
        for place in range(0, len(texts), BATCH):
            batch = texts[place : place + BATCH]
            found = compare(function, formula, [text for _, text in batch], rng)
            for (name, _), one in zip(batch, found, strict=True):
                totals.setdefault(name, Found())
                totals[name] += one
    whole = Found()
    for name, found in sorted(totals.items()):
        whole += found
        sys.stdout.write(f"{name}: {found}\n")
    sys.stdout.write(f"all: {whole}\n{time.monotonic() - start:.0f} s\n")
    return int(not whole.is_right())


if __name__ == "__main__":
    sys.exit(main())
