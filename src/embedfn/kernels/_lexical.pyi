from collections.abc import Sequence

from typing_extensions import disjoint_base

from embedfn.kernels._py import (
    Bytes,
    Float32s,
    Float64s,
    Int32s,
    Int64s,
    Run,
    Terms,
    UInt32s,
    UInt64s,
)

@disjoint_base
class Vocabulary:
    @staticmethod
    def frozen(
        buffer: Bytes, offsets: Int64s, slots: UInt64s, seed: int, n_threads: int
    ) -> Vocabulary: ...
    def __len__(self) -> int: ...
    def add(self, buffer: Bytes, offsets: Int64s, n_threads: int, source: int = 0) -> Int32s: ...
    def find(self, buffer: Bytes, offsets: Int64s, n_threads: int, source: int = 0) -> Int32s: ...
    def terms(self) -> tuple[Bytes, Int64s]: ...

def digest(data: Bytes, n_threads: int) -> int: ...
def term_hashes(buffer: Bytes, offsets: Int64s, seed: int, n_threads: int) -> UInt32s: ...
def learn(vocabulary: Vocabulary, found: Sequence[Terms], n_threads: int) -> Int64s: ...
def count_terms(
    runs: Sequence[Run], n_terms: int, n_threads: int, simd: str | None = None
) -> tuple[Int64s, Int32s, Int32s]: ...
def okapi_idf(df: Int64s, n_docs: int, epsilon: float) -> tuple[Float64s, float]: ...
def lucene_idf(df: Int64s, n_docs: int) -> Float64s: ...
def bm25_document_weights(
    indptr: Int64s,
    tf: Int32s,
    doc_len: Int64s,
    avgdl: float,
    k1: float,
    b: float,
    n_threads: int,
) -> Float32s: ...
def bm25_document_rows(
    runs: Sequence[Run],
    n_terms: int,
    avgdl: float,
    k1: float,
    b: float,
    n_threads: int,
    simd: str | None = None,
) -> tuple[Int64s, Int32s, Float32s]: ...
def bm25_query_weights(indices: Int32s, tf: Int32s, idf: Float64s) -> Float32s: ...
