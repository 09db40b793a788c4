"""The one inference loop: tokenise, pack, forward, pool."""

import os
from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from embedfn.encoder.ahead import ahead
from embedfn.encoder.device import choose_device, default_dtype, float_dtype
from embedfn.encoder.families import load_model
from embedfn.encoder.folder import read_folder
from embedfn.encoder.pack import Pack, PackQueue, Tokens
from embedfn.encoder.passes import run_passes
from embedfn.encoder.pool import pool, tokens_read, unit_rows
from embedfn.encoder.resolve import resolve_model
from embedfn.encoder.steps import load_step
from embedfn.encoder.tokenise import TokenCounts, Tokeniser, check_tokens

# Texts that are tokenised in one go for a GPU, which works on one such part while the next is
# tokenised. A CPU gains nothing from that: both would share its cores.
GPU_TEXTS = 4096
# What a text is taken to have at most, for the bound on memory, where a model sets no limit.
_LONG_TEXT = 8192


class Encoder:
    """A sentence encoder on one device.

    Safe to use from many threads: nothing changes after construction.

    Parameters
    ----------
    model : str or os.PathLike
        A folder or a name, as :func:`embedfn.encoder.resolve.resolve_model` takes them.
    device : str, torch.device or None
        None takes the first there is of CUDA, MPS and CPU.
    batch_size : int
        Bounds memory: one forward pass holds at most as many tokens as this many texts of the
        model's greatest length have. Vectors do not depend on it.
    dtype : torch.dtype or None
        Precision of weights and hidden states; None is fp16 on a GPU and fp32 on a CPU. int8 is of
        the linear layers alone.
    truncate_dim : int or None
        How many leading components to keep (Matryoshka models); None takes what the folder says.
    include_prompt : bool or None
        Whether a prompt's tokens are pooled with the text's; None takes what the folder says.

    Attributes
    ----------
    prompts : dict of str to str
        The folder's prompts by name; ``"query"`` and ``"document"`` are always there.

    Raises
    ------
    FileNotFoundError, ValueError
        For a model that is not there, not whole or not supported; the file is named.
    ImportError
        For an architecture that transformers runs, without the extra ``transformers``.
    RuntimeError
        For a device that is not there.
    """

    def __init__(
        self,
        model: str | os.PathLike[str],
        device: str | torch.device | None = None,
        batch_size: int = 32,
        *,
        dtype: torch.dtype | None = None,
        truncate_dim: int | None = None,
        include_prompt: bool | None = None,
    ) -> None:
        self.device = choose_device(device)
        self.dtype = dtype or default_dtype(self.device)
        self.folder = read_folder(resolve_model(model))
        self.dim = self.folder.dim
        if truncate_dim is not None:
            if truncate_dim < 1:
                message = f"truncate_dim must be at least 1, not {truncate_dim}"
                raise ValueError(message)
            self.dim = min(truncate_dim, self.folder.full_dim)
        self.prompts = self.folder.prompts
        self._tokeniser = Tokeniser(
            self.folder.transformer, self.folder.max_tokens, self.folder.lowercase
        )
        self._forward = load_model(
            self.folder.transformer, self.folder.config, self.device, self.dtype
        )
        chain = self.folder.chain
        self._include_prompt = chain.include_prompt if include_prompt is None else include_prompt
        self._on_tokens = [
            load_step(step, self.device, float_dtype(self.dtype)) for step in chain.on_tokens
        ]
        # Vectors are few: what is done to them is done in float32 on every device.
        self._on_vectors = [load_step(s, self.device, torch.float32) for s in chain.on_vectors]
        on_cpu = self.device.type == "cpu"
        self._tokenises_ahead = not on_cpu
        tokens = batch_size * min(self.folder.max_tokens, _LONG_TEXT)
        self._budget = min(tokens, self._forward.most_tokens or tokens)
        # Who takes packs; more than one in embedfn.encoder.several.
        self._workers: list[Encoder] = [self]

    def encode(
        self, texts: list[str], normalise: bool = False, prompt: str | None = None
    ) -> NDArray[np.float32]:
        """Turn texts into vectors.

        Parameters
        ----------
        texts : list of str
            Checked by the front: nothing but str, no lone surrogates.
        normalise : bool
            Scale vectors to length 1; a model that ends in a normalisation does so anyway.
        prompt : str, optional
            Put before every text; None takes the folder's default prompt, mostly empty.

        Returns
        -------
        float32 array of shape (len(texts), dim)
            Contiguous, rows in the order of the texts.

        Raises
        ------
        ValueError
            For a tokenizer that is not the weights' own.
        """
        vectors = np.empty((len(texts), self.dim), np.float32)
        step = GPU_TEXTS if self._tokenises_ahead else max(1, len(texts))
        parts = (texts[start : start + step] for start in range(0, len(texts), step))
        start = 0
        for part in self.encode_blocks(parts, normalise, prompt):
            vectors[start : start + len(part)] = part
            start += len(part)
        return vectors

    def encode_blocks(
        self, blocks: Iterable[list[str]], normalise: bool = False, prompt: str | None = None
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each block of texts, as :meth:`encode` gives them.

        On a GPU blocks are taken one further than vectors are given, and tokenised meanwhile.
        """
        prompt = self.folder.prompt if prompt is None else prompt
        skip = 0
        if prompt and not self._include_prompt:
            skip = self._tokeniser.prompt_length(prompt)
        tokenise = partial(self._tokens, prompt=prompt)
        budget = self._budget  # falls where memory does not suffice, for the rest of this call
        for tokens in (ahead if self._tokenises_ahead else map)(tokenise, blocks):
            queue = PackQueue(tokens, self._pack_tokens(len(tokens.ids), budget))
            given = queue.budget
            yield self._encoded(queue, len(tokens.indptr) - 1, normalise, skip)
            if queue.budget < given:
                budget = queue.budget

    def count(self, texts: list[str], prompt: str | None = None) -> TokenCounts:
        """Count the texts' tokens with the prompt's, and say which texts are cut."""
        prompt = self.folder.prompt if prompt is None else prompt
        return self._tokeniser.count([prompt + text for text in texts] if prompt else texts)

    def _tokens(self, texts: list[str], prompt: str) -> Tokens:
        """The texts' tokens, which the weights must know."""
        if prompt:
            texts = [prompt + text for text in texts]
        tokens = self._tokeniser.tokenise(texts)
        check_tokens(tokens, self.folder.config.vocab_size, self.folder.transformer)
        return tokens

    def _pack_tokens(self, n_tokens: int, budget: int) -> int:
        """How many of a block's tokens a pack may hold."""
        return budget

    def _encoded(
        self, queue: PackQueue, n_texts: int, normalise: bool, skip: int
    ) -> NDArray[np.float32]:
        """The vectors of the queue's texts; zeros for a text without tokens."""
        vectors = np.zeros((n_texts, self.dim), np.float32)
        works = [partial(e._vectors, normalise=normalise, skip=skip) for e in self._workers]

        def put(pack: Pack, result: NDArray[np.float32]) -> None:
            vectors[pack.rows] = result

        run_passes(queue, works, put)
        return vectors

    def _vectors(self, pack: Pack, normalise: bool, skip: int) -> NDArray[np.float32]:
        """The vectors of one pack, in its order; ``skip`` tokens of each text are not pooled."""
        reads = tokens_read(pack, self.folder.pooling, skip)
        hidden = self._forward(pack, reads)
        for step in self._on_tokens:
            hidden = step(hidden)
        if reads is None:
            pooled = pool(hidden, pack.runs, self.folder.pooling, skip)
        else:
            pooled = pool(hidden, [(len(reads), 1)], self.folder.pooling)
        for step in self._on_vectors:
            pooled = step(pooled)
        pooled = pooled[:, : self.dim]
        if normalise:
            pooled = unit_rows(pooled)
        result: NDArray[np.float32] = pooled.cpu().numpy()
        return result
