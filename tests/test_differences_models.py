"""As test_differences.py, for functions whose model runs in this process."""

import ast
import warnings
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from embedfn.dense import (
    InstructorEmbeddingFunction,
    Model2VecEmbeddingFunction,
    OnnxEmbeddingFunction,
)
from embedfn.sparse import SpladeEmbeddingFunction
from tests.dense.instructor_models import UpstreamModel, build_instructor, their_code
from tests.dense.onnx_models import build_onnx
from tests.dense.static_models import StaticRecipe, build_static
from tests.encoder.models import (
    VOCABULARY,
    Recipe,
    build,
    build_masked,
    edit_json,
    peer_vectors,
    quiet,
)
from tests.upstream import source_of


@pytest.fixture
def their_model2vec():
    """Upstream's class and what it needs, with what it calls put back."""
    model2vec = pytest.importorskip("model2vec")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = import_module("pymilvus.model.dense.model2vec_embed")
    with pytest.MonkeyPatch.context() as patch:
        peer = model2vec.StaticModel
        patch.setattr(peer, "load_local", peer.from_pretrained, raising=False)
        yield module.Model2VecEmbeddingFunction


def test_static_models_in_folders(tmp_path):
    assert "StaticModel.load_local" in ast.unparse(source_of("dense/model2vec_embed.py"))
    assert not hasattr(pytest.importorskip("model2vec").StaticModel, "load_local")
    assert Model2VecEmbeddingFunction(build_static(tmp_path)).dim == 24


def test_static_models_follow_keywords(their_model2vec, tmp_path):
    folder = build_static(tmp_path)
    assert their_model2vec(folder, dimensionality=5).dim == 24
    assert Model2VecEmbeddingFunction(folder, dimensionality=5).dim == 5


def test_static_models_give_float32(their_model2vec, tmp_path):
    folder = build_static(tmp_path, StaticRecipe(dtype=np.float16))
    (theirs,), (ours,) = (
        made(folder)(["hello"]) for made in (their_model2vec, Model2VecEmbeddingFunction)
    )
    assert (theirs.dtype, ours.dtype) == (np.float16, np.float32)


def test_static_models_take_no_texts(their_model2vec, tmp_path):
    folder = build_static(tmp_path)
    with pytest.raises(ValueError, match="need at least one array to concatenate"):
        their_model2vec(folder)([])
    assert Model2VecEmbeddingFunction(folder)([]) == []


@pytest.fixture(scope="module")
def onnx_folders(tmp_path_factory):
    """A tokenizer's folder, and a function that makes a graph and both sides' classes."""
    pytest.importorskip("onnx")
    folder = tmp_path_factory.mktemp("onnx")
    tokenizer = build(folder / "tokenizer", Recipe(max_seq_length=30))

    def make(name, **options):
        graph = build_onnx(folder / name, len(VOCABULARY), **options)
        with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
            warnings.simplefilter("ignore")
            module = import_module("pymilvus.model.dense.onnx")
            hub = import_module("huggingface_hub")
            patch.setattr(hub, "hf_hub_download", lambda **_: str(graph / "model.onnx"))
            theirs = module.OnnxEmbeddingFunction("name", str(tokenizer))
        return theirs, OnnxEmbeddingFunction(graph, tokenizer)

    return make


def test_onnx_runs_in_batches(onnx_folders):
    theirs, ours = onnx_folders("plain")
    widths = []
    for function in (theirs, ours):
        holder, name = (theirs, "ort_session") if function is theirs else (ours._model, "_session")
        session = getattr(holder, name)

        def run(names, feed, session=session):
            widths.append(feed["input_ids"].shape)
            return session.run(names, feed)

        setattr(holder, name, SimpleNamespace(run=run))
    texts = ["hello", "hello world"]
    expected, vectors = theirs(texts), ours(texts)
    assert widths == [(1, 30), (1, 30), (2, 4)]
    assert (expected[0].dtype, vectors[0].dtype) == (np.float64, np.float32)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)


def test_onnx_gives_what_a_graph_wants(onnx_folders):
    theirs, ours = onnx_folders("untyped", types=False)
    with pytest.raises(Exception, match="token_type_ids"):
        theirs(["hello"])
    assert ours(["hello"])[0].shape == (24,)


@pytest.fixture(scope="module")
def masked(tmp_path_factory):
    """A random masked language model, and ours of it."""
    folder = build_masked(tmp_path_factory.mktemp("masked"))
    return folder, SpladeEmbeddingFunction(folder, device="cpu")


@pytest.fixture
def their_splade(masked, upstream_bm25, monkeypatch):
    """Upstream's class, with the tokenizer's method that transformers 5 took away."""
    from pymilvus.model.sparse import SpladeEmbeddingFunction as Theirs

    with quiet():
        theirs = Theirs(str(masked[0]))
    assert not hasattr(theirs.model.tokenizer, "batch_encode_plus")
    # As in transformers 4, where calling the tokenizer came to the same.
    theirs.model.tokenizer.model_max_length = 66
    kind = type(theirs.model.tokenizer)
    monkeypatch.setattr(kind, "batch_encode_plus", kind.__call__, raising=False)
    return theirs


