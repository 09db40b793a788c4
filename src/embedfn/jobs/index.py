"""A hybrid index in a folder: built whole or not at all, reused only when it is the one wanted."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import embedfn
from embedfn._extras import require
from embedfn._files import write_atomically
from embedfn.base import BaseEmbeddingFunction
from embedfn.jobs.corpus import Corpus, Passage
from embedfn.jobs.figures import Figures
from embedfn.jobs.store import Hit, HybridStore
from embedfn.sparse import BM25EmbeddingFunction

_FORMAT = 1
_DENSE_BLOCK = 256  # texts between two moves of the progress bar
_MANIFEST, _BM25, _VECTORS = "manifest.json", "bm25.json", "vectors.db"


class HybridIndex:
    """Passages of a corpus with dense and BM25 vectors in Milvus Lite.

    The folder holds the database, the fitted BM25, and a manifest that is written last and says
    what they were made of. The caller keeps other processes away from it.

    Parameters
    ----------
    folder : Path
        Where the index is or will be.
    corpus : Corpus
    dense : BaseEmbeddingFunction
    model_digest : str
        Of the files that ``dense`` was loaded from.
    """

    def __init__(
        self, folder: Path, corpus: Corpus, dense: BaseEmbeddingFunction, model_digest: str
    ) -> None:
        self.folder = folder
        self.figures = Figures()
        self._corpus = corpus
        self._dense = dense
        self._sparse = BM25EmbeddingFunction()
        self._identity = {
            "format": _FORMAT,
            "embedfn": embedfn.__version__,
            "corpus": corpus.fingerprint(),
            "model": model_digest,
        }

    def why_not_reuse(self) -> str:
        """Return why what the folder holds cannot be used; empty when it can.

        Raises
        ------
        RuntimeError
            When the database does not open: another program may have it open, so it is left alone.
        """
        try:
            manifest = json.loads((self.folder / _MANIFEST).read_bytes())
            stored, bm25, passages = (manifest[key] for key in ("identity", "bm25", "passages"))
            changed = [key for key, value in self._identity.items() if stored.get(key) != value]
        except FileNotFoundError:
            return "there is none yet"
        except (ValueError, TypeError, KeyError, AttributeError):
            return "its manifest is damaged"
        if changed:
            return f"it was made with another {' and '.join(changed)}"
        if not (self.folder / _BM25).exists() or file_digest([self.folder / _BM25]) != bm25:
            return "its BM25 file is damaged"
        if not (self.folder / _VECTORS).exists():
            return "its database is missing"
        try:
            with HybridStore(self.folder / _VECTORS) as store:
                return "" if store.count() == passages else "passages are missing in it"
        except RuntimeError as error:
            message = f"{error}; close what has it open, or give --rebuild if nothing has"
            raise RuntimeError(message) from error

    def build(self) -> None:
        """Make the index beside its place and move it there when it is complete.

        Raises
        ------
        ValueError
            For a corpus without text, and for one that cannot be read.
        OSError, RuntimeError
            When it cannot be stored. What the folder held before is then still there.
        """
        building = self.folder.with_name(f"{self.folder.name}.building")
        shutil.rmtree(building, ignore_errors=True)  # left by a run that was killed
        building.mkdir(parents=True)
        try:
            n_passages = self._fill(building)
            manifest = {
                "identity": self._identity,
                "bm25": file_digest([building / _BM25]),
                "passages": n_passages,
            }
            write_atomically(building / _MANIFEST, json.dumps(manifest).encode())
            if self.folder.exists():
                # The manifest first: were we stopped half-way, what is left would not be trusted.
                (self.folder / _MANIFEST).unlink(missing_ok=True)
                shutil.rmtree(self.folder)
            building.rename(self.folder)
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise

    def search(self, queries: Sequence[str], limit: int) -> list[list[Hit]]:
        """Return each query's best passages by reciprocal-rank fusion, best first."""
        self._sparse.load(self.folder / _BM25)
        with self.figures.timed("queries") as items, HybridStore(self.folder / _VECTORS) as store:
            items.extend(queries)
            return [
                store.search(
                    self._dense.encode_queries([query])[0],
                    self._sparse.encode_queries([query]),
                    limit,
                )
                for query in queries
            ]

    def _fill(self, folder: Path) -> int:
        """Read, embed and store every passage; return how many."""
        passages: list[Passage] = []
        with self.figures.timed("read") as items, _bar("read", None) as progress:
            for passage in self._corpus.passages():
                passages.append(passage)
                progress(1)
            items.extend(passages)
        if not passages:
            message = f"the corpus {self._corpus.name} has no text"
            raise ValueError(message)
        texts = [passage.text for passage in passages]
        with self.figures.timed("BM25") as items:
            items.extend(texts)
            self._sparse.fit(texts)
            sparse = self._sparse.encode_documents(texts)
        with self.figures.timed("dense") as items, _bar("dense", len(texts)) as progress:
            items.extend(texts)
            dense = self._encode_dense(texts, progress)
        with self.figures.timed("store") as items, _bar("store", len(texts)) as progress:
            items.extend(texts)
            self._sparse.save(folder / _BM25)
            with HybridStore(folder / _VECTORS) as store:
                store.create(self._dense.dim)
                store.insert(passages, dense, sparse, progress)
        return len(passages)

    def _encode_dense(
        self, texts: list[str], progress: Callable[[int], object]
    ) -> list[NDArray[np.float32]]:
        """Dense vectors of texts, block by block for the bar's sake."""
        vectors: list[NDArray[np.float32]] = []
        for start in range(0, len(texts), _DENSE_BLOCK):
            block = texts[start : start + _DENSE_BLOCK]
            vectors += self._dense.encode_documents(block)
            progress(len(block))
        return vectors


@contextmanager
def _bar(stage: str, total: int | None) -> Iterator[Callable[[int], object]]:
    """Show a progress bar where someone can see it; yields what moves it."""
    tqdm = require("tqdm", "demo").tqdm
    with tqdm(total=total, desc=f"{stage:>5}", unit=" passages", disable=None) as bar:
        yield bar.update


def file_digest(paths: Iterable[Path]) -> str:
    """SHA-256 of files, each by its name and content."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{path.name} {content}\n".encode())
    return digest.hexdigest()
