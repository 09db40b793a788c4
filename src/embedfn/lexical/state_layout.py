"""The bytes of a saved state: header, sections, checksums. What they mean: state.py.

All numbers are little-endian. After a header of 256 bytes come five sections in a fixed order, each
at the next multiple of 64 bytes, with zeros between; the last one ends the file. Every byte
is a magic number, under a checksum, or such a zero. docs/bm25.md lists the fields.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedfn import kernels

Bytes = NDArray[np.uint8]

MAGIC = b"\x89BM25\r\n\x1a"
VERSION = 1
SECTIONS = ("specification", "terms", "offsets", "slots", "values")
_ALIGNMENT = 64
# Magic, version; then, after the file's size in its place, Fields; each section's offset, size and
# checksum; the checksum of all before it.
_HEADER = struct.Struct("<8sIIQQQQQddddQ32s15QQ")
_CHECKED = _HEADER.size - 8


class Fields(NamedTuple):
    """What the header says of the content."""

    kind: int
    n_docs: int
    sum_doc_len: int
    n_terms: int
    seed: int
    k1: float
    b: float
    epsilon: float
    avgdl: float
    formula: int
    specification_hash: bytes


def pack(fields: Fields, sections: Sequence[Bytes], n_threads: int) -> Iterator[bytes | memoryview]:
    """Return the file's bytes, in parts."""
    starts = _starts([len(section) for section in sections])
    table: list[int] = []
    for start, section in zip(starts, sections, strict=True):
        table += [start, len(section), kernels.digest(section, n_threads)]
    size = starts[-1] + len(sections[-1])
    header = _HEADER.pack(MAGIC, VERSION, fields.kind, size, *fields[1:], *table, 0)[:_CHECKED]
    yield header + _digest_of(header).to_bytes(8, "little")
    end = _HEADER.size
    for start, section in zip(starts, sections, strict=True):
        yield bytes(start - end)
        yield section.data
        end = start + len(section)


def unpack(content: Bytes, n_threads: int) -> tuple[Fields, list[Bytes]]:
    """Return what a file's bytes hold: the fields and the sections, in place.

    Raises
    ------
    ValueError
        When a byte is not as ``pack`` would have written it; it is said which part is wrong.
    """
    header = content[: _HEADER.size].tobytes()
    if len(header) < _HEADER.size:
        message = f"it ends after {len(header)} bytes, within its header"
        raise ValueError(message)
    magic, version, kind, size, *rest = _HEADER.unpack(header)
    if magic != MAGIC or version != VERSION:
        message = f"its version is {version}, this embedfn reads {VERSION}"
        raise ValueError(message)
    if rest.pop() != _digest_of(header[:_CHECKED]):
        message = "its header is damaged: the checksum differs"
        raise ValueError(message)
    if size != len(content):
        message = f"it has {len(content)} bytes and should have {size}"
        raise ValueError(message)
    return Fields(kind, *rest[:10]), _sections(content, rest[10:], n_threads)


def _sections(content: Bytes, table: list[int], n_threads: int) -> list[Bytes]:
    """Check and cut out the sections."""
    sizes, sections, end = table[1::3], [], _HEADER.size
    starts = _starts(sizes)
    if table[::3] != starts or starts[-1] + sizes[-1] != len(content):
        message = "its sections do not follow each other to its end"
        raise ValueError(message)
    for name, start, size, checksum in zip(SECTIONS, starts, sizes, table[2::3], strict=True):
        section = content[start : start + size]
        if content[end:start].any():
            message = f"its section {name} is damaged: there are no zeros before it"
            raise ValueError(message)
        if kernels.digest(section, n_threads) != checksum:
            message = f"its section {name} is damaged: the checksum differs"
            raise ValueError(message)
        sections.append(section)
        end = start + size
    return sections


def _starts(sizes: Sequence[int]) -> list[int]:
    """Where sections of these sizes begin."""
    starts, end = [], _HEADER.size
    for size in sizes:
        starts.append(-(-end // _ALIGNMENT) * _ALIGNMENT)
        end = starts[-1] + size
    return starts


def _digest_of(header: bytes) -> int:
    """Return the header's checksum."""
    return kernels.digest(np.frombuffer(header, dtype=np.uint8), 1)
