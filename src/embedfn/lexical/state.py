"""BM25's own file: all that an object knows, mapped into memory on load and used in place.

Unlike upstream's JSON (store.py) it keeps the counts, so that an object that was loaded goes on
learning, and tells which analyzer it was fitted with.
"""

import hashlib
import math
import mmap
import secrets
from os import PathLike
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from embedfn import kernels
from embedfn._files import write_atomically
from embedfn.lexical import state_layout, store
from embedfn.lexical.bm25 import BM25Model
from embedfn.lexical.counts import Counts, Spelled, first_terms, possible
from embedfn.lexical.learnt import Fitted, IdfFormula, Learnt, model_of
from embedfn.lexical.specification import difference, specification
from embedfn.lexical.state_layout import MAGIC, Bytes, Fields

_COUNTS, _WEIGHTS = 0, 1
_FORMULAS: tuple[IdfFormula, ...] = get_args(IdfFormula)


class State(NamedTuple):
    """What an object knows, and what its vectors depend on beside that."""

    learnt: Learnt
    k1: float
    b: float
    epsilon: float
    formula: IdfFormula | None  # None where a file does not tell


def save(
    state: State, analyzer: object, path: str | PathLike[str], format: str, n_threads: int
) -> None:
    """Write a file of the format "json" or "binary", whole or not at all.

    Raises
    ------
    ValueError
        For another format.
    RuntimeError
        When nothing was learnt and, for "json", when no term is in use.
    OSError
        When it cannot be written.
    """
    if format not in ("json", "binary"):
        message = f"format must be 'json' or 'binary', not {format!r}"
        raise ValueError(message)
    if format == "json":
        numbers = state.k1, state.b, state.epsilon
        store.save(store.SavedBM25(model_of(state.learnt), *numbers), path)
        return
    described = specification(analyzer).encode()
    fields, sections = _written(state, described, n_threads)
    write_atomically(path, *state_layout.pack(fields, sections, n_threads))


def load(path: str | PathLike[str], analyzer: object, any_analyzer: bool, n_threads: int) -> State:
    """Read a file of either format.

    Parameters
    ----------
    path : str or path
    analyzer : callable
        Must have the specification that a file of this format tells; JSON tells none.
    any_analyzer : bool
        Whether to take the file with any analyzer.
    n_threads : int

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        When it is no such file, or one of another analyzer; the file and what is wrong are named.
    """
    with Path(path).open("rb") as file:
        content: bytes | mmap.mmap
        start = file.read(len(MAGIC))
        if start != MAGIC:
            return of_json(store.parse(start + file.read(), path))
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError:  # where files cannot be mapped
            content = start + file.read()
    try:
        fields, sections = state_layout.unpack(np.frombuffer(content, dtype=np.uint8), n_threads)
        theirs = sections[0].tobytes()
        if hashlib.sha256(theirs).digest() != fields.specification_hash:
            message = "the hash of its analyzer's specification differs"
            raise ValueError(message)
        other = None if any_analyzer else difference(theirs.decode(), specification(analyzer))
        state = _state(fields, sections[1:], n_threads)
    except (ValueError, RecursionError) as error:
        message = f"{path} is not a saved BM25EmbeddingFunction: {error}"
        raise ValueError(message) from None
    if other is not None:
        message = (
            f"{path} was not saved with this analyzer, as far as can be told: {other}; give the "
            "one it was fitted with or, if you know that this one yields the same terms, "
            "load(path, any_analyzer=True)"
        )
        raise ValueError(message)
    return state


def of_json(saved: store.SavedBM25) -> State:
    """Return what a JSON file tells."""
    return State(*saved, formula=None)


