"""The one inference loop: tokenise, pack, forward, pool."""

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from embedfn.encoder.ahead import ahead
from embedfn.encoder.attention import Attention, by_runs, padded
from embedfn.encoder.bert import Bert, position_ids
from embedfn.encoder.device import choose_device, default_dtype
from embedfn.encoder.folder import read_folder
from embedfn.encoder.pack import Pack, Tokens, packs
from embedfn.encoder.pool import pool, unit_rows
from embedfn.encoder.resolve import resolve_model
from embedfn.encoder.tokenise import TokenCounts, Tokeniser
from embedfn.encoder.weights import load_weights

# Tokens in one forward pass on a CPU. Measured with MiniLM on two cores: 1,024 to 2,048 are alike
# and 256 and 8,192 each lose 10 to 25 %; beyond, activations no longer fit the caches.
CPU_TOKENS = 1536
# Texts that are tokenised in one go for a GPU, which works on one such part while the next is
# tokenised. A CPU gains nothing from that: both would share its cores.
GPU_TEXTS = 4096


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
        Precision of weights and hidden states; None is fp16 on a GPU and fp32 on a CPU.

    Raises
    ------
    FileNotFoundError, ValueError
        For a model that is not there, not whole or not supported; the file is named.
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
    ) -> None:
        self.device = choose_device(device)
        self.dtype = dtype or default_dtype(self.device)
        self.folder = read_folder(resolve_model(model))
        self.dim = self.folder.dim
        self._tokeniser = Tokeniser(
            self.folder.transformer, self.folder.max_tokens, self.folder.lowercase
        )
        config = self.folder.config
        weights = load_weights(self.folder.transformer, config)
        self._bert = Bert(weights, config, self.device, self.dtype)
        on_cpu = self.device.type == "cpu"
        self._tokenises_ahead = not on_cpu
        self._attention: Callable[[Pack, torch.device], Attention] = by_runs if on_cpu else padded
        tokens = batch_size * self.folder.max_tokens
        self._budget = min(tokens, CPU_TOKENS) if on_cpu else tokens

    def encode(self, texts: list[str], normalise: bool = False) -> NDArray[np.float32]:
        """Turn texts into vectors.

        Parameters
        ----------
        texts : list of str
            Checked by the front: nothing but str, no lone surrogates.
        normalise : bool
            Scale vectors to length 1; a model that ends in a normalisation does so anyway.

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
        for part in self.encode_blocks(parts, normalise):
            vectors[start : start + len(part)] = part
            start += len(part)
        return vectors

    def encode_blocks(
        self, blocks: Iterable[list[str]], normalise: bool = False
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each block of texts, as :meth:`encode` gives them.

        On a GPU blocks are taken one further than vectors are given, and tokenised meanwhile.
        """
        for tokens in (ahead if self._tokenises_ahead else map)(self._tokens, blocks):
            yield self._forward(tokens, normalise)

    def count(self, texts: list[str]) -> TokenCounts:
        """Count the texts' tokens, and say which are cut; the model's own prompt counts too."""
        return self._tokeniser.count([self.folder.prompt + text for text in texts])

    def _tokens(self, texts: list[str]) -> Tokens:
        """The texts' tokens, which the weights must know."""
        if self.folder.prompt:
            texts = [self.folder.prompt + text for text in texts]
        tokens = self._tokeniser.tokenise(texts)
        if len(tokens.ids) and int(tokens.ids.max()) >= self.folder.config.vocab_size:
            message = (
                f"{self.folder.transformer}: the tokenizer yields token {tokens.ids.max()}, but "
                f"the weights have {self.folder.config.vocab_size}; they do not belong together"
            )
            raise ValueError(message)
        return tokens

    def _forward(self, tokens: Tokens, normalise: bool) -> NDArray[np.float32]:
        """The vectors of some texts, packed by length."""
        vectors = np.zeros((len(tokens.indptr) - 1, self.dim), np.float32)
        with torch.inference_mode():
            for pack in packs(tokens, self._budget):
                vectors[pack.rows] = self._vectors(pack, normalise)
        return vectors

    def _vectors(self, pack: Pack, normalise: bool) -> NDArray[np.float32]:
        """The vectors of one pack, in its order."""
        ids = torch.from_numpy(pack.ids).to(self.device)
        positions = torch.from_numpy(position_ids(pack, self.folder.config)).to(self.device)
        hidden = self._bert.forward(ids, positions, self._attention(pack, self.device))
        pooled = pool(hidden, pack.runs, self.folder.pooling)
        if self.folder.normalise:
            pooled = unit_rows(pooled)
        pooled = pooled[:, : self.dim]
        if normalise:
            pooled = unit_rows(pooled)
        result: NDArray[np.float32] = pooled.cpu().numpy()
        return result
