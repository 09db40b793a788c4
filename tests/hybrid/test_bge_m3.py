"""BGEM3EmbeddingFunction against transformers with the published formulas, and FlagEmbedding."""

import shutil

import numpy as np
import pytest
import torch

from embedfn.hybrid import BGEM3EmbeddingFunction
from tests.hybrid.models import build_m3
from tests.hybrid.peers import check, m3_vectors
from tests.hybrid.texts import mixed, odd, sentences

TEXTS = [*sentences(), *odd(), *mixed(40, 300)]


@pytest.fixture(scope="module")
def wanted(m3_folder):
    return m3_vectors(m3_folder, TEXTS, 8192)


def test_all_vectors_are_the_formulas(m3, wanted):
    results = m3(TEXTS)
    assert set(results) == {"dense", "sparse", "colbert_vecs"}
    check(results, wanted)


def test_kinds_and_types(m3):
    results = m3.encode_documents(["hello mount", "a"])
    dense, sparse, colbert = (results[key] for key in ("dense", "sparse", "colbert_vecs"))
    assert all(row.base is dense[0].base and row.dtype == np.float32 for row in dense)
    assert (type(sparse).__name__, sparse.dtype, sparse.indices.dtype) == (
        "csr_array",
        np.float32,
        np.int32,
    )
    assert sparse.has_canonical_format
    assert m3.dim == {"dense": 48, "colbert_vecs": 48, "sparse": sparse.shape[1]}
    flat = colbert[0].base
    assert flat is colbert[1].base
    # Nothing but real tokens lies in memory.
    assert flat.nbytes == sum(len(vectors) for vectors in colbert) * 48 * 4


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_text_is_the_same_in_any_company(m3, m3_folder, batch_size):
    small = BGEM3EmbeddingFunction(
        m3_folder,
        device="cpu",
        batch_size=batch_size,
        passage_max_length=60,
        return_colbert_vecs=True,
    )
    other = BGEM3EmbeddingFunction(
        m3_folder, device="cpu", passage_max_length=60, return_colbert_vecs=True
    )
    texts = [text for text in TEXTS if len(text) < 400]
    together, apart = other(texts), [small([text]) for text in texts]
    np.testing.assert_array_equal(together["dense"], [one["dense"][0] for one in apart])
    in_batches = small(texts)
    for key in ("dense", "colbert_vecs"):
        for left, right in zip(together[key], in_batches[key], strict=True):
            np.testing.assert_array_equal(left, right)
    for number, one in enumerate(apart):
        np.testing.assert_array_equal(together["colbert_vecs"][number], one["colbert_vecs"][0])
        np.testing.assert_array_equal(
            together["sparse"][[number]].toarray(), one["sparse"].toarray()
        )


@pytest.mark.parametrize("length", [2, 3, 17, 512])
def test_texts_are_cut_where_asked(m3_folder, length):
    ours = BGEM3EmbeddingFunction(
        m3_folder, device="cpu", passage_max_length=length, return_colbert_vecs=True
    )
    texts = [*sentences(), *mixed(5, 700)]
    results = ours.encode_documents(texts)
    wanted = m3_vectors(m3_folder, texts, length)
    check(results, wanted, least=4 if length > 10 else 0)
    assert max(map(len, results["colbert_vecs"])) == length - 1


def test_default_length_is_flagembeddings(m3_folder):
    ours = BGEM3EmbeddingFunction(m3_folder, device="cpu", return_colbert_vecs=True)
    text = " ".join(sentences() * 10)
    assert len(ours([text])["colbert_vecs"][0]) == 511
    queries = BGEM3EmbeddingFunction(
        m3_folder, device="cpu", return_colbert_vecs=True, query_max_length=9
    )
    assert len(queries.encode_queries([text])["colbert_vecs"][0]) == 8
    assert len(queries.encode_documents([text])["colbert_vecs"][0]) == 511


def test_eight_thousand_tokens(m3, m3_folder):
    texts = ["mount", " ".join(sentences() * 100)]
    wanted = m3_vectors(m3_folder, texts, 8192)
    assert len(wanted[1].colbert) == 8191
    check(m3(texts), wanted)


def test_an_older_file_and_another_width(tmp_path):
    folder = build_m3(tmp_path, seed=5, safetensors=False, colbert_dim=40)
    ours = BGEM3EmbeddingFunction(folder, device="cpu", return_colbert_vecs=True, colbert_dim=40)
    assert ours.dim["colbert_vecs"] == 40
    check(ours(sentences()), m3_vectors(folder, sentences()))
    with pytest.raises(ValueError, match="colbert_dim=41, but the model's vectors have 40"):
        BGEM3EmbeddingFunction(folder, colbert_dim=41)


