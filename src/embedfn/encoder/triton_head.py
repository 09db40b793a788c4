"""The head on a GPU in Triton: products, the greatest of each text, and its row, compacted there.

Imported where it is chosen, since it imports Triton, which torch's builds for CUDA bring along.
"""

import numpy as np
import torch
import triton
import triton.language as tl
from torch import Tensor

from embedfn.encoder.bert import Affine
from embedfn.encoder.device import to_device
from embedfn.encoder.pack import Pack
from embedfn.encoder.rows import Rows
from embedfn.encoder.top_k import keep_top_k

_TOKENS, _WORDS = 128, 128  # of a product that one program makes
_DEPTH_BYTES = 128  # of a row that it takes at a time, so that all fits a small GPU's own memory
_GROUP = 8  # tiles of tokens that go by a tile of words one after the other, for the cache
_RUN = 1024  # words that are compacted at a time


@triton.jit
def _find_peaks(
    hidden: tl.tensor,
    weight: tl.tensor,
    bias: tl.tensor,
    owners: tl.tensor,
    peaks: tl.tensor,
    tokens: int,
    words: int,
    width: int,
    TOKENS: tl.constexpr,
    WORDS: tl.constexpr,
    DEPTH: tl.constexpr,
    GROUP: tl.constexpr,
    PRECISION: tl.constexpr,
) -> None:
    """peaks[text, word] = max(0, the text's greatest logit), for a tile of tokens and of words.

    ``owners`` names each token's text. Peaks begin as zeros. The maximum is the same in whatever
    order the programs that share a text come.
    """
    row, column = tl.swizzle2d(
        tl.program_id(0), tl.program_id(1), tl.num_programs(0), tl.num_programs(1), GROUP
    )
    token = row * TOKENS + tl.arange(0, TOKENS)
    word = column * WORDS + tl.arange(0, WORDS)
    is_token, is_word = token < tokens, word < words
    logits = tl.zeros((TOKENS, WORDS), dtype=tl.float32)
    for start in range(0, width, DEPTH):
        depth = start + tl.arange(0, DEPTH)
        inside = depth < width
        left = tl.load(
            hidden + token[:, None].to(tl.int64) * width + depth[None, :],
            mask=is_token[:, None] & inside[None, :],
            other=0.0,
        )
        right = tl.load(
            weight + word[None, :].to(tl.int64) * width + depth[:, None],
            mask=is_word[None, :] & inside[:, None],
            other=0.0,
        )
        logits = tl.dot(left, right, logits, input_precision=PRECISION)
    shift = tl.load(bias + word, mask=is_word, other=0.0)
    owner = tl.load(owners + token, mask=is_token, other=-1)
    first = tl.load(owners + row * TOKENS)
    last = tl.load(owners + tl.minimum(row * TOKENS + TOKENS, tokens) - 1)
    for text in range(first, last + 1):
        peak = tl.max(tl.where(owner[:, None] == text, logits, float("-inf")), axis=0) + shift
        place = peaks + tl.cast(text, tl.int64) * words + word
        tl.atomic_max(place, peak, mask=is_word & (peak > 0))


@triton.jit
def _compact(
    peaks: tl.tensor,
    indptr: tl.tensor,
    indices: tl.tensor,
    data: tl.tensor,
    words: int,
    RUN: tl.constexpr,
) -> None:
    """Write the words and the peaks above zero of a text, from indptr[text] on."""
    text = tl.program_id(0).to(tl.int64)
    at = tl.load(indptr + text)
    for start in range(0, words, RUN):
        word = start + tl.arange(0, RUN)
        peak = tl.load(peaks + text * words + word, mask=word < words, other=0.0)
        kept = (peak > 0).to(tl.int32)
        place = at + tl.cumsum(kept, 0) - 1
        tl.store(indices + place, word, mask=kept > 0)
        tl.store(data + place, peak, mask=kept > 0)
        at += tl.sum(kept, 0)


class TritonHead:
    """The decoder and the greatest logits over tokens; sums and maxima in float32.

    Parameters
    ----------
    decoder : Affine
        Weights of shape (words, hidden), and the bias.
    device : torch.device
    dtype : torch.dtype
        Of the numbers that are multiplied.
    logs : int
        How many times ``log(1 + .)`` is taken.
    """

    def __init__(
        self, decoder: Affine, device: torch.device, dtype: torch.dtype, logs: int
    ) -> None:
        self._weight = decoder.weight.to(device, dtype)
        self._bias = decoder.bias.to(device)
        self._logs = logs

    def rows(self, hidden: Tensor, pack: Pack, k: int | None = None) -> Rows:
        """Return the rows of the pack's texts, in its order, whole or their ``k`` largest."""
        peaks, logs = self._peaks(hidden.contiguous(), pack), self._logs
        if k is not None:  # of weights, of which more may be equal than of peaks
            for _ in range(logs):
                peaks.log1p_()
            peaks, logs = keep_top_k(peaks, k), 0
        indptr = torch.zeros(len(peaks) + 1, dtype=torch.int64, device=peaks.device)
        torch.cumsum((peaks > 0).sum(dim=1), dim=0, out=indptr[1:])
        starts = indptr.cpu().numpy()
        indices = torch.empty(int(starts[-1]), dtype=torch.int32, device=peaks.device)
        data = torch.empty(len(indices), dtype=torch.float32, device=peaks.device)
        if len(indices):
            _compact[(len(peaks),)](peaks, indptr, indices, data, peaks.shape[1], RUN=_RUN)
        for _ in range(logs):
            data.log1p_()
        return starts, indices.cpu().numpy(), data.cpu().numpy()

    def _peaks(self, hidden: Tensor, pack: Pack) -> Tensor:
        """The greatest logit of each text and word where it is above zero, else zero."""
        tokens, (words, width) = len(hidden), self._weight.shape
        texts = np.arange(len(pack.lengths), dtype=np.int32)
        owners = to_device(np.repeat(texts, pack.lengths), hidden.device)
        peaks = torch.zeros(len(texts), words, device=hidden.device)
        grid = triton.cdiv(tokens, _TOKENS), triton.cdiv(words, _WORDS)
        _find_peaks[grid](
            hidden,
            self._weight,
            self._bias,
            owners,
            peaks,
            tokens,
            words,
            width,
            TOKENS=_TOKENS,
            WORDS=_WORDS,
            DEPTH=_DEPTH_BYTES // hidden.element_size(),
            GROUP=_GROUP,
            PRECISION="ieee" if hidden.dtype == torch.float32 else "tf32",
            num_warps=8,
            num_stages=3,
        )
        return peaks
