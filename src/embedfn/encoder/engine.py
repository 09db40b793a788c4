"""The one inference loop: tokenise, pack, forward, pool."""

import os

import numpy as np
import torch
from numpy.typing import NDArray

from embedfn.encoder.bert import Bert
from embedfn.encoder.device import choose_device, default_dtype
from embedfn.encoder.folder import read_folder
from embedfn.encoder.forward import choose_forward
from embedfn.encoder.pack import Pack, packs
from embedfn.encoder.pool import pool, unit_rows
from embedfn.encoder.resolve import resolve_model
from embedfn.encoder.tokenise import Tokeniser
from embedfn.encoder.weights import load_weights


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
        bert = Bert(weights, config, self.device, self.dtype)
        self._forward = choose_forward(bert, self.device, self.dtype)
        tokens = batch_size * self.folder.max_tokens
        self._budget = min(tokens, self._forward.most_tokens or tokens)

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
        if self.folder.prompt:
            texts = [self.folder.prompt + text for text in texts]
        tokens = self._tokeniser.tokenise(texts)
        if len(tokens.ids) and int(tokens.ids.max()) >= self.folder.config.vocab_size:
            message = (
                f"{self.folder.transformer}: the tokenizer yields token {tokens.ids.max()}, but "
                f"the weights have {self.folder.config.vocab_size}; they do not belong together"
            )
            raise ValueError(message)
        vectors = np.zeros((len(texts), self.dim), np.float32)
        with torch.inference_mode():
            for pack in packs(tokens, self._budget):
                vectors[pack.rows] = self._vectors(pack, normalise)
        return vectors

    def _vectors(self, pack: Pack, normalise: bool) -> NDArray[np.float32]:
        """The vectors of one pack, in its order."""
        hidden = self._forward(pack)
        pooled = pool(hidden, pack.runs, self.folder.pooling)
        if self.folder.normalise:
            pooled = unit_rows(pooled)
        pooled = pooled[:, : self.dim]
        if normalise:
            pooled = unit_rows(pooled)
        result: NDArray[np.float32] = pooled.cpu().numpy()
        return result
