"""ONNX encoders against upstream's own class, which runs each text alone, padded to the end."""

import shutil
import sys
import threading
import warnings

import numpy as np
import pytest

from embedfn.dense import OnnxEmbeddingFunction
from tests.dense.onnx_models import build_onnx
from tests.dense.test_sentence_transformer import run
from tests.encoder.models import VOCABULARY, Recipe, build, edit_json
from tests.encoder.texts import HARD, random_texts

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")
LIMIT = 40
TEXTS = [*HARD, *random_texts(80, seed=71), "hello " * 300]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory):
    """A folder with a real tokenizer and its config.json."""
    folder = build(tmp_path_factory.mktemp("tokenizer"), Recipe())
    (folder / "model.safetensors").unlink()
    edit_json(folder / "tokenizer_config.json", model_max_length=LIMIT)
    edit_json(folder / "config.json", hidden_size=24)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return build_onnx(tmp_path_factory.mktemp("onnx"), len(VOCABULARY))


@pytest.fixture(scope="module")
def embed(model, tokenizer):
    return OnnxEmbeddingFunction(model, tokenizer)


def alone(model, tokenizer, texts):
    """What upstream's class gives, computed with the libraries it uses."""
    import onnxruntime
    from transformers import AutoTokenizer

    session = onnxruntime.InferenceSession(str(model / "model.onnx"))
    reader = AutoTokenizer.from_pretrained(tokenizer)
    names = [each.name for each in session.get_inputs()]
    vectors = []
    for text in texts:
        row = reader(text, padding="max_length", truncation=True, return_token_type_ids=True)
        row = {name: np.array([values]) for name, values in row.items()}
        hidden = session.run(None, {name: row[name] for name in names})[0][0]
        mask = row["attention_mask"][0].astype(float)
        mean = (hidden * mask[:, None]).sum(axis=0) / mask.sum()
        vectors.append(mean / np.linalg.norm(mean))
    return np.array(vectors)


def test_vectors_are_the_libraries(embed, model, tokenizer):
    wanted = alone(model, tokenizer, TEXTS)
    for method in (embed, embed.encode_queries, embed.encode_documents):
        rows = method(TEXTS)
        assert type(rows) is list
        assert {row.dtype for row in rows} == {np.dtype(np.float32)}
        np.testing.assert_allclose(rows, wanted, rtol=0, atol=1e-5)
    assert embed.dim == 24


def test_upstreams_class(monkeypatch, embed, model, tokenizer):
    """The real class, which downloads: its download is led to our file."""
    import huggingface_hub

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("pymilvus.model.dense.onnx")
        monkeypatch.setattr(
            huggingface_hub, "hf_hub_download", lambda **_: str(model / "model.onnx")
        )
        theirs = module.OnnxEmbeddingFunction("some/model", str(tokenizer))
        wanted = theirs(TEXTS)
    np.testing.assert_allclose(embed(TEXTS), wanted, rtol=0, atol=1e-5)
    assert embed.dim == theirs.dim


@pytest.mark.parametrize("batch_size", [1, 3, 1000])
def test_batches_change_nothing(embed, model, tokenizer, batch_size):
    other = OnnxEmbeddingFunction(str(model), str(tokenizer), batch_size=batch_size)
    wanted = embed(TEXTS, output="array")
    np.testing.assert_allclose(other(TEXTS, output="array"), wanted, rtol=0, atol=1e-6)
    sizes = []
    session = other._model._session

    class Watched:
        def run(self, names, feed):
            sizes.append(feed["input_ids"].shape)
            return session.run(names, feed)

    other._model._session = Watched()
    other(TEXTS)
    assert max(rows for rows, _ in sizes) <= batch_size
    assert max(rows * width for rows, width in sizes) <= 2048
    assert len(sizes) == len(set(TEXTS)) or batch_size > 1


@pytest.mark.parametrize(
    "options",
    [{"types": False}, {"integers": "INT32"}, {"fixed_dim": False}, {"dim": 7}],
    ids=str,
)
def test_other_graphs(tmp_path, tokenizer, options):
    if options.get("integers"):  # the libraries give int64 only
        wide = OnnxEmbeddingFunction(build_onnx(tmp_path / "w", len(VOCABULARY)), tokenizer)
        wanted = wide(TEXTS, output="array")
        folder = build_onnx(tmp_path / "n", len(VOCABULARY), **options)
    else:
        folder = build_onnx(tmp_path / "n", len(VOCABULARY), **options)
        wanted = alone(folder, tokenizer, TEXTS)
    embed = OnnxEmbeddingFunction(folder, tokenizer)
    np.testing.assert_allclose(embed(TEXTS, output="array"), wanted, rtol=0, atol=1e-5)
    assert embed.dim == options.get("dim", 24)


