"""MGTEEmbeddingFunction against transformers' GTE, its rotation's frequencies as published."""

import json
import shutil
import sys

import numpy as np
import pytest

from embedfn import kernels
from embedfn.dense import SentenceTransformerEmbeddingFunction
from embedfn.encoder.forward import NativeForward
from embedfn.hybrid import MGTEEmbeddingFunction
from embedfn.kernels import _encoder
from tests.encoder.models import edit_json, rename_tensors, to_pickle
from tests.hybrid.models import build_gte
from tests.hybrid.peers import check, gte_vectors
from tests.hybrid.texts import mixed, odd, sentences

TEXTS = [*sentences(), *odd(), *mixed(20, 200)]


def scaled(theta, size, factor, mixed_b=None):
    """Equations 6 and 10 to 13 of https://kexue.fm/archives/9706, in float64."""
    steps = np.arange(size // 2)
    if mixed_b is None:
        return (theta * factor) ** (-2 * steps / size) / factor ** (2 / size)
    a = np.log(factor) / (size / 2) ** mixed_b
    return theta ** (-2 * steps / size) / np.exp(a * (steps + 1) ** mixed_b)


@pytest.fixture(scope="module")
def ours(gte_folder):
    return MGTEEmbeddingFunction(gte_folder, device="cpu")


def test_all_vectors_are_the_architectures(ours, gte_folder):
    results = ours.encode_documents(TEXTS)
    assert set(results) == {"dense", "sparse"}
    assert type(results["dense"][0]) is np.ndarray
    check(results, gte_vectors(gte_folder, TEXTS, scaled(20_000, 12, 8)))
    assert ours.dim == {"dense": 48, "sparse": results["sparse"].shape[1]}
    assert type(way_of(ours)) is NativeForward


def test_by_torch(ours, gte_folder, monkeypatch):
    """The way of GPUs and half precision, and of embedfn without its kernels."""
    monkeypatch.setattr(kernels, "BertEncoder", None)
    by_torch = MGTEEmbeddingFunction(gte_folder, device="cpu")
    assert type(way_of(by_torch)) is not NativeForward
    results = by_torch(TEXTS)
    check(results, gte_vectors(gte_folder, TEXTS, scaled(20_000, 12, 8)))
    np.testing.assert_allclose(results["dense"], ours(TEXTS)["dense"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("simd", _encoder.simd_tiers())
def test_every_tier(gte_folder, monkeypatch, simd):
    monkeypatch.setenv("EMBEDFN_SIMD", simd)
    results = MGTEEmbeddingFunction(gte_folder, device="cpu")(TEXTS)
    check(results, gte_vectors(gte_folder, TEXTS, scaled(20_000, 12, 8)))


def test_threads_and_company_change_no_bit(ours, monkeypatch):
    expected = ours(TEXTS)["dense"]
    for n_threads in ("1", "3"):
        monkeypatch.setenv("EMBEDFN_NUM_THREADS", n_threads)
        np.testing.assert_array_equal(ours(TEXTS[::-1])["dense"], expected[::-1])
    np.testing.assert_array_equal(ours(TEXTS[:1])["dense"], expected[:1])


def test_eight_bits_are_near(ours, gte_folder):
    rough = MGTEEmbeddingFunction(gte_folder, device="cpu", dtype="int8")(TEXTS)["dense"]
    exact = ours(TEXTS)["dense"]
    assert np.einsum("ij,ij->i", rough, exact).min() > 0.98
    assert np.abs(np.subtract(rough, exact)).max() > 1e-4


def way_of(function):
    """The forward pass that it runs."""
    return function._encoder._workers[0]._forward


@pytest.mark.parametrize(
    ("options", "frequencies"),
    [
        ({"rope_theta": 10_000.0}, None),
        ({"rope_scaling": {"type": "ntk", "factor": 1.0}, "rope_theta": 500.0}, None),
        (
            {"rope_scaling": {"type": "ntk", "factor": 4, "mixed_b": 0.6}, "rope_theta": 10_000.0},
            scaled(10_000, 12, 4, 0.6),
        ),
        ({"type_vocab_size": 0}, None),
        ({"type_vocab_size": 3, "hidden_act": "gelu_new", "num_attention_heads": 6}, None),
    ],
)
def test_what_the_config_says_is_followed(tmp_path, options, frequencies):
    if "hidden_act" in options:
        from transformers import GteConfig

        assert GteConfig().hidden_act == "gelu"  # so the peer must be told
        options = {key: value for key, value in options.items() if key != "hidden_act"}
    folder = build_gte(tmp_path, **options)
    ours = MGTEEmbeddingFunction(folder, device="cpu")
    check(ours(sentences()), gte_vectors(folder, sentences(), frequencies))


def test_scaling_matters(ours, gte_folder, tmp_path):
    folder = tmp_path / "plain"
    shutil.copytree(gte_folder, folder)
    edit_json(folder / "config.json", rope_scaling=None)
    plain = MGTEEmbeddingFunction(folder, device="cpu")
    difference = np.abs(np.subtract(plain(TEXTS)["dense"], ours(TEXTS)["dense"])).max()
    assert difference > 1e-3


def test_transformers_own_files(tmp_path):
    folder = build_gte(tmp_path, published=False, seed=3)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "gte"
    ours = MGTEEmbeddingFunction(folder, device="cpu")
    check(ours(sentences()), gte_vectors(folder, sentences()))


def test_separate_projections_and_older_files(ours, gte_folder, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(gte_folder, folder)
    file = folder / "model.safetensors"
    tensors = load_file(file)
    for name in [name for name in tensors if "qkv_proj" in name]:
        for part, rows in zip("qkv", tensors.pop(name).chunk(3), strict=True):
            tensors[name.replace("qkv", part)] = rows.contiguous()
    save_file(tensors, file)
    edit_json(folder / "config.json", pack_qkv=False)
    to_pickle(folder)
    again = MGTEEmbeddingFunction(folder, device="cpu")
    np.testing.assert_array_equal(again(sentences())["dense"], ours(sentences())["dense"])


def test_rms_norm(gte_folder, tmp_path, monkeypatch):
    """Transformers has no such layer: its LayerNorms are put to RMSNorm's formula."""
    from torch.nn import LayerNorm

    folder = tmp_path / "model"
    shutil.copytree(gte_folder, folder)
    edit_json(folder / "config.json", layer_norm_type="rms_norm")
    with pytest.raises(ValueError, match="dtype 'int8' needs the native kernels"):
        MGTEEmbeddingFunction(folder, device="cpu", dtype="int8")
    results = MGTEEmbeddingFunction(folder, device="cpu")(sentences())
    kept = LayerNorm.forward
    norms = []

    def forward(self, hidden):
        norms.append(self)
        if (len(norms) - 1) % 5 == 0:  # the embeddings' own norm is always a LayerNorm
            return kept(self, hidden)
        return hidden / (hidden.square().mean(-1, keepdim=True) + self.eps).sqrt() * self.weight

    monkeypatch.setattr(LayerNorm, "forward", forward)
    check(results, gte_vectors(folder, sentences(), scaled(20_000, 12, 8)))


def test_long_texts(ours, gte_folder):
    texts = ["mount", " ".join(sentences() * 100)]
    wanted = gte_vectors(gte_folder, texts, scaled(20_000, 12, 8))
    check(ours(texts), wanted)


def test_dimensions(ours, gte_folder):
    for keyword in ("dimensions", "dimension"):
        cut = MGTEEmbeddingFunction(gte_folder, device="cpu", **{keyword: 20})
        assert cut.dim["dense"] == cut.dimensions == 20
        wanted = gte_vectors(gte_folder, sentences(), scaled(20_000, 12, 8), dim=20)
        check(cut(sentences()), wanted)
    assert MGTEEmbeddingFunction(gte_folder, device="cpu", dimensions=4096).dim == ours.dim
    raw = MGTEEmbeddingFunction(gte_folder, device="", normalize_embeddings=False)
    assert abs(np.linalg.norm(raw(["mount"])["dense"][0]) - 1) > 0.1


def test_single_kinds(ours, gte_folder):
    whole = ours(sentences())
    sparse = MGTEEmbeddingFunction(gte_folder, device="cpu", return_dense=False)(sentences())
    dense = MGTEEmbeddingFunction(gte_folder, device="cpu", return_sparse=False)(sentences())
    assert (list(sparse), list(dense)) == (["sparse"], ["dense"])
    assert (sparse["sparse"] != whole["sparse"]).nnz == 0
    np.testing.assert_array_equal(dense["dense"], whole["dense"])
    assert ours([])["sparse"].shape == (0, ours.dim["sparse"])


def test_no_code_of_the_folder_runs(gte_folder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(gte_folder, folder)
    edit_json(folder / "config.json", auto_map={"AutoModel": "modeling.NewModel"})
    (folder / "modeling.py").write_text("raise SystemExit('this must not run')")
    MGTEEmbeddingFunction(folder, device="cpu", trust_remote_code=True)(["a"])
    assert not [name for name in sys.modules if name.startswith("transformers_modules")]


def test_the_dense_function_runs_it_too(ours, gte_folder, tmp_path):
    from sentence_transformers.sentence_transformer.modules import Pooling

    folder = tmp_path / "model"
    shutil.copytree(gte_folder, folder)
    (folder / "1_Pooling").mkdir()
    Pooling(48, "cls").save(str(folder / "1_Pooling"))
    names = {"": "Transformer", "1_Pooling": "Pooling"}
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(names.items())
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    dense = SentenceTransformerEmbeddingFunction(folder, device="cpu")
    expected = ours(sentences())["dense"]
    np.testing.assert_allclose(dense(sentences()), expected, atol=1e-6)
    rough = SentenceTransformerEmbeddingFunction(folder, device="cpu", dtype="int8")
    assert np.einsum("ij,ij->i", rough(sentences()), expected).min() > 0.98


def test_what_cannot_be_is_named(gte_folder, m3_folder, tmp_path):
    with pytest.raises(ValueError, match="model_type 'xlm-roberta', which is not GTE's"):
        MGTEEmbeddingFunction(m3_folder)
    with pytest.raises(ValueError, match="dimensions must be at least 1"):
        MGTEEmbeddingFunction(gte_folder, dimensions=0)
    with pytest.raises(ValueError, match="at least one of"):
        MGTEEmbeddingFunction(gte_folder, return_dense=False, return_sparse=False)
    with pytest.raises(TypeError, match="max_length cannot be passed on"):
        MGTEEmbeddingFunction(gte_folder, max_length=5)
    for changes, said in (
        ({"rope_scaling": {"type": "linear", "factor": 2}}, "rope_scaling .* is not run here"),
        ({"rope_scaling": {"type": "ntk", "factor": 0}}, "must be above zero, not 0"),
        ({"layer_norm_type": "batch"}, "layer_norm_type must be one of"),
        ({"num_attention_heads": 16}, "odd number of components"),
        ({"logn_attention_scale": True}, "model_type 'new'"),
        ({"position_embedding_type": "absolute"}, "model_type 'new'"),
    ):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        shutil.copytree(gte_folder, folder)
        edit_json(folder / "config.json", **changes)
        with pytest.raises(ValueError, match=said):
            MGTEEmbeddingFunction(folder)


def test_missing_tensors_are_named(gte_folder, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(gte_folder, folder)
    rename_tensors(folder, lambda name: name.replace("classifier.", "head."))
    with pytest.raises(ValueError, match=r"no tensor 'classifier.weight'"):
        MGTEEmbeddingFunction(folder)
    MGTEEmbeddingFunction(folder, device="cpu", return_sparse=False)
    rename_tensors(folder, lambda name: name.replace("mlp_ln", "ln"))
    with pytest.raises(ValueError, match=r"mlp_ln"):
        MGTEEmbeddingFunction(folder, return_sparse=False)
    several = build_gte(tmp_path / "several", labels=2)
    with pytest.raises(ValueError, match=r"'classifier.weight' has shape \(2, 48\)"):
        MGTEEmbeddingFunction(several)
