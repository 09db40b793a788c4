"""A query and texts to the tokens of their pairs, by the model's own tokenizer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embedfn.encoder.pack import Tokens
from embedfn.encoder.tokenise import Tokeniser

_Ids = NDArray[np.int32]
_Types = NDArray[np.bool_]


@dataclass(frozen=True)
class Cut:
    """Where pairs are cut: as a whole, and queries before that; None cuts the longer text."""

    pair: int
    query: int | None


@dataclass(frozen=True)
class _Around:
    """Special tokens before, between and behind two texts, and all types, texts' own among them."""

    ids: tuple[_Ids, _Ids, _Ids]
    types: tuple[_Types, _Types, _Types]
    own: tuple[bool, bool]

    @property
    def count(self) -> int:
        """How many special tokens a pair has."""
        return sum(map(len, self.ids))


class PairTokeniser(Tokeniser):
    """A model's tokenizer for pairs.

    Where it has a native way for texts alone, pairs that need no cut are put together from these;
    the others go through the tokenizer itself.

    Parameters
    ----------
    folder : Path
    max_tokens : int
        As :class:`Tokeniser` takes them.
    """

    def __init__(self, folder: Path, max_tokens: int) -> None:
        super().__init__(folder, max_tokens, lowercase=False)
        self._pair_around = None if self._parts is None else _around(self._tokenizer)

    def pairs(self, query: str, texts: Sequence[str], cut: Cut) -> tuple[Tokens, _Types]:
        """Return the tokens of (query, text), and which of them are of the second type."""
        if cut.query is None and self._parts is not None and self._pair_around is not None:
            return self._joined(query, list(texts), self._parts, self._pair_around)
        if cut.query is None:
            encodings = self._tokenizer.encode_batch([(query, text) for text in texts])
        else:
            first = self._tokenizer.encode(query, add_special_tokens=False)
            special = self._tokenizer.num_special_tokens_to_add(is_pair=True)
            first.truncate(max(0, min(cut.query, cut.pair - special)))
            room = max(0, cut.pair - len(first.ids) - special)
            encodings = []
            for second in self._tokenizer.encode_batch(list(texts), add_special_tokens=False):
                second.truncate(room)
                encodings.append(self._tokenizer.post_process(first, second))
        lengths = np.array([len(encoding.ids) for encoding in encodings], np.int64)
        indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        ids = np.concatenate([np.array(encoding.ids, np.int32) for encoding in encodings])
        types = np.concatenate([np.array(encoding.type_ids, bool) for encoding in encodings])
        return Tokens(ids, indptr), types

    def _joined(
        self, query: str, texts: list[str], parts: Any, around: _Around
    ) -> tuple[Tokens, _Types]:
        """The same, from the tokens of the query and of each text alone."""
        first = parts.ids([query], None, special=False)[0]
        second, counts = parts.ids(texts, None, special=False)
        lengths = counts + (len(first) + around.count)
        whole = lengths <= self._max_tokens
        cut = np.flatnonzero(~whole)
        encodings = self._tokenizer.encode_batch([(query, texts[row]) for row in cut.tolist()])
        lengths[cut] = [len(encoding.ids) for encoding in encodings]
        indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        ids, types = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], bool)
        for row, encoding in zip(cut.tolist(), encodings, strict=True):
            ids[indptr[row] : indptr[row + 1]] = encoding.ids
            types[indptr[row] : indptr[row + 1]] = encoding.type_ids

        before = np.concatenate((around.ids[0], first, around.ids[1]))
        before_types = np.concatenate(
            (around.types[0], np.full(len(first), around.own[0]), around.types[1])
        )
        starts = indptr[:-1][whole]
        places = starts[:, None] + np.arange(len(before))
        ids[places], types[places] = before, before_types
        places = (indptr[1:][whole] - len(around.ids[2]))[:, None] + np.arange(len(around.ids[2]))
        ids[places], types[places] = around.ids[2], around.types[2]
        # A text's tokens stand as far from where they are among all texts' as its first does.
        shifts = indptr[:-1] + len(before) - (np.cumsum(counts) - counts)
        kept = np.repeat(whole, counts)
        places = (np.arange(len(second)) + np.repeat(shifts, counts))[kept]
        ids[places], types[places] = second[kept], around.own[1]
        return Tokens(ids, indptr), types


def _around(tokenizer: Any) -> _Around | None:
    """What a tokenizer puts around two texts; None where it is not the same for all."""
    one = tokenizer.encode("a b", "a b")
    places = one.sequence_ids
    if 0 not in places or 1 not in places:
        return None
    starts = [places.index(0), places.index(1)]
    stops = [len(places) - places[::-1].index(number) for number in (0, 1)]
    pieces = slice(0, starts[0]), slice(stops[0], starts[1]), slice(stops[1], None)
    ids, types = np.array(one.ids, np.int32), np.array(one.type_ids, bool)
    texts = [types[start:stop] for start, stop in zip(starts, stops, strict=True)]
    own = tuple(bool(of_text[0]) for of_text in texts)
    around = _Around(
        (ids[pieces[0]], ids[pieces[1]], ids[pieces[2]]),
        (types[pieces[0]], types[pieces[1]], types[pieces[2]]),
        (own[0], own[1]),
    )
    empty = tokenizer.encode("", "")
    plain = (
        stops[0] <= starts[1]
        and all((of_text == of_text[0]).all() for of_text in texts)
        and np.array_equal(np.concatenate(around.ids), empty.ids)
        and np.array_equal(np.concatenate(around.types), np.array(empty.type_ids, bool))
    )
    return around if plain else None
