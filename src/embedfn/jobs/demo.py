"""The main job: a corpus's passages into a hybrid index, and questions answered from it."""

import hashlib
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from embedfn._cache import cache_folder
from embedfn._extras import require
from embedfn.dense import SentenceTransformerEmbeddingFunction
from embedfn.encoder.resolve import resolve_model
from embedfn.jobs.corpus import open_corpus
from embedfn.jobs.index import HybridIndex, file_digest
from embedfn.jobs.store import Hit

QUESTIONS = (
    "How do I make sure a file is closed even when an exception is raised?",
    "What is the difference between == and is?",
    "Which class counts how often each element occurs?",
    "parse command line arguments",
)


@dataclass(frozen=True)
class DemoOptions:
    """What the user asked for."""

    corpus: str | None = None
    queries: Sequence[str] = QUESTIONS
    store: Path | None = None
    model: str = "all-MiniLM-L6-v2"
    top: int = 3
    rebuild: bool = False


def run_demo(options: DemoOptions) -> None:
    """Build the index, or reuse the one that an earlier run completed, and print the answers.

    Raises
    ------
    ImportError
        Without an extra it needs; the extra is named.
    OSError, RuntimeError, ValueError
        With a message for the user; nothing half-built is left that a later run would trust.
    """
    if not all(query.strip() for query in options.queries):
        message = "a query is empty; ask something"
        raise ValueError(message)
    corpus = open_corpus(options.corpus)
    folder = options.store or default_store(options.corpus)
    folder.parent.mkdir(parents=True, exist_ok=True)
    filelock = require("filelock", "demo")
    lock = filelock.FileLock(f"{folder}.lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        message = f"the store {folder} is in use by another process; wait, or name another --store"
        raise RuntimeError(message) from None
    with lock:
        dense = SentenceTransformerEmbeddingFunction(options.model)
        files = sorted(resolve_model(options.model).rglob("*.*"))
        digest = file_digest(file for file in files if file.suffix in {".json", ".safetensors"})
        index = HybridIndex(folder, corpus, dense, digest)
        reason = "--rebuild was given" if options.rebuild else index.why_not_reuse()
        if reason:
            print(f"Building an index of {corpus.name} in {folder}: {reason}.")
            index.build()
        else:
            print(f"Reusing the index of {corpus.name} in {folder}.")
        answers = index.search(options.queries, options.top)
        for query, hits in zip(options.queries, answers, strict=True):
            print(f"\n{query}")
            for place, hit in enumerate(hits, 1):
                print(shown(place, hit, shutil.get_terminal_size((110, 24)).columns))
        print(f"\nfigures: {index.figures.line()}")


def default_store(corpus: str | None) -> Path:
    """Return the folder of a corpus's index within the user's cache."""
    place = "" if corpus is None else str(Path(corpus).resolve())
    name = "python" if corpus is None else hashlib.sha256(place.encode()).hexdigest()[:16]
    return cache_folder() / "demo" / name


def shown(place: int, hit: Hit, width: int) -> str:
    """Two lines for a passage: its fused, dense and sparse rank and its source; how it begins."""
    dense, sparse = (rank or "-" for rank in (hit.dense_rank, hit.sparse_rank))
    ranks = f"fused {place:<3} dense {dense:<4} sparse {sparse:<4}"
    text = textwrap.shorten(hit.passage.text, max(40, width - 6), placeholder=" …")
    return f"  {ranks} {hit.passage.source}\n      {text}"
