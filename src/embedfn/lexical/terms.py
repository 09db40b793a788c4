"""Texts to terms in the kernels' form: one UTF-8 buffer with offsets, documents by an indptr."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedfn import kernels
from embedfn.lexical.fast import analysis_of

AnalyzerFunction = Callable[[str], Sequence[str]]
LookUp = Callable[[NDArray[np.uint8], NDArray[np.int64], int], NDArray[np.int32]]

# Texts analysed before their terms go to the kernels: bounds the memory that token lists take.
_BLOCK = 4096
_NATIVE_BLOCK = 1 << 16
# Of fewer terms it is not worth asking whether they are numbered as they come.
_MANY = 1 << 12


class Terms(NamedTuple):
    """The terms of some documents.

    Term i is ``buffer[offsets[i]:offsets[i + 1]]`` in UTF-8 (lone surrogates as "surrogatepass"
    writes them). Document d has the terms numbered ``codes[indptr[d]:indptr[d + 1]]``; without
    codes, which is with each occurrence spelled out, those from ``indptr[d]`` on. With codes the
    terms are distinct and in first-seen order.
    """

    buffer: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    indptr: NDArray[np.int64]
    codes: NDArray[np.int32] | None = None

    def ids(self, look_up: LookUp, n_threads: int) -> NDArray[np.int32]:
        """Return each occurrence's id, ``look_up`` being a vocabulary's ``add`` or ``find``."""
        if self.codes is None:
            return look_up(self.buffer, self.offsets, n_threads)
        # Distinct terms are soon looked up; putting together what threads add takes longer.
        ids = look_up(self.buffer, self.offsets, 1)
        if len(ids) > _MANY and np.array_equal(ids, np.arange(len(ids), dtype=np.int32)):
            return self.codes  # as of the first texts that a vocabulary gets
        return kernels.pick(ids, self.codes, n_threads)


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


def analyze(texts: Sequence[str], analyzer: AnalyzerFunction, n_threads: int) -> Iterator[Terms]:
    """Analyse texts block by block, natively where that gives the analyzer's terms.

    Raises
    ------
    TypeError
        When the analyzer yields anything but str; the text's position is named.
    """
    analysis = analysis_of(analyzer)
    if analysis is None:
        numbered = enumerate(texts)
        while block := list(islice(numbered, _BLOCK)):
            yield encode_terms([_checked(analyzer(text), position) for position, text in block])
        return
    for start in range(0, len(texts), _NATIVE_BLOCK):
        for run in analysis.run(texts[start : start + _NATIVE_BLOCK], n_threads):
            buffer, offsets, codes, indptr = run
            yield Terms(buffer, offsets, indptr, codes)


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


def _starts(lengths: ArrayLike) -> NDArray[np.int64]:
    """Running totals of the lengths, from 0."""
    ends = np.cumsum(lengths, dtype=np.int64)
    return np.concatenate([np.zeros(1, dtype=np.int64), ends])
