"""The head in Triton, on a GPU or, where there is none, through Triton's interpreter."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from embedfn.encoder.bert import Affine
from embedfn.encoder.pack import Pack
from embedfn.encoder.top_k import top_k
from embedfn.encoder.word_weights import TorchHead, choose_head

pytest.importorskip("triton")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"


@pytest.mark.skipif(DEVICE.type == "cuda" or INTERPRETED, reason="has a GPU, or runs as it should")
def test_all_of_this_through_the_interpreter():
    """In a process of its own, since Triton reads the switch when it is imported."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(
        command, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.fixture(scope="module")
def head_class():
    if DEVICE.type == "cpu" and not INTERPRETED:
        pytest.skip("needs a GPU or TRITON_INTERPRET=1; the test above sets that")
    from embedfn.encoder.triton_head import TritonHead

    return TritonHead


def pack_of(lengths):
    """A pack without ids, which heads do not look at."""
    lengths = np.array(sorted(lengths, reverse=True), np.int64)
    return Pack(np.arange(len(lengths)), lengths, np.zeros(lengths.sum(), np.int64))


def random_case(lengths, words, width, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(words, width, generator=generator) / width**0.5
    bias = torch.randn(words, generator=generator) - 2
    hidden = torch.randn(int(sum(lengths)), width, generator=generator)
    return Affine(weight, bias), hidden.to(DEVICE, dtype), pack_of(lengths)


def same(left, right, atol):
    assert np.array_equal(left[0], right[0])
    assert np.array_equal(left[1], right[1])
    np.testing.assert_allclose(left[2], right[2], rtol=0, atol=atol)


@pytest.mark.parametrize(
    ("lengths", "words", "width"),
    [
        ([1], 5, 3),
        ([300, 17, 1, 1, 1], 300, 40),
        ([128, 128], 128, 64),
        ([129, 127, 2], 1030, 65),
        ([3] * 90, 257, 16),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_rows_are_torchs(head_class, lengths, words, width, dtype):
    decoder, hidden, pack = random_case(lengths, words, width, dtype)
    for logs in (1, 2):
        got = head_class(decoder, DEVICE, dtype, logs).rows(hidden, pack)
        # In float32, of the same rounded numbers: torch's half-precision products are rounded too.
        exact = Affine(decoder.weight.to(dtype).float(), decoder.bias)
        wanted = TorchHead(exact, DEVICE, torch.float32, "max", logs).rows(hidden.float(), pack)
        same(got, wanted, 1e-5)
        assert got[2].dtype == np.float32
        assert got[1].dtype == np.int32


def test_pruning(head_class):
    decoder, hidden, pack = random_case([9, 9, 4, 1], 200, 8, torch.float32)
    decoder.weight[50:100] = decoder.weight[:50]  # equal weights
    decoder.bias[50:100] = decoder.bias[:50]
    head = head_class(decoder, DEVICE, torch.float32, 1)
    whole = head.rows(hidden, pack)
    for k in (1, 3, 10, 199, 200, 500):
        same(head.rows(hidden, pack, k), top_k(whole, k), 0)


def test_texts_without_words(head_class):
    decoder, hidden, pack = random_case([4, 2], 50, 8, torch.float32)
    decoder.bias[:] = -100
    indptr, indices, data = head_class(decoder, DEVICE, torch.float32, 1).rows(hidden, pack)
    assert indptr.tolist() == [0, 0, 0]
    assert len(indices) == len(data) == 0


@pytest.mark.skipif(DEVICE.type == "cpu", reason="needs a CUDA GPU")
def test_it_is_chosen_on_a_gpu(head_class):
    decoder, _, _ = random_case([1], 5, 3, torch.float32)
    for pooling, kind in (("max", head_class), ("sum", TorchHead)):
        assert type(choose_head(decoder, DEVICE, torch.float16, pooling, 1)) is kind
