"""A masked language model's loop: tokenise, pack, forward, transform, and the head's peaks."""

from functools import partial

import torch

from embedfn.encoder.device import float_dtype
from embedfn.encoder.families import load_model
from embedfn.encoder.masked_head import load_head
from embedfn.encoder.pack import Pack, PackQueue
from embedfn.encoder.passes import run_passes
from embedfn.encoder.rows import Rows, in_order
from embedfn.encoder.splade_folder import MaskedRoute
from embedfn.encoder.tokenise import Tokeniser, check_tokens
from embedfn.encoder.transform import Transform
from embedfn.encoder.word_weights import choose_head


class MaskedEncoder:
    """Weights of words by a masked language model; nothing changes after construction.

    Parameters
    ----------
    route : MaskedRoute
    device : torch.device
    dtype : torch.dtype
    batch_size : int
    """

    def __init__(
        self, route: MaskedRoute, device: torch.device, dtype: torch.dtype, batch_size: int
    ) -> None:
        self.dim = route.config.vocab_size
        self._folder = route.transformer
        self._tokeniser = Tokeniser(route.transformer, route.max_tokens, route.lowercase)
        self._tokeniser.check_vocabulary(self.dim, route.transformer / "config.json")
        head = load_head(route.transformer, route.config)
        self._forward = load_model(route.transformer, route.config, device, dtype)
        floats = float_dtype(dtype)
        self._transform = Transform(head, device, floats)
        self._head = choose_head(head.decoder, device, floats, route.pooling, route.logs)
        tokens = batch_size * route.max_tokens
        self._budget = min(tokens, self._forward.most_tokens or tokens)

    def encode(self, texts: list[str], k: int | None = None) -> Rows:
        """Return the texts' rows, with the ``k`` largest weights of each or all.

        Raises
        ------
        ValueError
            For a tokenizer that is not the weights' own.
        """
        tokens = self._tokeniser.tokenise(texts)
        check_tokens(tokens, self.dim, self._folder)
        parts: list[tuple[Pack, Rows]] = []
        run_passes(
            PackQueue(tokens, self._budget),
            [partial(self._rows, k=k)],
            lambda pack, rows: parts.append((pack, rows)),
        )
        return in_order(tokens, parts)

    def words(self) -> list[str]:
        """Return the vocabulary: the word of each id, empty where the tokenizer has none."""
        return self._tokeniser.words(self.dim)

    def _rows(self, pack: Pack, k: int | None) -> Rows:
        """The weights of one pack's texts, in its order."""
        return self._head.rows(self._transform(self._forward(pack)), pack, k)
