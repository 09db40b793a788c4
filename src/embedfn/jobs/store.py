"""Passages with dense and sparse vectors in embedded Milvus Lite, and hybrid search over them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from embedfn._extras import require
from embedfn.jobs.corpus import MAX_SOURCE, Passage

COLLECTION = "passages"
RRF_K = 60  # Cormack, Clarke and Büttcher (2009), and Milvus's default
SEARCH_DEPTH = 100
_BATCH = 500
# Milvus counts a VARCHAR's length in bytes; a character takes at most 4.
_MAX_VARCHAR = 65_535


class Hit(NamedTuple):
    """A passage found, with its places: 1 is best, None is beyond the depth searched."""

    passage: Passage
    score: float
    dense_rank: int | None
    sparse_rank: int | None


class HybridStore:
    """One Milvus Lite database of passages. A context manager; one process at a time may open it.

    Parameters
    ----------
    path : Path
        The database, named ``*.db``.

    Raises
    ------
    ImportError
        Without the extra ``milvus``.
    RuntimeError
        When Milvus Lite cannot open it.
    """

    def __init__(self, path: Path) -> None:
        self._milvus = require("pymilvus", "milvus")
        require("milvus_lite", "milvus")
        self._path = str(path)
        with self._errors():
            self._client = self._milvus.MilvusClient(self._path)
            if self._client.has_collection(COLLECTION):
                self._client.load_collection(COLLECTION)

    def __enter__(self) -> "HybridStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write everything to disk and let the database go."""
        self._client.close()
        manager = require("milvus_lite.server_manager", "milvus").server_manager_instance
        manager.release_server(self._path)

    def create(self, dim: int) -> None:
        """Make the empty collection."""
        types = self._milvus.DataType
        schema = self._milvus.MilvusClient.create_schema(auto_id=False)
        schema.add_field("id", types.INT64, is_primary=True)
        schema.add_field("source", types.VARCHAR, max_length=4 * MAX_SOURCE)
        schema.add_field("text", types.VARCHAR, max_length=_MAX_VARCHAR)
        schema.add_field("dense", types.FLOAT_VECTOR, dim=dim)
        schema.add_field("sparse", types.SPARSE_FLOAT_VECTOR)
        indexes = self._milvus.MilvusClient.prepare_index_params()
        indexes.add_index("dense", index_type="FLAT", metric_type="IP")
        indexes.add_index("sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        with self._errors():
            self._client.create_collection(COLLECTION, schema=schema, index_params=indexes)

    def insert(
        self,
        passages: Sequence[Passage],
        dense: Sequence[NDArray[np.float32]],
        sparse: csr_array,
        progress: Callable[[int], object],
    ) -> None:
        """Store passages with their vectors; ``progress`` hears how many each batch had."""
        for start in range(0, len(passages), _BATCH):
            rows = [
                {
                    "id": i,
                    "source": passages[i].source,
                    "text": passages[i].text,
                    "dense": dense[i],
                    "sparse": _as_dict(sparse, i),
                }
                for i in range(start, min(start + _BATCH, len(passages)))
            ]
            with self._errors():
                self._client.insert(COLLECTION, rows)
            progress(len(rows))
        with self._errors():
            self._client.flush(COLLECTION)

    def count(self) -> int:
        """Return the number of passages stored."""
        with self._errors():
            return int(self._client.get_collection_stats(COLLECTION)["row_count"])

    def search(self, dense: NDArray[np.float32], sparse: csr_array, limit: int) -> list[Hit]:
        """Search by both vectors, fused by reciprocal rank.

        Parameters
        ----------
        dense : float32 array of shape (dim,)
        sparse : csr_array of shape (1, n_terms)
            Without a positive entry the dense ranking alone counts.
        limit : int
            Passages to return, best first.
        """
        requests: list[tuple[Any, str]] = [(dense, "dense")]
        if weights := _as_dict(sparse, 0):
            requests.append((weights, "sparse"))
        metric = {"metric_type": "IP"}
        asked = [
            self._milvus.AnnSearchRequest([vector], field, metric, limit=SEARCH_DEPTH)
            for vector, field in requests
        ]
        ranks = {field: self._ranks(vector, field) for vector, field in requests}
        ranker = self._milvus.RRFRanker(RRF_K)
        with self._errors():
            found = self._client.hybrid_search(
                COLLECTION, asked, ranker, limit=limit, output_fields=["source", "text"]
            )
        return [
            Hit(
                Passage(hit["entity"]["source"], hit["entity"]["text"]),
                hit["distance"],
                ranks["dense"].get(hit["id"]),
                ranks.get("sparse", {}).get(hit["id"]),
            )
            for hit in found[0]
        ]

    def _ranks(self, vector: Any, field: str) -> dict[int, int]:
        """Each found passage's place by one vector."""
        with self._errors():
            found = self._client.search(
                COLLECTION,
                [vector],
                anns_field=field,
                limit=SEARCH_DEPTH,
                search_params={"metric_type": "IP"},
                output_fields=["id"],
            )
        return {hit["id"]: rank for rank, hit in enumerate(found[0], 1)}

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Milvus's errors as RuntimeError that names the database."""
        try:
            yield
        except self._milvus.MilvusException as error:
            message = f"Milvus Lite failed on {self._path}: {error.message or error}"
            raise RuntimeError(message) from error


def _as_dict(matrix: csr_array, row: int) -> dict[int, float]:
    """A row in the form that Milvus takes.

    It refuses negative weights, which BM25 gives a query's term that most documents hold when most
    terms are so (in a handful of documents); such a term tells nothing and is left out.
    """
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    columns, weights = matrix.indices[start:end].tolist(), matrix.data[start:end].tolist()
    return {column: w for column, w in zip(columns, weights, strict=True) if w > 0}
