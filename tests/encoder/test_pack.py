"""Packing, attention without padding, pooling."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedfn.encoder.attention import by_runs, padded
from embedfn.encoder.pack import PackQueue, Tokens
from embedfn.encoder.pool import pool, unit_rows

LENGTHS = st.lists(st.integers(0, 40), max_size=60)


def tokens_of(lengths: list[int]) -> Tokens:
    """Texts of these lengths, every token different."""
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return Tokens(np.arange(1, indptr[-1] + 1, dtype=np.int32), indptr)


def packs(tokens, budget):
    return iter(PackQueue(tokens, budget).take, None)


@given(lengths=LENGTHS, budget=st.integers(1, 100))
@settings(deadline=None, max_examples=200)
def test_every_text_is_in_one_pack_within_the_budget(lengths, budget):
    tokens = tokens_of(lengths)
    seen: dict[int, list[int]] = {}
    for pack in packs(tokens, budget):
        assert len(pack.ids) <= budget or len(pack.rows) == 1
        assert (np.diff(pack.lengths) <= 0).all()
        assert sum(count * length for count, length in pack.runs) == len(pack.ids)
        start = 0
        for row, length in zip(pack.rows, pack.lengths, strict=True):
            assert int(row) not in seen
            seen[int(row)] = pack.ids[start : start + length].tolist()
            assert pack.offsets[start : start + length].tolist() == list(range(length))
            start += length
    expected = {
        row: tokens.ids[tokens.indptr[row] : tokens.indptr[row + 1]].tolist()
        for row, length in enumerate(lengths)
        if length
    }
    assert seen == expected


@given(lengths=LENGTHS)
@settings(deadline=None, max_examples=50)
def test_packs_are_filled(lengths):
    """No two packs that follow each other would fit into one."""
    sizes = [len(pack.ids) for pack in packs(tokens_of(lengths), 64)]
    firsts = [int(pack.lengths[0]) for pack in packs(tokens_of(lengths), 64)]
    assert all(size + first > 64 for size, first in zip(sizes, firsts[1:], strict=False))


@pytest.mark.parametrize("route", [by_runs, padded])
@pytest.mark.parametrize("lengths", [[7], [5, 5, 5], [9, 9, 4, 4, 1], [1, 1], [30, 20, 10, 1]])
def test_attention_is_the_formula_text_by_text(route, lengths):
    """Softmax of scaled products (Vaswani et al. 2017, equation 1), in float64."""
    heads, width = 3, 4
    (pack,) = packs(tokens_of(lengths), 10_000)
    generator = torch.Generator().manual_seed(1)
    qkv = torch.randn(len(pack.ids), 3 * heads * width, generator=generator)
    got = route(pack, torch.device("cpu"))(qkv, heads)
    expected = []
    start = 0
    for length in pack.lengths.tolist():
        query, key, value = qkv[start : start + length].double().chunk(3, dim=1)
        for head in range(heads):
            columns = slice(head * width, (head + 1) * width)
            scores = query[:, columns] @ key[:, columns].T / width**0.5
            expected.append((start, columns, scores.softmax(1) @ value[:, columns]))
        start += length
    for first, columns, rows in expected:
        part = got[first : first + len(rows), columns].double()
        torch.testing.assert_close(part, rows, rtol=0, atol=1e-6)


@given(lengths=LENGTHS.filter(any))
@settings(deadline=None, max_examples=50)
def test_padding_at_most_doubles(lengths):
    for pack in packs(tokens_of(lengths), 10_000):
        groups = padded(pack, torch.device("cpu")).groups
        assert sum(group.source.numel() for group in groups) <= 2 * len(pack.ids)
        assert sum(len(group.target) for group in groups) == len(pack.ids)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_pooling(dtype):
    runs = [(2, 5), (1, 3), (3, 1)]
    generator = torch.Generator().manual_seed(2)
    hidden = torch.randn(16, 6, generator=generator).to(dtype)
    texts = [*hidden[:10].split(5), hidden[10:13], *hidden[13:].split(1)]
    expected = {
        "mean": torch.stack([text.double().mean(0) for text in texts]),
        "max": torch.stack([text.double().amax(0) for text in texts]),
        "cls": torch.stack([text[0].double() for text in texts]),
    }
    for mode, rows in expected.items():
        got = pool(hidden, runs, (mode,))
        assert got.dtype == torch.float32
        torch.testing.assert_close(got.double(), rows, rtol=0, atol=1e-6)
    both = pool(hidden, runs, ("cls", "max"))
    assert torch.equal(both[:, :6], pool(hidden, runs, ("cls",)))
    assert torch.equal(both[:, 6:], pool(hidden, runs, ("max",)))


def test_long_half_precision_means_do_not_overflow():
    hidden = torch.full((4000, 2), 60_000.0, dtype=torch.float16)
    torch.testing.assert_close(pool(hidden, [(1, 4000)], ("mean",)), hidden[:1].float())


def test_unit_rows():
    rows = unit_rows(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    torch.testing.assert_close(rows, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))
