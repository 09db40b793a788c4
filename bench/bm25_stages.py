"""Where the time of BM25 goes, as a Markdown table: ``python -m bench.bm25_stages [threads]``.

The stages of a fit and of encode_documents are run one by one; their matrix must be that of the
class. Medians of five fresh runs.
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

from bench.bm25_work import fit_and_encode, forget, megabytes
from bench.conftest import corpus
from embedfn import kernels
from embedfn._csr import build_csr
from embedfn.lexical.analyzer import build_default_analyzer
from embedfn.lexical.terms import analyze

RESULT = Path(__file__).parent / "results" / "stages.md"
ROUNDS = 5
FIT, ENCODE = "fit", "encode_documents"


def run_stages(texts, n_threads, record):
    """Fit and encode as the class does; ``record(part, stage)`` is called behind each stage."""
    analyzer, vocabulary = build_default_analyzer("en"), kernels.Vocabulary()
    record(None, None)
    blocks = list(analyze(texts, analyzer, n_threads))
    record(FIT, "analysis, everything new: `analyze`")
    df = np.zeros(0, dtype=np.int64)
    for found in blocks:
        more = kernels.learn(vocabulary, found, n_threads)
        more[: len(df)] += df
        df = more
    record(FIT, "ids and counting: `learn`")
    sum_doc_len = sum(int(terms.indptr[-1]) for found in blocks for terms in found)
    kernels.okapi_idf(df, len(texts), 0.25)
    record(FIT, "weights: `okapi_idf`")
    del blocks, found
    record(None, None)
    found = [terms for block in analyze(texts, analyzer, n_threads) for terms in block]
    record(ENCODE, "analysis, forms remembered: `analyze`")
    runs = [terms.run(vocabulary.find, n_threads) for terms in found]
    record(ENCODE, "ids: `Vocabulary.find`")
    doc_len = np.concatenate([np.diff(run.indptr) for run in runs])
    indptr, indices, tf = kernels.count_terms(runs, len(df), n_threads)
    record(ENCODE, "counting: `count_terms`")
    avgdl = sum_doc_len / len(texts)
    weights = kernels.bm25_document_weights(indptr, tf, doc_len, avgdl, 1.5, 0.75, n_threads)
    record(ENCODE, "weights: `bm25_document_weights`")
    matrix = build_csr(indptr, indices, weights, len(df))
    record(ENCODE, "CSR: `build_csr`")
    return matrix, sum_doc_len


def measure(texts, n_threads):
    """(stage -> seconds of each round, the matrix, the number of terms)."""
    seconds = {}
    for _ in range(ROUNDS):
        forget()
        last = time.perf_counter()

        def record(part, stage):
            nonlocal last
            if part:
                seconds.setdefault((part, stage), []).append(time.perf_counter() - last)
            last = time.perf_counter()

        matrix, n_terms = run_stages(texts, n_threads, record)
    return seconds, matrix, n_terms


def table(name, texts, n_threads):
    """The table and a line that says of what."""
    seconds, matrix, n_terms = measure(texts, n_threads)
    wanted = fit_and_encode(texts, n_threads)
    assert (matrix != wanted).nnz == 0
    assert matrix.data.tobytes() == wanted.data.tobytes()
    medians = {stage: statistics.median(values) for stage, values in seconds.items()}
    total, size = sum(medians.values()), megabytes(texts)
    lines = [
        f"{name}: {size:.1f} MB, {len(texts):,} texts, {n_terms:,} terms; {n_threads} thread(s), "
        f"{total:.2f} s together = {size / total:.1f} MB/s",
        "",
        "| part | stage | ms | share | ns a term |",
        "|---|---|---|---|---|",
    ]
    for (part, stage), spent in medians.items():
        figures = f"{spent * 1e3:.0f} | {spent / total:.0%} | {spent / n_terms * 1e9:.0f}"
        lines.append(f"| {part} | {stage} | {figures} |")
    return "\n".join(lines) + "\n"


def main():
    """Print the table and write it into bench/results/."""
    text = table(*corpus(), int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(text)
    print(f"\n{text}\nwritten to {RESULT}")


if __name__ == "__main__":
    main()
