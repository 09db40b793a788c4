"""Texts to terms in the kernels' form: one UTF-8 buffer with offsets, documents by an indptr."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

from embedfn.kernels import Terms
from embedfn.lexical.fast import analysis_of

AnalyzerFunction = Callable[[str], Sequence[str]]

# Texts analysed before their terms go to the kernels: bounds the memory that token lists take.
_BLOCK = 4096
_NATIVE_BLOCK = 1 << 16


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


def analyze(
    texts: Sequence[str], analyzer: AnalyzerFunction, n_threads: int
) -> Iterator[list[Terms]]:
    """Analyse texts block by block, natively where that gives the analyzer's terms.

    Yields the terms of some documents each, in order; a block's are what threads found.

    Raises
    ------
    TypeError
        When the analyzer yields anything but str; the text's position is named.
    """
    analysis = analysis_of(analyzer)
    if analysis is None:
        numbered = enumerate(texts)
        while block := list(islice(numbered, _BLOCK)):
            yield [encode_terms([_checked(analyzer(text), position) for position, text in block])]
        return
    for start in range(0, len(texts), _NATIVE_BLOCK):
        found = analysis.run(texts, n_threads, start, start + _NATIVE_BLOCK)
        yield [Terms(*one) for one in found]


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
