"""Compare the terms and vectors that BM25 gets with upstream's, on any number of random texts.

``python -m tests.lexical.parity --count 1000000 --seed 1`` makes adversarial texts in all built-in
languages but Korean, runs them through what BM25 uses (natively where there is a native way, on one
thread and three) and compares the terms with upstream's analyzers; of some batches also the vectors
of documents and queries, bit for bit. Another seed gives other texts. Works in ``--processes``
processes; the texts do not depend on how many. ``--languages en zh`` takes some languages only, and
then all of the count is theirs. Prints the differences; exits with 1 when there are any.
"""

import argparse
import contextlib
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from embedfn.kernels import Terms
from embedfn.lexical.analyzer import Analyzer, build_default_analyzer
from embedfn.lexical.fast import analysis_of
from embedfn.lexical.terms import analyze
from embedfn.sparse import BM25EmbeddingFunction
from tests.lexical import peer
from tests.lexical.fuzz import short_text
from tests.lexical.languages import NAMES
from tests.lexical.sweep import makers_of

# How the texts are shared among languages; Chinese and Japanese have no native way.
SHARES = {
    **{"en": 40, "de": 9, "fr": 9, "ru": 9, "sp": 9, "it": 9, "pt": 9},
    **{"zh": 3, "jp": 3},
}
SHORT = 0.2  # of the texts, where native code may cut them into loads of some bytes
BATCH = 2000
VECTORS_EVERY, VECTORS = 10, 400  # batches; texts of such a batch
EXAMPLES = 10


class Batch(NamedTuple):
    """Some of a language's texts: the same for the same seed, code and number."""

    code: str
    seed: int
    number: int
    size: int

    def texts(self) -> list[str]:
        """Make the texts."""
        rng = Random(f"parity {self.seed} {self.code} {self.number}")
        _, make = makers_of(self.code)
        short = SHORT if self.code in ("en", *NAMES) else 0
        return [short_text(rng) if rng.random() < short else make(rng) for _ in range(self.size)]


class Outcome(NamedTuple):
    """What comparing a batch found."""

    code: str
    counts: Counter[str]
    differences: list[str]


def compare(batch: Batch) -> Outcome:
    """Compare the terms, and the vectors where it is the batch's turn."""
    upstream = peer.import_upstream().build_default_analyzer(batch.code)
    analyzer, texts = build_default_analyzer(batch.code), batch.texts()
    n_threads = 3 if batch.number % 2 else 1
    wanted = [peer.outcome(upstream, text) for text in texts]
    accepted = [text for text, terms in zip(texts, wanted, strict=True) if isinstance(terms, list)]
    found = iter(native_terms(accepted, analyzer, n_threads))
    differences = []
    for text, expected in zip(texts, wanted, strict=True):
        got = next(found) if isinstance(expected, list) else peer.outcome(analyzer, text)
        if got != expected:
            differences.append(f"{batch.code}: {text!a}\n  ours  {got!a}\n  peer  {expected!a}")
    counts = Counter(
        texts=len(texts),
        distinct=len(set(texts)),
        characters=sum(map(len, texts)),
        terms=sum(len(terms) for terms in wanted if isinstance(terms, list)),
        refused=len(texts) - len(accepted),
        vectors=0,
    )
    if batch.number % VECTORS_EVERY == 0:
        part = accepted[:VECTORS]
        counts["vectors"] = 2 * len(part)
        differences += vector_differences(batch.code, upstream, part, n_threads)
    return Outcome(batch.code, counts, differences)


def is_native(code: str) -> bool:
    """Whether the language's texts are analysed natively."""
    return analysis_of(build_default_analyzer(code)) is not None


def native_terms(texts: Sequence[str], analyzer: Analyzer, n_threads: int) -> Iterator[list[str]]:
    """Yield each text's terms the way BM25 gets them."""
    for found in analyze(texts, analyzer, n_threads):
        for terms in found:
            yield from spelled(terms)


def spelled(terms: Terms) -> Iterator[list[str]]:
    """Yield each document's terms as str."""
    text, ends = terms.buffer.tobytes(), terms.offsets.tolist()
    names = [text[start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(ends)]
    flat = names if terms.codes is None else [names[code] for code in terms.codes.tolist()]
    starts = terms.indptr.tolist()
    for start, end in pairwise(starts):
        yield flat[start:end]


def vector_differences(
    code: str, upstream: Callable[[str], list[str]], texts: list[str], n_threads: int
) -> list[str]:
    """Fit on three quarters of the texts and compare the vectors of all of them."""
    theirs_of = import_module("pymilvus.model.sparse.bm25.bm25").BM25EmbeddingFunction
    corpus = texts[: len(texts) * 3 // 4]
    ours = BM25EmbeddingFunction(build_default_analyzer(code), corpus, num_workers=n_threads)
    theirs = theirs_of(upstream, corpus)
    differences = []
    if ours.idf != theirs.idf or list(ours.idf) != list(theirs.idf):
        differences.append(f"{code}: the vocabularies differ")
    for method in ("encode_documents", "encode_queries"):
        got, expected = getattr(ours, method)(texts), getattr(theirs, method)(texts)
        expected.eliminate_zeros()
        expected.sort_indices()
        if got.shape != expected.shape or not all(
            np.array_equal(getattr(got, name), getattr(expected, name))
            for name in ("indptr", "indices")
        ):
            differences.append(f"{code}: {method} fills other places")
        elif got.data.tobytes() != expected.data.tobytes():
            differences.append(f"{code}: {method} has other weights")
    return differences


def batches_of(count: int, seed: int, languages: Sequence[str]) -> list[Batch]:
    """Share a number of texts among the languages, in batches, the languages by turns."""
    total = sum(SHARES[code] for code in languages)
    batches = []
    for code in languages:
        left = round(count * SHARES[code] / total)
        for number in range(-(-left // BATCH)):
            batches.append(Batch(code, seed, number, min(BATCH, left - number * BATCH)))
    return sorted(batches, key=lambda batch: batch.number * total / SHARES[batch.code])


_ready = contextlib.ExitStack()


def prepare(folder: str) -> None:
    """Make a process ready to compare: NLTK's data and upstream."""
    _ready.enter_context(peer.using_nltk_data(Path(folder)))
    peer.import_upstream()


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.lexical.parity", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000, help="texts in all languages")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--languages", nargs="+", choices=SHARES, default=list(SHARES))
    parser.add_argument("--processes", type=int, default=2)
    args = parser.parse_args()
    batches = batches_of(args.count, args.seed, args.languages)
    totals: dict[str, Counter[str]] = {code: Counter() for code in args.languages}
    found, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        peer.write_nltk_data(Path(folder))
        context = multiprocessing.get_context("spawn")
        with context.Pool(args.processes, prepare, (folder,)) as pool:
            for code, counts, differences in pool.imap_unordered(compare, batches):
                totals[code].update(counts, differences=len(differences))
                for difference in differences[: max(0, EXAMPLES - found)]:
                    sys.stdout.write(f"{difference}\n")
                found += len(differences)
                sys.stdout.flush()
    for code, counts in [*totals.items(), ("all", sum(totals.values(), Counter()))]:
        names = ("texts", "distinct", "characters", "terms", "refused", "vectors")
        told = ", ".join(f"{counts[name]:,} {name}" for name in names)
        way = "" if code == "all" else " (natively)" if is_native(code) else " (in Python)"
        sys.stdout.write(f"{code}{way}: {counts['differences']} differences; {told}\n")
    sys.stdout.write(f"{time.monotonic() - start:.0f} s\n")
    return found > 0


if __name__ == "__main__":
    sys.exit(main())
