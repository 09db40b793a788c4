"""Upstream's JSON file of a fitted BM25, version v1: either side loads what the other wrote."""

import json
import math
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedfn._cache import cache_folder
from embedfn._download import download
from embedfn._files import write_atomically
from embedfn.lexical.bm25 import BM25Model, model_of

VERSION = "v1"


class SavedBM25(NamedTuple):
    """What the file holds."""

    model: BM25Model
    k1: float
    b: float
    epsilon: float


def save(saved: SavedBM25, path: str | PathLike[str]) -> None:
    """Write the file, whole or not at all.

    A term that is not in use keeps its place with the idf 0.

    Raises
    ------
    RuntimeError
        When no term is in use: such a file could weigh nothing.
    OSError
        When it cannot be written.
    """
    in_use = saved.model.in_use
    if in_use is not None and not in_use.any():
        message = "nothing to save: every term was removed; fit or partial_fit on documents first"
        raise RuntimeError(message)
    content = {
        "version": VERSION,
        "corpus_size": saved.model.n_docs,
        "avgdl": saved.model.avgdl,
        "idf_word": saved.model.terms(),
        "idf_value": saved.model.idf.tolist(),
        "k1": saved.k1,
        "b": saved.b,
        "epsilon": saved.epsilon,
    }
    write_atomically(path, json.dumps(content).encode())


def load(path: str | PathLike[str]) -> SavedBM25:
    """Read the file.

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        When it is not a saved BM25 of version v1; the file and what is wrong are named.
    """
    return parse(Path(path).read_bytes(), path)


def parse(content: bytes, path: str | PathLike[str]) -> SavedBM25:
    """Read the file's content; ``path`` is for the error."""
    try:
        return _parsed(json.loads(content))
    except (ValueError, OverflowError, RecursionError) as error:
        message = f"{path} is not a saved BM25EmbeddingFunction: {error}"
        raise ValueError(message) from None


def load_default(url: str) -> SavedBM25:
    """Read a public file, downloaded into the cache folder the first time.

    Raises
    ------
    ImportError, OSError, ValueError
        As ``download`` and ``load``.
    """
    path = cache_folder() / url.rpartition("/")[2]
    return load(path) if path.exists() else download(url, path, load)


def _parsed(content: Any) -> SavedBM25:
    """Check every value of the file and build the model."""
    if not isinstance(content, dict):
        message = "it does not hold a JSON object"
        raise ValueError(message)
    version = content.get("version", VERSION)
    if version != VERSION:
        message = f"its version is {version!r}, this embedfn reads {VERSION!r}"
        raise ValueError(message)
    terms, values = content.get("idf_word"), content.get("idf_value")
    if not isinstance(terms, list) or not isinstance(values, list) or len(terms) != len(values):
        message = "idf_word and idf_value must be lists of the same length"
        raise ValueError(message)
    if set(map(type, terms)) - {str} or set(map(type, values)) - {int, float}:
        message = "idf_word must hold strings and idf_value numbers"
        raise ValueError(message)
    idf = np.array(values, dtype=np.float64)
    if not np.isfinite(idf).all():
        message = "idf_value holds a number that is not finite"
        raise ValueError(message)
    n_docs, avgdl = _number(content, "corpus_size"), float(_number(content, "avgdl"))
    if (
        not isinstance(n_docs, int)
        or not 0 <= n_docs < 1 << 63
        or avgdl < 0
        or (terms and avgdl == 0)
    ):
        message = f"corpus_size {n_docs!r} and avgdl {avgdl!r} cannot be"
        raise ValueError(message)
    model = model_of(terms, idf, n_docs, avgdl)
    return SavedBM25(model, *(_number(content, name) for name in ("k1", "b", "epsilon")))


def _number(content: dict[str, Any], name: str) -> float:
    """A finite number of the file."""
    value = content.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        message = f"{name} must be a finite number, not {value!r}"
        raise ValueError(message)
    return value