def test_one_folder_for_both(tmp_path, embed, tokenizer, model):
    folder = tmp_path / "both"
    shutil.copytree(tokenizer, folder)
    (folder / "onnx").mkdir()
    shutil.copy(model / "model.onnx", folder / "onnx" / "model.onnx")
    got = OnnxEmbeddingFunction(folder, None)(TEXTS, output="array")
    np.testing.assert_array_equal(got, embed(TEXTS, output="array"))


def test_the_limit_is_the_smallest_named(tmp_path, tokenizer, model):
    folder = tmp_path / "tokenizer"
    shutil.copytree(tokenizer, folder)
    edit_json(folder / "tokenizer_config.json", model_max_length=10**30)
    embed = OnnxEmbeddingFunction(model, folder)
    counts = embed.count_tokens(["hello " * 64, "hello " * 65])
    assert counts.tokens.tolist() == [66, 67]
    assert counts.truncated.tolist() == [False, True]  # config.json names 66 positions
    edit_json(folder / "config.json", max_position_embeddings=None)
    assert not OnnxEmbeddingFunction(model, folder).count_tokens(["hello " * 9000]).truncated.any()


def test_forms_streams_and_inputs(embed):
    wanted = embed(TEXTS, output="array")
    blocks = list(embed.encode_iter(iter(TEXTS), block_size=30))
    np.testing.assert_allclose(np.concatenate(blocks), wanted, rtol=0, atol=1e-6)
    assert embed(TEXTS, output="array", output_dtype="float16").dtype == np.float16
    assert embed([]) == []
    assert embed([], output="array").shape == (0, 24)
    with pytest.raises(TypeError, match="documents must be a list of str"):
        embed.encode_documents("bare")
    with pytest.raises(ValueError, match=r"texts\[1\] has a lone surrogate"):
        embed(["", "\ud801"])


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"pooled": True}, r"the first output is of shape .*a hidden state for each token"),
        ({"extra_input": True}, r"wants the inputs .*pixels.*embedfn gives input_ids"),
        ({"integers": "FLOAT"}, "cannot be run by onnxruntime|wants the inputs"),
    ],
)
def test_graphs_of_another_kind(tmp_path, tokenizer, options, text):
    folder = build_onnx(tmp_path, len(VOCABULARY), **options)
    with pytest.raises(ValueError, match=rf"model\.onnx.*({text})"):
        OnnxEmbeddingFunction(folder, tokenizer)


def test_damaged_and_missing_files(tmp_path, tokenizer, model):
    with pytest.raises(FileNotFoundError, match=r"neither model\.onnx nor onnx/model\.onnx"):
        OnnxEmbeddingFunction(tmp_path, tokenizer)
    with pytest.raises(FileNotFoundError, match=r"tokenizer\.json is missing"):
        OnnxEmbeddingFunction(model, None)
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ValueError, match=r"model\.onnx cannot be run by onnxruntime"):
        OnnxEmbeddingFunction(tmp_path, tokenizer)


def test_upstreams_default_is_asked_for_offline(monkeypatch, tmp_path):
    import huggingface_hub

    def unreachable(*_, **__):
        raise OSError("offline")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(FileNotFoundError, match="hf download GPTCache/paraphrase-albert-onnx"):
        OnnxEmbeddingFunction()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, not 0"),
        ({"batch_size": 2.0}, TypeError, "batch_size must be int, not float"),
        ({"batch_size": True}, TypeError, "batch_size must be int, not bool"),
        ({"providers": "CPUExecutionProvider"}, TypeError, "providers must be a list of names"),
        ({"tokenizer_name": 3}, TypeError, "a model's name must be a str or a path"),
    ],
    ids=str,
)
def test_wrong_arguments(model, options, error, text):
    with pytest.raises(error, match=text):
        OnnxEmbeddingFunction(model, **{"tokenizer_name": None, **options})


def test_providers_are_passed_on(model, tokenizer):
    embed = OnnxEmbeddingFunction(model, tokenizer, providers=("CPUExecutionProvider",))
    assert embed._model._session.get_providers() == ["CPUExecutionProvider"]


def test_neither_torch_nor_transformers(tmp_path, model, tokenizer):
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'huggingface_hub', 'safetensors'):\n"
        "    sys.modules[name] = None\n"
        "from embedfn.dense import OnnxEmbeddingFunction as Made\n"
        f"assert len(Made({str(model)!r}, {str(tokenizer)!r})(['hello'])) == 1"
    )
    run(code, tmp_path)
    assert sys.modules.get("torch") is not None  # it was that process that had none


def test_sixteen_threads(embed):
    wanted = embed(TEXTS, output="array")
    good = []

    def work():
        good.extend(
            np.allclose(embed(TEXTS, output="array"), wanted, rtol=0, atol=1e-6) for _ in range(3)
        )

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 48
