"""Texts to terms in the kernels' form: one UTF-8 buffer with offsets, documents by an indptr."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

AnalyzerFunction = Callable[[str], Sequence[str]]

# Texts analysed before their terms go to the kernels: bounds the memory that token lists take.
_BLOCK = 4096


class Terms(NamedTuple):
    """The terms of some documents.

    Term i is ``buffer[offsets[i]:offsets[i + 1]]`` in UTF-8 (lone surrogates as "surrogatepass"
    writes them); document d has the terms ``indptr[d]`` to ``indptr[d + 1] - 1``.
    """

    buffer: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    indptr: NDArray[np.int64]


def encode_terms(documents: Sequence[Sequence[str]]) -> Terms:
    """Put documents that are lists of terms into the kernels' form."""
    chunks: list[bytes] = []
    lengths: list[int] = []
    for terms in documents:
        joined = "".join(terms)
        if joined.isascii():
            chunks.append(joined.encode())
            lengths.extend(map(len, terms))
        else:
            encoded = [term.encode("utf-8", "surrogatepass") for term in terms]
            chunks.extend(encoded)
            lengths.extend(map(len, encoded))
    buffer = np.frombuffer(b"".join(chunks), dtype=np.uint8)
    return Terms(buffer, _starts(lengths), _starts([len(terms) for terms in documents]))


def analyze(texts: Sequence[str], analyzer: AnalyzerFunction) -> Iterator[Terms]:
    """Analyse texts block by block.

    Raises
    ------
    TypeError
        When the analyzer yields anything but str; the text's position is named.
    """
    numbered = enumerate(texts)
    while block := list(islice(numbered, _BLOCK)):
        yield encode_terms([_checked(analyzer(text), position) for position, text in block])


def _checked(terms: Sequence[str], position: int) -> Sequence[str]:
    """What an analyzer returned, if that is terms."""
    for term in terms:
        if not isinstance(term, str):
            message = (
                f"the analyzer must return a list of str; for texts[{position}] it returned a "
                f"{type(term).__name__} among them: {term!r}"
            )
            raise TypeError(message)
    return terms


def _starts(lengths: list[int]) -> NDArray[np.int64]:
    """Running totals of the lengths, from 0."""
    starts = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    return starts
