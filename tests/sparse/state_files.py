"""A reader and a forger of BM25's own files, written from docs/bm25.md and not from the library."""

import hashlib
import json
import math
import struct
from itertools import pairwise

import numpy as np

from embedfn.kernels import _lexical

HEADER = struct.Struct("<8sIIQQQQQddddQ32s15QQ")
NAMES = [
    *("magic", "version", "kind", "file_size", "n_docs", "sum_doc_len", "n_terms", "seed"),
    *("k1", "b", "epsilon", "avgdl", "formula", "sha256"),
]
SECTIONS = ["specification", "terms", "offsets", "slots", "values"]
# Where each field lies, for edits of raw bytes.
PLACES = {
    **dict(zip(NAMES[1:3], [(8, "I"), (12, "I")], strict=True)),
    **{name: (16 + 8 * i, "Q") for i, name in enumerate(NAMES[3:8])},
    **{name: (56 + 8 * i, "d") for i, name in enumerate(NAMES[8:12])},
    "formula": (88, "Q"),
    **{
        f"{section} {what}": (128 + 24 * i + 8 * j, "Q")
        for i, section in enumerate(SECTIONS)
        for j, what in enumerate(["offset", "size", "checksum"])
    },
    "checksum": (248, "Q"),
}


def checksum(data):
    return _lexical.digest(np.frombuffer(bytes(data), dtype=np.uint8), 1)


def table(content):
    """(offset, size) of each section, as the header says."""
    numbers = HEADER.unpack(content[:256])[-16:-1]
    return list(zip(numbers[::3], numbers[1::3], strict=True))


def signed(content):
    """The file with its checksums made right, whatever it says otherwise."""
    content = bytearray(content)
    for i, (start, size) in enumerate(table(content)):
        if start + size <= len(content):
            value = checksum(content[start : start + size])
            struct.pack_into("<Q", content, 128 + 24 * i + 16, value)
    start, size = table(content)[0]
    if start + size <= len(content):
        content[96:128] = hashlib.sha256(content[start : start + size]).digest()
        struct.pack_into("<Q", content, 144, checksum(content[start : start + size]))
    return sealed(content)


def sealed(content):
    """The file with its header's checksum made right."""
    content = bytearray(content)
    struct.pack_into("<Q", content, 248, checksum(content[:248]))
    return bytes(content)


def read(content):
    """What a file says, by the plainest means: (idf by term, n_docs, avgdl, k1, b)."""
    header = dict(zip(NAMES, HEADER.unpack(content[:256]), strict=False))
    sections = [content[start : start + size] for start, size in table(content)]
    json.loads(sections[0])
    offsets = np.frombuffer(sections[2], "<i8").tolist()
    terms = [
        sections[1][start:end].decode("utf-8", "surrogatepass") for start, end in pairwise(offsets)
    ]
    n_docs, avgdl = header["n_docs"], header["avgdl"]
    if header["kind"] == 1:
        idf = np.frombuffer(sections[4], "<f8").tolist()
        in_use = [True] * len(idf)
    else:
        df = np.frombuffer(sections[4], "<i8").tolist()
        in_use = [n > 0 for n in df]
        idf = idf_of(df, n_docs, header["formula"], header["epsilon"])
        avgdl = header["sum_doc_len"] / n_docs if n_docs else 0.0
    weights = {
        term: [weight, i]
        for i, (term, weight) in enumerate(zip(terms, idf, strict=True))
        if in_use[i]
    }
    return weights, n_docs, avgdl, header["k1"], header["b"]


def idf_of(df, n_docs, formula, epsilon):
    if formula == 1:
        return [math.log(1 + (n_docs - n + 0.5) / (n + 0.5)) if n else 0.0 for n in df]
    values = [math.log(n_docs - n + 0.5) - math.log(n + 0.5) if n else None for n in df]
    used = [value for value in values if value is not None]
    total = 0.0
    for value in used:
        total += value
    floor = epsilon * (total / len(used)) if used else 0.0
    return [0.0 if v is None else floor if v < 0 else v for v in values]


def assert_says(ef, content, texts, analyzer):
    """The object's vectors are those that the file's content gives."""
    weights, n_docs, avgdl, k1, b = content
    assert ef.idf == weights
    assert (ef.corpus_size, ef.avgdl, ef.k1, ef.b) == (n_docs, avgdl, k1, b)
    matrices = ef.encode_queries(texts), ef.encode_documents(texts)
    for row, text in enumerate(texts):
        terms = analyzer(text)
        queries, documents = {}, {}
        for term in terms:
            if term in weights:
                idf, i = weights[term]
                queries[i] = queries.get(i, 0.0) + idf
                tf = terms.count(term)
                norm = k1 * (1 - b + b * len(terms) / avgdl)
                documents[i] = tf * (k1 + 1) / (tf + norm)
        for matrix, wanted in zip(matrices, (queries, documents), strict=True):
            got = matrix[[row]]
            entries = dict(zip(got.indices.tolist(), got.data.tolist(), strict=True))
            with np.errstate(over="ignore"):
                wanted = {i: float(np.float32(weight)) for i, weight in wanted.items()}
            # Explicit zeros or none, it is the same vector.
            assert {i: w for i, w in entries.items() if w} == {i: w for i, w in wanted.items() if w}