def _written(state: State, described: bytes, n_threads: int) -> tuple[Fields, list[Bytes]]:
    """Return the fields and sections of a file, the analyzer's specification being given."""
    learnt = state.learnt
    values: NDArray[np.int64] | NDArray[np.float64]
    if isinstance(learnt, Fitted):
        vocabulary, values = learnt.counts.vocabulary, learnt.counts.df
        about = (_COUNTS, learnt.counts.n_docs, learnt.counts.sum_doc_len)
        epsilon, avgdl, formula = learnt.epsilon, 0.0, learnt.formula
    else:
        model = model_of(learnt)
        vocabulary, values = model.vocabulary, model.idf
        about = (_WEIGHTS, model.n_docs, 0)
        epsilon, avgdl, formula = state.epsilon, model.avgdl, state.formula or _FORMULAS[0]
    buffer, offsets = first_terms(vocabulary, len(values))
    seed, slots = _slots((buffer, offsets), n_threads)
    fields = Fields(
        *about,
        n_terms=len(values),
        seed=seed,
        k1=state.k1,
        b=state.b,
        epsilon=epsilon,
        avgdl=avgdl,
        formula=_FORMULAS.index(formula),
        specification_hash=hashlib.sha256(described).digest(),
    )
    arrays = (array.view(np.uint8) for array in (offsets, slots, values))
    return fields, [np.frombuffer(described, dtype=np.uint8), buffer, *arrays]


def _slots(spelled: Spelled, n_threads: int) -> tuple[int, NDArray[np.uint64]]:
    """Return a random seed and the terms' slots by it."""
    while True:  # twice only by a chance of less than one in a million
        seed = secrets.randbits(64)
        slots = kernels.place_slots(kernels.term_hashes(*spelled, seed, n_threads))
        if slots is not None:
            return seed, slots


def _state(fields: Fields, sections: list[Bytes], n_threads: int) -> State:
    """Check what the fields and sections say, and build it."""
    buffer, offsets, slots, values = sections
    n_terms, weights_only = fields.n_terms, fields.kind == _WEIGHTS
    if fields.kind not in (_COUNTS, _WEIGHTS) or fields.formula >= len(_FORMULAS):
        message = f"it has kind {fields.kind} and formula {fields.formula}, which are unknown"
        raise ValueError(message)
    sizes = (len(offsets), len(slots) % 8, len(values))
    if sizes != (8 * (n_terms + 1), 0, 8 * n_terms):
        message = f"its sections are not those of {n_terms} terms"
        raise ValueError(message)
    numbers = (fields.k1, fields.b, fields.epsilon, fields.avgdl)
    avgdl_can_be = fields.avgdl > 0 or (fields.avgdl == 0 and not (weights_only and n_terms))
    if not all(map(math.isfinite, numbers)) or not avgdl_can_be:
        message = f"k1, b, epsilon and avgdl cannot be {numbers}"
        raise ValueError(message)
    vocabulary = kernels.Vocabulary.frozen(
        buffer, offsets.view("<i8"), slots.view("<u8"), fields.seed, n_threads
    )
    learnt = (_weights if weights_only else _counts)(fields, vocabulary, values)
    formula = _FORMULAS[fields.formula]
    return State(learnt, fields.k1, fields.b, fields.epsilon, formula)


def _counts(fields: Fields, vocabulary: kernels.Vocabulary, values: Bytes) -> Fitted:
    """Counts, if documents can have such."""
    counts = Counts(vocabulary, values.view("<i8"), fields.n_docs, fields.sum_doc_len)
    fits = max(counts.n_docs, counts.sum_doc_len) < 1 << 63 and fields.avgdl == 0
    if not fits or not possible(counts):
        message = (
            f"no {counts.n_docs} documents of {counts.sum_doc_len} terms have the document "
            f"frequencies in it or, beside these, the avgdl {fields.avgdl}"
        )
        raise ValueError(message)
    return Fitted(counts, _FORMULAS[fields.formula], fields.epsilon)


def _weights(fields: Fields, vocabulary: kernels.Vocabulary, values: Bytes) -> BM25Model:
    """Weights, if they can be such."""
    idf = values.view("<f8")
    if not np.isfinite(idf).all() or fields.n_docs >= 1 << 63 or fields.sum_doc_len:
        message = (
            f"weights that are not finite, {fields.n_docs} documents or {fields.sum_doc_len} terms "
            "of all documents cannot stand in a file of weights"
        )
        raise ValueError(message)
    return BM25Model(vocabulary, idf, None, fields.n_docs, fields.avgdl)
