"""Self-attention over packed tokens, twice: the same numbers by two routes.

Only here do texts of several lengths meet, and only here might padding be needed. On CPU a call
for each run of equal lengths costs microseconds, so nothing is padded. On a GPU a launch costs
more than padding texts of like lengths, so they are padded for attention alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from embedfn.encoder.pack import Pack

Attention = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class ByRuns:
    """Attention within each run of equally long texts."""

    runs: list[tuple[int, int]]

    def __call__(self, qkv: Tensor, heads: int) -> Tensor:
        """Attend; ``qkv`` is (tokens, 3 * hidden), the result (tokens, hidden)."""
        hidden = qkv.shape[1] // 3
        mixed = qkv.new_empty(qkv.shape[0], hidden)
        start = 0
        for count, length in self.runs:
            stop = start + count * length
            query, key, value = _split(qkv[start:stop].view(count, length, 3 * hidden), heads)
            context = scaled_dot_product_attention(query, key, value)
            mixed[start:stop].view(count, length, heads, -1).copy_(context.transpose(1, 2))
            start = stop
        return mixed


@dataclass(frozen=True)
class Group:
    """Texts of a pack that are padded together.

    Attributes
    ----------
    source : int64 tensor of shape (texts, longest)
        Which packed token stands at each place; any token at padding.
    mask : bool tensor of shape (texts, 1, 1, longest), or None
        False at padding; None where all texts are equally long.
    target : int64 tensor of shape (tokens,)
        At which of the texts * longest places each packed token stands.
    """

    source: Tensor
    mask: Tensor | None
    target: Tensor

    def attend(self, qkv: Tensor, heads: int) -> Tensor:
        """Attend within these texts; the result is (tokens of these texts, hidden)."""
        query, key, value = _split(qkv[self.source], heads)
        context = scaled_dot_product_attention(query, key, value, attn_mask=self.mask)
        return context.transpose(1, 2).reshape(self.source.numel(), -1)[self.target]


@dataclass(frozen=True)
class Padded:
    """Attention over a few padded groups, the padding masked."""

    groups: list[Group]

    def __call__(self, qkv: Tensor, heads: int) -> Tensor:
        """Attend; ``qkv`` is (tokens, 3 * hidden), the result (tokens, hidden)."""
        return torch.cat([group.attend(qkv, heads) for group in self.groups])


def by_runs(pack: Pack, device: torch.device) -> Attention:
    """Plan attention without padding."""
    return ByRuns(pack.runs)


def padded(pack: Pack, device: torch.device) -> Attention:
    """Plan attention over padded groups.

    A group ends where a text is less than half as long as the group's first, so that padding at
    most doubles the places and a pack of up to 512 tokens a text needs at most ten groups.
    """
    groups = []
    first = token = 0
    while first < len(pack.lengths):
        half = int(pack.lengths[first]) / 2
        rest = pack.lengths[first:]
        lengths = torch.from_numpy(rest[rest >= half])
        groups.append(_group(lengths, token, device))
        first += len(lengths)
        token += int(lengths.sum())
    return Padded(groups)


def _group(lengths: Tensor, token: int, device: torch.device) -> Group:
    """Plan one group, whose first token is ``token``."""
    longest = int(lengths[0])
    places = torch.arange(longest).expand(len(lengths), longest)
    real = places < lengths[:, None]
    starts = token + lengths.cumsum(0) - lengths
    source = torch.where(real, starts[:, None] + places, token)
    mask = None if bool(real.all()) else real[:, None, None, :].to(device)
    return Group(source.to(device), mask, real.flatten().nonzero().flatten().to(device))


def _split(qkv: Tensor, heads: int) -> tuple[Tensor, Tensor, Tensor]:
    """Views (texts, heads, length, head) of the fused (texts, length, 3 * hidden)."""
    texts, length, _ = qkv.shape
    query, key, value = qkv.view(texts, length, 3, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
    return query, key, value
