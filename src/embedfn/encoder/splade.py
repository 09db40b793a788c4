"""SPLADE's inference loop: tokenise, pack, forward, transform, and the head's peaks."""

import os

import numpy as np
import torch

from embedfn.encoder.device import choose_device, default_dtype, float_dtype
from embedfn.encoder.families import load_model
from embedfn.encoder.masked_head import Transform, load_head
from embedfn.encoder.pack import Pack, PackQueue, Tokens
from embedfn.encoder.passes import run_passes
from embedfn.encoder.resolve import resolve_model
from embedfn.encoder.splade_folder import read_splade_folder
from embedfn.encoder.tokenise import Tokeniser, check_tokens
from embedfn.encoder.word_weights import KernelHead, Rows, TorchHead


class SpladeEncoder:
    """A masked language model that weighs the words of its vocabulary for a text.

    Safe to use from many threads: nothing changes after construction.

    Parameters
    ----------
    model : str or os.PathLike
        A folder or a name, as :func:`embedfn.encoder.resolve.resolve_model` takes them.
    device : str, torch.device or None
        None takes the first there is of CUDA, MPS and CPU.
    batch_size : int
        Bounds memory: one forward pass holds at most as many tokens as this many texts of the
        model's greatest length have. Weights do not depend on it.
    dtype : torch.dtype or None
        Precision of weights and hidden states; None is fp16 on a GPU and fp32 on a CPU. int8 is of
        the linear layers of the transformer alone, not of the head.

    Raises
    ------
    FileNotFoundError, ValueError
        For a model that is not there, not whole, without a masked-LM head or not supported; the
        file is named.
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
        self.folder = folder = read_splade_folder(resolve_model(model))
        self.dim = folder.config.vocab_size
        self._tokeniser = Tokeniser(folder.transformer, folder.max_tokens, folder.lowercase)
        head = load_head(folder.transformer, folder.config)
        self._forward = load_model(folder.transformer, folder.config, self.device, self.dtype)
        floats = float_dtype(self.dtype)
        self._transform = Transform(head, self.device, floats)
        self._head: KernelHead | TorchHead
        if self.device.type == "cpu" and floats == torch.float32 and folder.pooling == "max":
            self._head = KernelHead(head.decoder, folder.logs)
        else:
            self._head = TorchHead(head.decoder, self.device, floats, folder.pooling, folder.logs)
        tokens = batch_size * folder.max_tokens
        self._budget = min(tokens, self._forward.most_tokens or tokens)

    def encode(self, texts: list[str]) -> Rows:
        """Weigh words for texts.

        Parameters
        ----------
        texts : list of str
            Checked by the front: nothing but str, no lone surrogates.

        Returns
        -------
        indptr : int64 array of shape (len(texts) + 1,)
        indices : int32 array of shape (nnz,)
            Word ids, rising within a text.
        data : float32 array of shape (nnz,)
            Above zero.

        Raises
        ------
        ValueError
            For a tokenizer that is not the weights' own.
        """
        if self.folder.prompt:
            texts = [self.folder.prompt + text for text in texts]
        tokens = self._tokeniser.tokenise(texts)
        check_tokens(tokens, self.dim, self.folder.transformer)
        parts: list[tuple[Pack, Rows]] = []
        run_passes(
            PackQueue(tokens, self._budget),
            [self._rows],
            lambda pack, rows: parts.append((pack, rows)),
        )
        return _in_order(tokens, parts)

    def words(self) -> list[str]:
        """Return the vocabulary: the word of each id, empty where the tokenizer has none."""
        return self._tokeniser.words(self.dim)

    def _rows(self, pack: Pack) -> Rows:
        """The weights of one pack's texts, in its order."""
        hidden = self._transform(self._forward(pack))
        return self._head.rows(hidden, pack)


def _in_order(tokens: Tokens, parts: list[tuple[Pack, Rows]]) -> Rows:
    """The rows of all packs in the texts' order."""
    counts = np.zeros(len(tokens.indptr) - 1, np.int64)
    for pack, (starts, _, _) in parts:
        counts[pack.rows] = np.diff(starts)
    indptr = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts)))
    indices, data = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    for pack, (starts, words, weights) in parts:
        shifts = np.repeat(indptr[pack.rows] - starts[:-1], np.diff(starts))
        places = shifts + np.arange(len(words))
        indices[places] = words
        data[places] = weights
    return indptr, indices, data
