"""The inference loop of hybrid models: tokenise, pack, forward once, and every head behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from embedfn.encoder.ahead import ahead
from embedfn.encoder.bert import Affine
from embedfn.encoder.device import float_dtype
from embedfn.encoder.engine import GPU_TEXTS
from embedfn.encoder.families import load_model
from embedfn.encoder.hybrid_folder import HybridFolder, skipped_tokens
from embedfn.encoder.hybrid_vectors import Gathered, HybridVectors, PackVectors, joined
from embedfn.encoder.pack import Pack, PackQueue, Tokens
from embedfn.encoder.passes import run_passes
from embedfn.encoder.pool import pool, tokens_read, unit_rows
from embedfn.encoder.token_heads import ColbertHead, LexicalHead
from embedfn.encoder.tokenise import Tokeniser, check_tokens

# Packs for each of several devices, at least, so that all end at about the same time.
_SHARES = 4


@dataclass(frozen=True)
class Heads:
    """What is made of hidden states, and how.

    Attributes
    ----------
    dense, sparse, colbert : bool
        Which kinds of vectors; at least one.
    pooling : str
        Of the dense vector; one of :data:`embedfn.encoder.chain.POOLINGS`.
    dim : int or None
        How many leading components of dense and token vectors to keep.
    unit : bool
        Scale dense and token vectors to length 1.
    half : bool
        Give token vectors in float16.
    """

    dense: bool = True
    sparse: bool = True
    colbert: bool = False
    pooling: str = "cls"
    dim: int | None = None
    unit: bool = True
    half: bool = False


class HybridEncoder:
    """A model that gives several kinds of vectors from one pass, on one device or several.

    Safe to use from many threads: nothing changes after construction.

    Parameters
    ----------
    folder : HybridFolder
    heads : Heads
    lengths : sequence of int
        Where texts may be cut, special tokens included: what ``encode`` may be asked for.
    devices : sequence of torch.device
        Of one type; each has a thread, a device named twice one copy of the weights.
    batch_size : int
        Bounds memory: one forward pass holds at most as many tokens as this many texts of the
        greatest length have. Vectors do not depend on it.
    dtype : torch.dtype
        Precision of weights and hidden states.

    Attributes
    ----------
    vocabulary : int
        Number of tokens that the tokenizer has: columns of the sparse rows.

    Raises
    ------
    FileNotFoundError, ValueError
        For weights or a tokenizer that are not there or do not belong together.
    """

    def __init__(
        self,
        folder: HybridFolder,
        heads: Heads,
        lengths: Sequence[int],
        devices: Sequence[torch.device],
        batch_size: int,
        dtype: torch.dtype,
    ) -> None:
        self._folder = folder
        self._heads = heads
        self._tokenisers = {n: Tokeniser(folder.path, n, lowercase=False) for n in set(lengths)}
        skipped = skipped_tokens(folder.path, self._tokenisers[lengths[0]])
        self.vocabulary = len(skipped)
        skipped = np.append(
            skipped, np.zeros(max(0, folder.config.vocab_size - len(skipped)), bool)
        )
        made: dict[torch.device, _Worker] = {}
        for device in devices:
            if device not in made:
                made[device] = _Worker(folder, heads, skipped, device, dtype)
        self._workers = [made[device] for device in devices]
        tokens = batch_size * max(lengths)
        self._budget = min(tokens, self._workers[0].most_tokens or tokens)
        self._tokenises_ahead = devices[0].type != "cpu"

    def encode(self, texts: list[str], length: int) -> HybridVectors:
        """Turn texts into vectors.

        Parameters
        ----------
        texts : list of str
            Checked by the front: nothing but str, no lone surrogates.
        length : int
            Where they are cut, in tokens; one of ``lengths``.

        Raises
        ------
        ValueError
            For a tokenizer that is not the weights' own.
        """
        return joined(list(self._blocks(texts, length)))

    def _blocks(self, texts: list[str], length: int) -> Iterator[HybridVectors]:
        """Vectors of parts of the texts; on a GPU one part is tokenised while one is worked on."""
        step = GPU_TEXTS if self._tokenises_ahead else max(1, len(texts))
        parts = [texts[start : start + step] for start in range(0, len(texts), step)] or [[]]
        tokenise = partial(self._tokens, length=length)
        for tokens in (ahead if self._tokenises_ahead else map)(tokenise, parts):
            yield self._encoded(tokens)

    def _tokens(self, texts: list[str], length: int) -> Tokens:
        """The texts' tokens, which the weights must know."""
        tokens = self._tokenisers[length].tokenise(texts)
        check_tokens(tokens, self._folder.config.vocab_size, self._folder.path)
        return tokens

    def _encoded(self, tokens: Tokens) -> HybridVectors:
        """Vectors of texts that are tokenised."""
        budget = self._budget
        if len(self._workers) > 1:
            share = -(-len(tokens.ids) // (_SHARES * len(self._workers)))
            budget = max(1, min(budget, share))
        first = self._workers[0]
        gathered = Gathered(
            tokens,
            first.dim if self._heads.dense else None,
            first.lexical is not None,
            None if first.colbert is None else (first.colbert.dim, first.colbert.dtype),
        )
        works = [worker.vectors for worker in self._workers]
        run_passes(PackQueue(tokens, budget), works, gathered.put)
        return gathered.vectors()


class _Worker:
    """The model and its heads on one device."""

    def __init__(
        self,
        folder: HybridFolder,
        heads: Heads,
        skipped: NDArray[np.bool_],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        self._forward = load_model(folder.path, folder.config, device, dtype)
        self.most_tokens = self._forward.most_tokens
        self._heads = heads
        floats = float_dtype(dtype)
        self.dim = min(heads.dim or folder.config.hidden_size, folder.config.hidden_size)
        self.lexical = self.colbert = None
        if heads.sparse and folder.sparse is not None:
            self.lexical = LexicalHead(folder.sparse, skipped, device, floats)
        if heads.colbert and folder.colbert is not None:
            kept = slice(heads.dim)
            layer = Affine(folder.colbert.weight[kept], folder.colbert.bias[kept])
            self.colbert = ColbertHead(layer, device, floats, heads.unit, heads.half)

    def vectors(self, pack: Pack) -> PackVectors:
        """All vectors of one pack from one forward pass."""
        modes = (self._heads.pooling,)
        alone = self.lexical is None and self.colbert is None
        reads = tokens_read(pack, modes) if alone else None
        hidden = self._forward(pack, reads)
        dense = None
        if self._heads.dense:
            runs = pack.runs if reads is None else [(len(reads), 1)]
            pooled = pool(hidden, runs, modes)[:, : self.dim]
            dense = (unit_rows(pooled) if self._heads.unit else pooled).cpu().numpy()
        return PackVectors(
            dense,
            None if self.lexical is None else self.lexical.rows(hidden, pack),
            None if self.colbert is None else self.colbert.vectors(hidden),
        )