def test_single_kinds(m3, m3_folder):
    whole = m3(sentences())
    for flag, key in (
        ("return_dense", "dense"),
        ("return_sparse", "sparse"),
        ("return_colbert_vecs", "colbert_vecs"),
    ):
        flags = dict.fromkeys(("return_dense", "return_sparse", "return_colbert_vecs"), False)
        ours = BGEM3EmbeddingFunction(m3_folder, device="cpu", **(flags | {flag: True}))
        results = ours(sentences())
        assert list(results) == [key]
        assert ours.dim == m3.dim
        if key == "sparse":
            assert (results[key] != whole[key]).nnz == 0
        else:
            for left, right in zip(results[key], whole[key], strict=True):
                np.testing.assert_array_equal(left, right)
    with pytest.raises(ValueError, match="at least one of return_dense"):
        BGEM3EmbeddingFunction(m3_folder, **flags)


def test_without_normalisation_and_truncated(m3, m3_folder):
    raw = BGEM3EmbeddingFunction(
        m3_folder, device="cpu", normalize_embeddings=False, return_colbert_vecs=True
    )(sentences())
    cut = BGEM3EmbeddingFunction(m3_folder, device="cpu", truncate_dim=20, return_colbert_vecs=True)
    assert cut.dim == {"dense": 20, "colbert_vecs": 20, "sparse": m3.dim["sparse"]}
    whole, short = m3(sentences()), cut(sentences())

    def unit(vectors):
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    assert abs(np.linalg.norm(raw["dense"][0]) - 1) > 0.1
    for number, vectors in enumerate(raw["colbert_vecs"]):
        np.testing.assert_allclose(unit(vectors), whole["colbert_vecs"][number], atol=1e-6)
        np.testing.assert_allclose(unit(vectors[:, :20]), short["colbert_vecs"][number], atol=1e-6)
        dense = raw["dense"][number]
        np.testing.assert_allclose(unit(dense), whole["dense"][number], atol=1e-6)
        np.testing.assert_allclose(unit(dense[:20]), short["dense"][number], atol=1e-6)


@pytest.mark.parametrize(("method", "place"), [("last_token", -1), ("mean", None)])
def test_other_poolings(m3_folder, method, place):
    from transformers import AutoTokenizer, XLMRobertaModel

    ours = BGEM3EmbeddingFunction(m3_folder, device="cpu", pooling_method=method)
    ids = AutoTokenizer.from_pretrained(m3_folder)(sentences()[0], return_tensors="pt")
    with torch.no_grad():
        hidden = XLMRobertaModel.from_pretrained(m3_folder)(**ids).last_hidden_state[0]
    wanted = hidden.mean(dim=0) if place is None else hidden[place]
    wanted = torch.nn.functional.normalize(wanted, dim=0)
    np.testing.assert_allclose(ours(sentences()[:1])["dense"][0], wanted, atol=1e-5)


def test_half_precision_token_vectors(m3, m3_folder):
    half = BGEM3EmbeddingFunction(
        m3_folder, device="cpu", return_colbert_vecs=True, colbert_dtype="float16"
    )
    results, whole = half(sentences()), m3(sentences())
    for left, right in zip(results["colbert_vecs"], whole["colbert_vecs"], strict=True):
        np.testing.assert_array_equal(left, right.astype(np.float16))
    tokens = sum(map(len, results["colbert_vecs"]))
    assert results["colbert_vecs"][0].base.nbytes == tokens * 48 * 2


def test_a_cpu_computes_in_single_precision(m3, m3_folder):
    ours = BGEM3EmbeddingFunction(m3_folder, device="cpu", use_fp16=True)
    np.testing.assert_array_equal(ours(["mount"])["dense"], m3(["mount"])["dense"])


def test_eight_bit_products(m3, m3_folder):
    ours = BGEM3EmbeddingFunction(m3_folder, device="cpu", dtype="int8", return_colbert_vecs=True)
    rough, whole = ours(sentences()), m3(sentences())
    cosines = np.einsum("ij,ij->i", rough["dense"], whole["dense"])
    assert 0.98 < cosines.min() < 0.999999
    difference = abs(rough["sparse"] - whole["sparse"]).max()
    assert 0 < difference < 0.1 * whole["sparse"].max()
    assert [len(vectors) for vectors in rough["colbert_vecs"]] == [
        len(vectors) for vectors in whole["colbert_vecs"]
    ]


