"""What a family changes in the scores of attention, for one group of equally long texts.

A rule takes query, key and value, each (texts, heads, length, head), and a mask that is False at
padding, (texts, 1, 1, length) or None, and gives the context, (texts, heads, length, head). Rows
at padding may hold anything: nobody reads them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

Rule = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]

# Queries of a long text that are done at once within a window: a score for each of them and of
# the keys about them stays in cache, and nothing grows with the square of the length.
_BLOCK = 256
# MPNet and T5 put distances from here on into one bucket (Raffel et al. 2020, arXiv 1910.10683).
_FAR = 128


def plain(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Every token sees every token of its text."""
    return scaled_dot_product_attention(query, key, value, attn_mask=mask)


class Relative:
    """Adds a learnt number for the distance of two tokens to their score, one for each head.

    Made anew for each pack, since it keeps what it worked out for each length.

    Parameters
    ----------
    table : Tensor of shape (heads, 2 * longest - 1)
        For each distance, key's place less query's, from ``1 - longest`` on.
    """

    def __init__(self, table: Tensor) -> None:
        self._table = table
        self._known: dict[int, Tensor] = {}

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Attend; see the module."""
        bias = self._bias(query.shape[2])
        if mask is not None:
            bias = bias.masked_fill(~mask, -math.inf)
        return scaled_dot_product_attention(query, key, value, attn_mask=bias)

    def _bias(self, length: int) -> Tensor:
        """(1, heads, length, length)."""
        if length not in self._known:
            middle = self._table.shape[1] // 2
            near = self._table[:, middle - length + 1 : middle + length]
            self._known[length] = near.unfold(1, length, 1).flip(1)[None].contiguous()
        return self._known[length]


def rule_for(relative: Tensor | None) -> Rule:
    """Make the rule for one pack of a model with, or without, numbers for distances."""
    return plain if relative is None else Relative(relative)


@dataclass(frozen=True)
class Window:
    """A token sees the tokens at most ``reach`` places away."""

    reach: int

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        """Attend; see the module."""
        length = query.shape[2]
        if length <= self.reach + 1:
            return plain(query, key, value, mask)
        places = torch.arange(length, device=query.device)
        blocks = []
        for start in range(0, length, _BLOCK):
            stop = min(start + _BLOCK, length)
            low, high = max(0, start - self.reach), min(length, stop + self.reach)
            near = (places[start:stop, None] - places[low:high]).abs() <= self.reach
            seen = near if mask is None else near & mask[..., low:high]
            blocks.append(
                scaled_dot_product_attention(
                    query[:, :, start:stop],
                    key[:, :, low:high],
                    value[:, :, low:high],
                    attn_mask=seen,
                )
            )
        return torch.cat(blocks, dim=2)


def relative_table(weight: Tensor, longest: int, buckets: int) -> Tensor:
    """Spread learnt buckets over distances.

    Half of the buckets are for keys behind the query and half for keys before it; in each half the
    nearer distances have a bucket each and the farther ones share, on a scale of logarithms.

    Parameters
    ----------
    weight : Tensor of shape (at least buckets, heads)
    longest : int
        Tokens of the longest text.
    buckets : int

    Returns
    -------
    Tensor of shape (heads, 2 * longest - 1)
        As :class:`Relative` takes it.
    """
    half = buckets // 2
    single = half // 2
    distance = torch.arange(1 - longest, longest)
    size = distance.abs()
    scale = torch.log(size.clamp(min=1).float() / single) / math.log(_FAR / single)
    shared = (single + (scale * (half - single)).long()).clamp(max=half - 1)
    bucket = torch.where(size < single, size, shared) + (distance > 0) * half
    return weight[bucket].T.contiguous()