def test_splade_has_no_padding(masked, their_splade):
    short, long = "hello", "the academic discipline of the world " * 6
    alone, together = (their_splade(texts).toarray()[0] for texts in ([short], [short, long]))
    assert np.abs(alone - together).max() > 0.01
    ours = masked[1]
    assert np.abs(ours([short]).toarray()[0] - alone).max() < 1e-5
    np.testing.assert_allclose(ours([short, long]).toarray()[0], alone, rtol=0, atol=1e-5)


def test_splade_runs(masked, their_splade, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(AttributeError, match="batch_encode_plus"):
        their_splade(["hello"])
    assert masked[1](["hello"]).nnz


def test_splade_takes_no_texts(masked, their_splade):
    with pytest.raises(ValueError, match=r"blocks must be 2-D|zero-dimensional|No blocks|empty"):
        their_splade([])
    assert masked[1]([]).shape == (0, masked[1].dim)


def test_splade_bounds_of_k_tokens(masked, their_splade):
    their_splade.k_tokens_query = 10**6
    with pytest.raises(RuntimeError, match="out of range"):
        their_splade.encode_queries(["hello"])
    their_splade.k_tokens_query = 0
    assert their_splade.encode_queries(["hello"]).nnz == 0
    whole = masked[1](["hello"])
    ours = SpladeEmbeddingFunction(masked[0], device="cpu", k_tokens_query=10**6)
    assert np.array_equal(ours.encode_queries(["hello"]).toarray(), whole.toarray())
    with pytest.raises(ValueError, match="at least 1"):
        SpladeEmbeddingFunction(masked[0], k_tokens_query=0)


def test_splade_dim_is_the_rows_width(their_splade, tmp_path):
    # Vocabularies are often padded to a multiple of eight or so.
    folder = build_masked(tmp_path, Recipe(config={"vocab_size": 512}))
    ours = SpladeEmbeddingFunction(folder, device="cpu")
    assert ours.dim == ours(["hello"]).shape[1] == 512
    assert their_splade.dim == len(their_splade.model.tokenizer)
    assert ours._encoder.words()[-1] == ""


def test_splade_rows_are_two_dimensional(masked, their_splade):
    assert their_splade._encode_query("hello").shape == (masked[1].dim,)
    assert masked[1]._encode_query("hello").shape == (1, masked[1].dim)


def test_splade_keywords_are_refused(masked):
    with pytest.raises(TypeError, match="trust_remote_code cannot be passed on"):
        SpladeEmbeddingFunction(masked[0], trust_remote_code=True)
    assert "from_pretrained(model_name_or_path, **kwargs)" in ast.unparse(
        source_of("sparse/splade_embedding/splade_impl.py")
    )


@pytest.fixture(scope="module")
def instructors(tmp_path_factory):
    """Upstream's class and ours, of one folder."""
    folder = build_instructor(tmp_path_factory.mktemp("instructor"))
    their_code()
    with quiet():
        theirs = import_module("pymilvus.model.dense.instructor").InstructorEmbeddingFunction
        return theirs(str(folder)), InstructorEmbeddingFunction(folder, device="cpu")


def test_instructor_runs(instructors):
    theirs, ours = instructors
    for method in ("__call__", "encode_queries", "encode_documents"):
        with pytest.raises(AttributeError, match="_text_length"):
            getattr(theirs, method)(["hello"])
        assert len(getattr(ours, method)(["hello"])) == 1


def test_instructor_takes_no_texts(instructors):
    theirs, ours = instructors
    with pytest.raises(IndexError):
        theirs([])
    assert ours([]) == []


def test_instructor_encodes_one_text(instructors):
    theirs, ours = instructors
    upstream = UpstreamModel(ours.model_name)
    for kind in ("query", "document"):
        with pytest.raises(AttributeError, match="_text_length"):
            getattr(theirs, f"_encode_{kind}")("hello")
    with pytest.raises(KeyError, match="instruction_mask"):
        upstream.pooled(upstream.tokenize(["an instruction: hello"]))
    query, document = ours._encode_query("hello"), ours._encode_document("hello")
    np.testing.assert_array_equal(query, ours.encode_queries(["hello"])[0])
    np.testing.assert_array_equal(document, ours.encode_documents(["hello"])[0])


def test_instructor_poolings_leave_the_instruction_out(tmp_path):
    for mode in ("cls_token", "lasttoken"):
        modes = {"pooling_mode_mean_tokens": False, f"pooling_mode_{mode}": True}
        folder = build_instructor(tmp_path / mode, **modes)
        upstream = UpstreamModel(folder)
        features = upstream.tokenize([["the world:", "hello"]])
        pooled = upstream.pooled(features)
        first = features["token_embeddings"][:, 0] * (mode == "cls_token")
        np.testing.assert_array_equal(pooled, first)
        ours = InstructorEmbeddingFunction(folder, device="cpu", doc_instruction="the world:")
        vectors = ours(["hello"])
        edit_json(folder / "1_Pooling" / "config.json", include_prompt=False)
        peer = peer_vectors(folder, ["hello"], prompt="the world:")
        np.testing.assert_allclose(vectors, peer, rtol=0, atol=1e-5)
        assert np.abs(peer - upstream.vectors("the world:", ["hello"])).max() > 0.01
