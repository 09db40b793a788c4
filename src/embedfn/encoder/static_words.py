"""Queries without a model: each word of a text has a weight of its own, looked up in a table."""

from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from embedfn import kernels
from embedfn._threads import thread_count
from embedfn.encoder.files import read_object
from embedfn.encoder.rows import Rows
from embedfn.encoder.splade_folder import StaticRoute
from embedfn.encoder.stored import open_stored
from embedfn.encoder.tokenise import Tokeniser, check_tokens
from embedfn.encoder.top_k import top_k

_NO_LIMIT = 1 << 30


class StaticWords:
    """A table of weights, and the tokenizer that says which words a text has.

    Parameters
    ----------
    route : StaticRoute

    Raises
    ------
    FileNotFoundError, ValueError
        For files that are not there, not readable or do not belong together; the file is named.
    """

    def __init__(self, route: StaticRoute) -> None:
        self._folder = route.folder
        limit = min(route.max_tokens or _NO_LIMIT, _NO_LIMIT)
        self._tokeniser = Tokeniser(route.folder, limit, lowercase=False, special=False)
        self._weights = self._read(route)
        self.dim = len(self._weights)

    def encode(self, texts: list[str], k: int | None = None) -> Rows:
        """Return the texts' rows, with the ``k`` largest weights of each or all.

        Raises
        ------
        ValueError
            For a tokenizer that is not the weights' own.
        """
        tokens = self._tokeniser.tokenise(texts)
        check_tokens(tokens, self.dim, self._folder)
        run = kernels.Run(tokens.ids, tokens.indptr)
        indptr, words, _ = kernels.count_terms([run], self.dim, thread_count())
        rows = indptr, words, self._weights[words]
        return rows if k is None else top_k(rows, k)

    def words(self) -> list[str]:
        """Return the vocabulary: the word of each id, empty where the tokenizer has none."""
        return self._tokeniser.words(self.dim)

    def _read(self, route: StaticRoute) -> NDArray[np.float32]:
        """The table of weights."""
        if route.table is not None:
            return self._read_json(route)
        size = (self._tokeniser.vocabulary_size,)
        with open_stored(route.folder) as stored:
            if "weight" not in stored.readers:
                message = f"{stored.file} has no tensor 'weight', of SparseStaticEmbedding"
                raise ValueError(message)
            weights: NDArray[np.float32] = stored.read("weight", size, "the tokenizer").numpy()
        if not np.isfinite(weights).all():
            message = f"{stored.file}: 'weight' has values that are not finite"
            raise ValueError(message)
        return weights

    def _read_json(self, route: StaticRoute) -> NDArray[np.float32]:
        """The table of weights by words; what the tokenizer does not know is its unknown token."""
        weights = np.zeros(self._tokeniser.vocabulary_size, np.float32)
        for word, weight in read_object(cast(Path, route.table)).items():
            number = self._tokeniser.id_of(word)
            plain = isinstance(weight, (int, float)) and not isinstance(weight, bool)
            if not plain or not np.isfinite(weight):
                message = f"{route.table}: the weight of {word!r} must be a number, not {weight!r}"
                raise ValueError(message)
            if number is None:
                message = (
                    f"{route.table}: {word!r} is no token of the tokenizer in {route.folder}, "
                    "which has no token for what is unknown; they do not belong together"
                )
                raise ValueError(message)
            weights[number] = weight
        return weights
