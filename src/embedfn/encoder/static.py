"""Static models: a text's vector is the mean of its tokens' rows, as model2vec has it."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from embedfn import kernels
from embedfn._threads import thread_count
from embedfn.encoder.parts import part_tokeniser
from embedfn.encoder.static_files import StaticFiles
from embedfn.encoder.tokenise import TokenCounts, chunks
from embedfn.encoder.vocabulary import unknown_token


class StaticModel:
    """A static model; safe to use from many threads.

    Parameters
    ----------
    files : StaticFiles
        As :func:`read_static` gives them.
    """

    def __init__(self, files: StaticFiles) -> None:
        self.files = files
        self.dim: int = files.table.shape[1]
        tokenizer = files.tokenizer
        names = tokenizer.get_vocab()
        self._unknown = unknown_token(tokenizer)  # which counts for nothing
        # model2vec cuts a text's characters first, to those of so many tokens of median length.
        median = int(np.median([len(name) for name in names]))
        self._characters = None if files.max_length is None else files.max_length * median
        tokenizer.no_padding()
        tokenizer.no_truncation()
        if files.max_length is not None:
            tokenizer.enable_truncation(files.max_length)
        self._encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)
        self._parts = part_tokeniser(tokenizer)

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        """Return the texts' vectors, float32 of shape (len(texts), dim)."""
        vectors = np.empty((len(texts), self.dim), np.float32)
        start = 0
        for part in self.encode_blocks(chunks(texts)):
            vectors[start : start + len(part)] = part
            start += len(part)
        return vectors

    def encode_blocks(self, blocks: Iterable[list[str]]) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each block of texts."""
        return map(self._vectors, blocks)

    def count(self, texts: list[str]) -> TokenCounts:
        """Count the texts' tokens, known to the model or not, and say which texts are cut."""
        tokens = self._lengths(texts)
        cut = np.zeros(len(texts), np.bool_)
        if self._characters is not None and self.files.max_length is not None:
            cut = tokens > self.files.max_length
            cut |= np.array([len(text) > self._characters for text in texts], np.bool_)
        return TokenCounts(tokens, cut)

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """The vectors of some texts."""
        if self._characters is not None:
            texts = [text[: self._characters] for text in texts]
        ids, lengths = self._ids(texts)
        indptr = np.concatenate(([0], np.cumsum(lengths)))
        if self._unknown is not None:
            known = ids != self._unknown
            if not known.all():
                indptr = np.concatenate(([0], np.cumsum(known)))[indptr]
                ids = ids[known]
        files = self.files
        rows = ids if files.rows is None else files.rows[ids]
        scales = None if files.scales is None else files.scales[ids]
        vectors = kernels.mean_rows(files.table, rows, scales, indptr, thread_count())
        if files.normalise:
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + np.float32(1e-32)
        return vectors

    def _ids(self, texts: list[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Token ids of some texts, and how many each has."""
        if self._parts is not None:
            return self._parts.ids(texts, self.files.max_length, special=False)
        rows = [encoding.ids for encoding in self._encode(texts, add_special_tokens=False)]
        lengths = np.array([len(row) for row in rows], np.int64)
        return np.fromiter(chain.from_iterable(rows), np.int32), lengths

    def _lengths(self, texts: list[str]) -> NDArray[np.int64]:
        """Tokens of the texts, uncut."""
        lengths = [np.empty(0, np.int64)]
        for chunk in chunks(texts):
            if self._parts is not None:
                lengths.append(self._parts.ids(chunk, None, special=False)[1])
                continue
            counts = [
                len(one) + sum(map(len, one.overflowing))
                for one in self._encode(chunk, add_special_tokens=False)
            ]
            lengths.append(np.array(counts, np.int64))
        return np.concatenate(lengths)
