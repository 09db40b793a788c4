"""The public class: forms, pruning, instructions, refusals."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from embedfn.encoder.top_k import keep_top_k, top_k
from embedfn.sparse import SpladeEmbeddingFunction
from tests.encoder.models import build_masked
from tests.encoder.texts import HARD

TEXTS = [*HARD[:12], "hello world", "the academic discipline"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_masked(tmp_path_factory.mktemp("masked"))


@pytest.fixture(scope="module")
def function(folder):
    return SpladeEmbeddingFunction(folder, device="cpu")


def same(left, right):
    return left.shape == right.shape and (left != right).nnz == 0


def test_the_result_is_a_canonical_csr_array(function):
    matrix = function(TEXTS)
    assert isinstance(matrix, csr_array)
    assert (matrix.dtype, matrix.indices.dtype) == (np.float32, np.int32)
    assert matrix.shape == (len(TEXTS), function.dim)
    assert matrix.has_canonical_format
    assert (matrix.data > 0).all()
    assert matrix.has_sorted_indices


def test_dim_is_the_width_of_the_logits(function, folder):
    from transformers import AutoModelForMaskedLM

    model = AutoModelForMaskedLM.from_pretrained(folder)
    assert function.dim == model(torch.tensor([[1]])).logits.shape[-1]


def test_no_texts(function):
    assert function([]).shape == (0, function.dim)


def test_repeated_texts(function):
    matrix = function(["hello", "world", "hello"])
    assert same(matrix[[0]], matrix[[2]])
    assert same(matrix, function(iter(["hello", "world", "hello"])))


def test_instructions(folder, function):
    told = SpladeEmbeddingFunction(folder, 32, "the ", "hello ", "cpu")
    assert same(told.encode_queries(["world"]), function(["the world"]))
    assert same(told.encode_documents(["world"]), function(["hello world"]))
    assert same(told(["world"]), function(["world"]))
    assert same(told._encode_query("world"), function(["the world"]))
    assert same(told._encode_document("world"), function(["hello world"]))


def test_pruning_is_torchs_top_k(folder, function):
    pruned = SpladeEmbeddingFunction(folder, device="cpu", k_tokens_query=3, k_tokens_document=40)
    whole = torch.from_numpy(function(TEXTS).toarray())
    for k, matrix in ((3, pruned.encode_queries(TEXTS)), (40, pruned.encode_documents(TEXTS))):
        values, places = torch.topk(whole, k, dim=1)
        wanted = torch.zeros_like(whole).scatter_(1, places, values).numpy()
        assert np.array_equal(matrix.toarray(), wanted)
    assert same(pruned(TEXTS), function(TEXTS))


def test_of_equal_weights_the_lower_ids_are_kept():
    indptr = np.array([0, 5, 5, 8, 10])
    indices = np.array([1, 3, 5, 7, 9, 0, 2, 4, 6, 8], np.int32)
    data = np.array([1, 2, 1, 2, 1, 5, 5, 5, 1, 2], np.float32)
    starts, words, weights = top_k((indptr, indices, data), 3)
    assert starts.tolist() == [0, 3, 3, 6, 8]
    assert words.tolist() == [1, 3, 7, 0, 2, 4, 6, 8]
    assert weights.tolist() == [1, 2, 2, 5, 5, 5, 1, 2]
    assert top_k((indptr, indices, data), 2)[1].tolist() == [3, 7, 0, 2, 6, 8]
    rows = (indptr, indices, data)
    assert top_k(rows, 5) is rows


def test_top_k_of_random_rows():
    rng = np.random.default_rng(4)
    dense = rng.integers(0, 6, (50, 30)).astype(np.float32)
    matrix = csr_array(dense)
    for k in (1, 2, 7, 29, 30):
        starts, words, weights = top_k((matrix.indptr, matrix.indices, matrix.data), k)
        for row in range(50):
            order = np.lexsort((np.arange(30), -dense[row]))[:k]
            wanted = sorted(word for word in order if dense[row, word] > 0)
            here = slice(starts[row], starts[row + 1])
            assert words[here].tolist() == wanted
            assert np.array_equal(weights[here], dense[row, wanted])
            left = keep_top_k(torch.from_numpy(dense), k)[row].numpy()
            assert np.flatnonzero(left).tolist() == wanted
            assert np.array_equal(left[wanted], dense[row, wanted])


def test_pruning_is_the_same_in_torch(folder, function):
    """Where the heads of a CPU and of a GPU prune for themselves."""
    texts = ["hello world", "the academic discipline", ""]
    half = SpladeEmbeddingFunction(folder, device="cpu", dtype="bf16", k_tokens_document=7)
    whole, pruned = half(texts), half.encode_documents(texts)
    rows = top_k((whole.indptr, whole.indices, whole.data), 7)
    assert all(
        np.array_equal(left, right)
        for left, right in zip(rows, (pruned.indptr, pruned.indices, pruned.data), strict=True)
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
        ({"batch_size": True}, TypeError, "batch_size must be int"),
        ({"k_tokens_query": 0}, ValueError, "k_tokens_query must be at least 1"),
        ({"k_tokens_document": "3"}, TypeError, "k_tokens_document must be int or None"),
        ({"query_instruction": None}, TypeError, "query_instruction must be str"),
        ({"doc_instruction": "\ud800"}, ValueError, "doc_instruction"),
        ({"device": "tpu"}, ValueError, "tpu"),
        ({"dtype": "fp8"}, ValueError, "fp8"),
        ({"torch_dtype": "auto"}, TypeError, "torch_dtype cannot be passed on"),
        ({"revision": 3}, TypeError, "revision must be str or None"),
    ],
)
def test_wrong_arguments_are_named(folder, arguments, error, message):
    with pytest.raises(error, match=message):
        SpladeEmbeddingFunction(folder, **arguments)


def test_wrong_texts_are_named(function):
    with pytest.raises(TypeError, match="queries must be a list"):
        function.encode_queries("hello")
    with pytest.raises(TypeError, match=r"documents\[1\] must be a str"):
        function.encode_documents(["a", None])
    with pytest.raises(ValueError, match=r"texts\[0\] has a lone surrogate"):
        function(["\ud800"])


def test_a_model_found_nowhere_lists_what_was_tried():
    with pytest.raises(FileNotFoundError, match=r"(?s)found nowhere; tried:.*To fix it"):
        SpladeEmbeddingFunction(device="cpu", local_files_only=True)
