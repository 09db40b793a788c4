"""Models of sparse vectors, with one way for queries and another for documents, or one for all."""

import os
from pathlib import Path

import torch

from embedfn.encoder.device import choose_device, default_dtype
from embedfn.encoder.masked_encoder import MaskedEncoder
from embedfn.encoder.resolve import resolve_model
from embedfn.encoder.rows import Rows
from embedfn.encoder.splade_folder import MaskedRoute, Route, read_splade_folder
from embedfn.encoder.static_words import StaticWords


class SpladeEncoder:
    """A model that weighs the words of its vocabulary for a text.

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
        place = resolve_model(model)
        self.folder = read_splade_folder(place)
        made: dict[Route, MaskedEncoder | StaticWords] = {}
        for route in self.folder.routes.values():
            if route not in made:
                made[route] = (
                    MaskedEncoder(route, self.device, self.dtype, batch_size)
                    if isinstance(route, MaskedRoute)
                    else StaticWords(route)
                )
        self._ways = {kind: made[route] for kind, route in self.folder.routes.items()}
        self.dim = self._common_dim(place)

    def encode(self, texts: list[str], kind: str = "text", k: int | None = None) -> Rows:
        """Weigh words for texts.

        Parameters
        ----------
        texts : list of str
            Checked by the front: nothing but str, no lone surrogates.
        kind : str
            ``"query"``, ``"document"`` or ``"text"``.
        k : int, optional
            How many of a text's largest weights to keep, of equal ones those of the lower ids.

        Returns
        -------
        indptr : int64 array of shape (len(texts) + 1,)
        indices : int32 array of shape (nnz,)
            Word ids, rising within a text.
        data : float32 array of shape (nnz,)
            Above zero, but for what a table of weights says.

        Raises
        ------
        ValueError
            For a tokenizer that is not the weights' own.
        """
        prompt = self.folder.prompts[kind]
        if prompt:
            texts = [prompt + text for text in texts]
        return self._ways[kind].encode(texts, k)

    def words(self, kind: str = "text") -> list[str]:
        """Return the vocabulary: the word of each id, empty where the tokenizer has none."""
        return self._ways[kind].words()

    def _common_dim(self, place: Path) -> int:
        """The number of words, which queries and documents must share."""
        dims = {kind: way.dim for kind, way in self._ways.items()}
        if len(set(dims.values())) > 1:
            message = f"{place}: its parts do not belong together: " + ", ".join(
                f"{kind} vectors have {dim} words" for kind, dim in dims.items()
            )
            raise ValueError(message)
        return dims["text"]