def test_repeated_texts_and_none(m3):
    texts = ["a mount", "", "a mount"]
    results, once = m3(texts), m3(texts[:2])
    for number, place in enumerate((0, 1, 0)):
        np.testing.assert_array_equal(results["dense"][number], once["dense"][place])
        np.testing.assert_array_equal(results["colbert_vecs"][number], once["colbert_vecs"][place])
    np.testing.assert_array_equal(results["sparse"].toarray(), once["sparse"].toarray()[[0, 1, 0]])
    empty = m3([])
    assert (empty["dense"], empty["colbert_vecs"]) == ([], [])
    assert empty["sparse"].shape == (0, m3.dim["sparse"])


def test_instructions(m3, m3_folder):
    ours = BGEM3EmbeddingFunction(
        m3_folder,
        device="cpu",
        query_instruction_for_retrieval="mount: ",
        passage_instruction_for_retrieval="file",
        passage_instruction_format="{1} ({0})",
    )
    np.testing.assert_array_equal(ours.encode_queries(["a"])["dense"], m3(["mount: a"])["dense"])
    np.testing.assert_array_equal(ours.encode_documents(["a"])["dense"], m3(["a (file)"])["dense"])
    np.testing.assert_array_equal(ours(["a"])["dense"], m3(["a"])["dense"])


def test_several_devices(m3, m3_folder):
    ours = BGEM3EmbeddingFunction(
        m3_folder,
        devices=["cpu", "cpu"],
        return_colbert_vecs=True,
        batch_size=1,
        passage_max_length=8192,
    )
    results, whole = ours(TEXTS), m3(TEXTS)
    for key in ("dense", "colbert_vecs"):
        for left, right in zip(results[key], whole[key], strict=True):
            np.testing.assert_array_equal(left, right)
    assert (results["sparse"] != whole["sparse"]).nnz == 0


def test_what_cannot_be_is_named(m3_folder, tmp_path):
    with pytest.raises(TypeError, match="one str"):
        BGEM3EmbeddingFunction(m3_folder, device="cpu")("a")
    with pytest.raises(ValueError, match="lone surrogate"):
        BGEM3EmbeddingFunction(m3_folder, device="cpu")(["\ud800"])
    with pytest.raises(TypeError, match="attn_implementation cannot be passed on"):
        BGEM3EmbeddingFunction(m3_folder, attn_implementation="eager")
    with pytest.raises(ValueError, match="positions for 8192 tokens"):
        BGEM3EmbeddingFunction(m3_folder, passage_max_length=8193)
    with pytest.raises(ValueError, match="pooling_method must be one of"):
        BGEM3EmbeddingFunction(m3_folder, pooling_method="max")
    with pytest.raises(ValueError, match="colbert_dtype must be one of"):
        BGEM3EmbeddingFunction(m3_folder, colbert_dtype="int8")
    with pytest.raises(ValueError, match="dtype must be one of"):
        BGEM3EmbeddingFunction(m3_folder, dtype="int4")
    for number in (0, -5):
        with pytest.raises(ValueError, match="truncate_dim must be at least 1"):
            BGEM3EmbeddingFunction(m3_folder, truncate_dim=number)


@pytest.mark.parametrize("name", ["sparse_linear.pt", "colbert_linear.pt"])
def test_missing_and_broken_layers_are_named(m3_folder, tmp_path, name):
    folder = tmp_path / "model"
    shutil.copytree(m3_folder, folder)
    flags = {"return_colbert_vecs": "colbert" in name, "return_sparse": "sparse" in name}

    def load(**changes):
        return BGEM3EmbeddingFunction(folder, device="cpu", **(flags | changes))

    torch.save({"weight": torch.zeros(1, 48)}, folder / name)
    with pytest.raises(ValueError, match=f"{name} has no tensor 'bias'"):
        load()
    torch.save({"weight": torch.zeros(3, 40), "bias": torch.zeros(3)}, folder / name)
    with pytest.raises(ValueError, match=f"{name}.*has shape"):
        load()
    torch.save({"weight": print, "bias": torch.zeros(3)}, folder / name)
    with pytest.raises(ValueError, match=f"{name} is not a readable PyTorch checkpoint"):
        load()
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing"):
        load()
    assert load(return_colbert_vecs=False, return_sparse=False)(["a"])["dense"]


def test_another_architecture_is_named(gte_folder):
    with pytest.raises(ValueError, match="model_type 'new'; BGE-M3's is 'xlm-roberta'"):
        BGEM3EmbeddingFunction(gte_folder)
