"""Self-attention over packed tokens, twice: the same numbers by two routes.

Only here do texts of several lengths meet, and only here might padding be needed. On CPU a call
for each run of equal lengths costs microseconds, so nothing is padded. On a GPU a launch costs
more than padding texts of like lengths, so they are padded for attention alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from embedfn.encoder.pack import Pack
from embedfn.encoder.scores import Rule, plain

Attention = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class ByRuns:
    """Attention within each run of equally long texts."""

    runs: list[tuple[int, int]]
    rule: Rule = plain

    def __call__(self, qkv: Tensor, heads: int) -> Tensor:
        """Attend; ``qkv`` is (tokens, 3 * hidden), the result (tokens, hidden)."""
        hidden = qkv.shape[1] // 3
        mixed = qkv.new_empty(qkv.shape[0], hidden)
        start = 0
        for count, length in self.runs:
            stop = start + count * length
            query, key, value = _split(qkv[start:stop].view(count, length, 3 * hidden), heads)
            context = self.rule(query, key, value, None)
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

    def attend(self, qkv: Tensor, heads: int, rule: Rule) -> Tensor:
        """Attend within these texts; the result is (tokens of these texts, hidden)."""
        query, key, value = _split(qkv[self.source], heads)
        context = rule(query, key, value, self.mask)
        return context.transpose(1, 2).reshape(self.source.numel(), -1)[self.target]


@dataclass(frozen=True)
class Padded:
    """Attention over a few padded groups, the padding masked."""

    groups: list[Group]
    rule: Rule = plain

    def __call__(self, qkv: Tensor, heads: int) -> Tensor:
        """Attend; ``qkv`` is (tokens, 3 * hidden), the result (tokens, hidden)."""
        return torch.cat([group.attend(qkv, heads, self.rule) for group in self.groups])


@dataclass(frozen=True)
class Square:
    """Attention over texts that are all padded to one length, places end to end.

    Attributes
    ----------
    texts : int
    mask : bool tensor of shape (texts, 1, 1, length)
        False at padding.
    """

    texts: int
    mask: Tensor
    rule: Rule = plain

    def __call__(self, qkv: Tensor, heads: int) -> Tensor:
        """Attend; ``qkv`` is (places, 3 * hidden), the result (places, hidden)."""
        query, key, value = _split(qkv.view(self.texts, -1, qkv.shape[1]), heads)
        context = self.rule(query, key, value, self.mask)
        return context.transpose(1, 2).reshape(qkv.shape[0], -1)


def by_runs(pack: Pack, device: torch.device, rule: Rule = plain) -> Attention:
    """Plan attention without padding."""
    return ByRuns(pack.runs, rule)


def padded(pack: Pack, device: torch.device, rule: Rule = plain) -> Attention:
    """Plan attention over padded groups."""
    groups = []
    token = 0
    for lengths in like_lengths(pack):
        groups.append(_group(torch.from_numpy(lengths), token, device))
        token += int(lengths.sum())
    return Padded(groups, rule)


def like_lengths(pack: Pack) -> Iterator[NDArray[np.int64]]:
    """Cut a pack's lengths into groups that may be padded together.

    A group ends where a text is less than half as long as the group's first, so that padding at
    most doubles the places and a pack of up to 512 tokens a text needs at most ten groups.
    """
    first = 0
    while first < len(pack.lengths):
        rest = pack.lengths[first:]
        lengths = rest[rest >= rest[0] / 2]
        yield lengths
        first += len(lengths)


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
