"""As test_differences.py, for hybrid functions."""

import ast
import sys
import types
import warnings
from importlib import import_module

import numpy as np
import pytest
import torch

from embedfn.hybrid import BGEM3EmbeddingFunction, MGTEEmbeddingFunction
from tests.encoder.models import quiet
from tests.hybrid.models import build_gte, build_m3
from tests.hybrid.texts import sentences
from tests.upstream import source_of

BGE, GTE = "hybrid/bge_m3.py", "hybrid/mgte_embedding/gte_impl.py"


@pytest.fixture(scope="module")
def m3_folder(tmp_path_factory):
    return build_m3(tmp_path_factory.mktemp("m3"))


@pytest.fixture(scope="module")
def gte_folder(tmp_path_factory):
    """In transformers' own form, since upstream's class runs a published one's remote code."""
    return build_gte(tmp_path_factory.mktemp("gte"), published=False)


@pytest.fixture
def their_mgte(gte_folder, monkeypatch):
    """A function that makes upstream's object; its model gives hidden states as published code."""
    from transformers import GteForTokenClassification, modeling_outputs

    class Published(GteForTokenClassification):
        def forward(self, input_ids, attention_mask, return_dict, token_type_ids=None):
            hidden = self.gte(input_ids, attention_mask=attention_mask).last_hidden_state
            found = modeling_outputs.TokenClassifierOutput(logits=self.classifier(hidden))
            found["last_hidden_state"] = hidden
            return found

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in ("transformers", "torch", "scipy"):
            monkeypatch.setattr(
                import_module("pymilvus.model.utils"), f"import_{module}", lambda: None
            )
        made = import_module("pymilvus.model.hybrid.mgte").MGTEEmbeddingFunction
        module = import_module("pymilvus.model.hybrid.mgte_embedding.gte_impl")
    loader = types.SimpleNamespace(from_pretrained=lambda *_, **__: _load(Published, gte_folder))
    monkeypatch.setattr(module, "AutoModelForTokenClassification", loader)

    def make(**options):
        with quiet():
            return made(str(gte_folder), device="cpu", **options)

    return make


def _load(kind, folder):
    with quiet():
        return kind.from_pretrained(folder, dtype=torch.float32).eval()


def test_mgte_gives_numpy_rows(their_mgte, gte_folder):
    ours = MGTEEmbeddingFunction(gte_folder, device="cpu")
    theirs, found = their_mgte()(sentences()), ours(sentences())
    assert isinstance(theirs["dense"][0], torch.Tensor)
    assert isinstance(found["dense"][0], np.ndarray)
    np.testing.assert_allclose(found["dense"], torch.stack(theirs["dense"]), rtol=0, atol=1e-5)
    assert abs(found["sparse"] - theirs["sparse"]).max() < 1e-5


def test_mgte_without_dense_vectors(their_mgte, gte_folder):
    with pytest.raises(ValueError, match="non-empty list of Tensors"):
        their_mgte(return_dense=False)(["mount"])
    ours = MGTEEmbeddingFunction(gte_folder, device="cpu", return_dense=False)
    assert list(ours(["mount"])) == ["sparse"]


def test_mgte_trusts_no_code(gte_folder):
    assert "trust_remote_code=True" in ast.unparse(source_of(GTE))
    MGTEEmbeddingFunction(gte_folder, device="cpu")
    assert not [name for name in sys.modules if name.startswith("transformers_modules")]


def test_mgte_dim_is_the_vectors(their_mgte, gte_folder):
    theirs = their_mgte(dimensions=1000)
    ours = MGTEEmbeddingFunction(gte_folder, device="cpu", dimensions=1000)
    assert theirs.dim["dense"] == 1000
    assert len(theirs(["mount"])["dense"][0]) == 48
    assert len(ours(["mount"])["dense"][0]) == ours.dim["dense"] == 48


def test_hybrid_takes_no_texts(their_mgte, gte_folder, m3_folder):
    with pytest.raises(ValueError, match="non-empty list of Tensors"):
        their_mgte()([])
    for ours in (MGTEEmbeddingFunction, BGEM3EmbeddingFunction):
        folder = gte_folder if ours is MGTEEmbeddingFunction else m3_folder
        found = ours(folder, device="cpu")([])
        assert found["dense"] == []
        assert found["sparse"].shape[0] == 0


def test_lexical_weights_are_float32(their_mgte, gte_folder):
    theirs, ours = (
        made(sentences())["sparse"]
        for made in (their_mgte(), MGTEEmbeddingFunction(gte_folder, device="cpu"))
    )
    assert (theirs.dtype, ours.dtype) == (np.float64, np.float32)
    assert "dtype=np.float64" in ast.unparse(source_of(BGE))


def test_flagembedding_is_not_needed(m3_folder, monkeypatch):
    assert "import_FlagEmbedding()" in ast.unparse(source_of(BGE))
    for module in ("FlagEmbedding", "datasets", "peft"):
        monkeypatch.setitem(sys.modules, module, None)  # importing it would fail
    assert BGEM3EmbeddingFunction(m3_folder, device="cpu")(["mount"])["dense"]


def test_missing_layers_are_an_error(m3_folder, tmp_path):
    """FlagEmbedding draws random ones and says so in its log alone."""
    for file in m3_folder.iterdir():
        if file.suffix != ".pt":
            (tmp_path / file.name).symlink_to(file)
    with pytest.raises(FileNotFoundError, match=r"sparse_linear\.pt is missing"):
        BGEM3EmbeddingFunction(tmp_path, device="cpu")
    flag = pytest.importorskip("FlagEmbedding")
    with quiet():
        theirs = flag.BGEM3FlagModel(str(tmp_path), use_fp16=False, devices="cpu")
        again = flag.BGEM3FlagModel(str(tmp_path), use_fp16=False, devices="cpu")
    weights = [model.model.sparse_linear.weight for model in (theirs, again)]
    assert not torch.equal(*weights)


def test_query_length_and_instruction_are_followed(m3_folder):
    """Upstream calls encode for queries too, which knows passages' length and no instruction."""
    tree = ast.unparse(source_of(BGE))
    assert "self.model.encode(sentences=texts, **self._encode_config)" in tree
    assert "encode_queries(sentences" not in tree
    ours = BGEM3EmbeddingFunction(
        m3_folder,
        device="cpu",
        query_max_length=9,
        query_instruction_for_retrieval="mount ",
        return_colbert_vecs=True,
    )
    plain = BGEM3EmbeddingFunction(m3_folder, device="cpu", return_colbert_vecs=True)
    text = sentences()[0]
    assert len(ours.encode_queries([text])["colbert_vecs"][0]) == 8
    np.testing.assert_array_equal(
        ours.encode_queries(["a"])["dense"], plain.encode_queries(["mount a"])["dense"]
    )
    np.testing.assert_array_equal(ours([text])["dense"], plain([text])["dense"])


def test_hybrid_keywords_are_checked(their_mgte, gte_folder, m3_folder):
    for made, folder in (
        (BGEM3EmbeddingFunction, m3_folder),
        (MGTEEmbeddingFunction, gte_folder),
    ):
        with pytest.raises(TypeError, match="nonsense cannot be passed on"):
            made(folder, nonsense=1)
    with pytest.raises(TypeError, match="nonsense"):
        their_mgte(nonsense=1)
    flag = pytest.importorskip("FlagEmbedding")
    with quiet():
        theirs = flag.BGEM3FlagModel(str(m3_folder), use_fp16=False, devices="cpu", nonsense=1)
    assert theirs.nonsense == 1
