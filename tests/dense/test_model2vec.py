"""Static models against model2vec itself, and against its formula."""

import json
import pickle
import threading
import warnings

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from embedfn.dense import Model2VecEmbeddingFunction
from tests.dense.static_models import StaticRecipe, build_static, formula
from tests.encoder.texts import HARD, random_texts

TEXTS = [*HARD, *random_texts(150, seed=51), "hello world " * 700, "zzzz", "a" * 6000, "§§"]
RECIPES = {
    "plain": StaticRecipe(),
    "normalised": StaticRecipe(normalize=True),
    "not normalised": StaticRecipe(normalize=False),
    "half": StaticRecipe(dtype=np.float16, normalize=True),
    "half, not normalised": StaticRecipe(dtype=np.float16),
    "double": StaticRecipe(dtype=np.float64, normalize=True),
    "bytes": StaticRecipe(dtype=np.int8),
    "bytes, normalised": StaticRecipe(dtype=np.int8, normalize=True),
    "shared rows": StaticRecipe(clusters=30, normalize=True),
    "shared rows, weights": StaticRecipe(clusters=30, weights=True),
    "shared bytes, weights": StaticRecipe(clusters=30, weights=True, dtype=np.int8),
    "weights": StaticRecipe(weights=True, normalize=True),
    "short": StaticRecipe(max_length=7),
    "no limit": StaticRecipe(max_length=None, normalize=True),
    "words": StaticRecipe(tokenizer="wordlevel", normalize=True),
    "unigram": StaticRecipe(tokenizer="unigram", normalize=True),
    "unigram, no unknown": StaticRecipe(tokenizer="unigram, no unknown", max_length=5),
    "sentence transformers": StaticRecipe(layout=1),
    "sentence transformers, nested": StaticRecipe(layout=2, dtype=np.float16),
    "one component": StaticRecipe(dim=1),
}


def usable(recipe):
    """A Unigram model without an unknown token fails on what it does not know."""
    if recipe.tokenizer == "unigram, no unknown":
        return ["hello world", "", "a hello", "the academic " * 9]
    return TEXTS


@pytest.mark.parametrize("name", RECIPES)
def test_vectors_follow_the_formula(tmp_path, name):
    recipe = RECIPES[name]
    folder = build_static(tmp_path, recipe)
    embed = Model2VecEmbeddingFunction(folder)
    texts = usable(recipe)
    wanted = formula(folder, recipe, texts)
    scale = max(1, np.abs(wanted).max())
    got = embed(texts, output="array")
    assert got.dtype == np.float32
    assert embed.dim == got.shape[1] == recipe.dim
    # Sums are float32 in the order of the tokens, as model2vec's, and thousands of them are long.
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5 * scale)
    short = [len(text) < 500 for text in texts]
    np.testing.assert_allclose(got[short], wanted[short], rtol=0, atol=1e-6 * scale)
    for text, vector in zip(texts, got, strict=True):
        np.testing.assert_array_equal(embed([text])[0], vector)  # alone as in any company


@pytest.mark.parametrize("name", RECIPES)
def test_vectors_are_model2vecs(tmp_path, name):
    model2vec = pytest.importorskip("model2vec")
    recipe = RECIPES[name]
    folder = build_static(tmp_path, recipe)
    texts = usable(recipe)
    theirs = model2vec.StaticModel.from_pretrained(folder).encode(texts)
    got = Model2VecEmbeddingFunction(folder)(texts, output="array")
    scale = max(1, np.abs(theirs).max())
    atol = {np.float16: 1e-3, np.float64: 5e-6}.get(recipe.dtype, 1e-6) * scale
    np.testing.assert_allclose(got, theirs, rtol=0, atol=atol)
    if recipe.dtype == np.float32 and not recipe.weights and not recipe.clusters and recipe.dim > 1:
        np.testing.assert_array_equal(got, theirs)


def test_upstreams_class(tmp_path, monkeypatch):
    peer = pytest.importorskip("model2vec").StaticModel
    # Upstream calls what model2vec 0.10 no longer has.
    monkeypatch.setattr(peer, "load_local", peer.from_pretrained, raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("pymilvus.model.dense.model2vec_embed")
    folder = build_static(tmp_path, StaticRecipe(normalize=True))
    theirs, ours = module.Model2VecEmbeddingFunction(folder), Model2VecEmbeddingFunction(folder)
    for method in ("__call__", "encode_queries", "encode_documents"):
        expected, vectors = getattr(theirs, method)(TEXTS), getattr(ours, method)(TEXTS)
        assert type(vectors) is type(expected) is list
        np.testing.assert_array_equal(vectors, expected)
    np.testing.assert_array_equal(ours._encode_query("hello"), theirs._encode_query("hello"))
    np.testing.assert_array_equal(ours._encode_document("a"), theirs._encode_document("a"))
    assert ours.dim == theirs.dim
    assert ours.model_source == theirs.model_source


@pytest.mark.parametrize(
    "options",
    [
        {"normalize": True},
        {"normalize": False},
        {"dimensionality": 5},
        {"max_length": 3},
        {"max_length": None},
        {"normalize": None, "dimensionality": None, "force_download": False, "token": None},
    ],
    ids=str,
)
def test_options_are_model2vecs(tmp_path, options):
    model2vec = pytest.importorskip("model2vec")
    folder = build_static(tmp_path, StaticRecipe(normalize=not options.get("normalize")))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = model2vec.StaticModel.from_pretrained(folder, **options).encode(TEXTS)
    ours = Model2VecEmbeddingFunction(folder, **options)
    np.testing.assert_allclose(ours(TEXTS, output="array"), theirs, rtol=0, atol=1e-6)


def test_subfolder(tmp_path):
    build_static(tmp_path / "inner")
    assert Model2VecEmbeddingFunction(tmp_path, subfolder="inner").dim == 24
    with pytest.raises(FileNotFoundError, match="is no static model"):
        Model2VecEmbeddingFunction(tmp_path, subfolder="other")


def test_forms_streams_and_counts(tmp_path):
    recipe = StaticRecipe(max_length=9)
    embed = Model2VecEmbeddingFunction(str(build_static(tmp_path, recipe)))
    wanted = embed(TEXTS, output="array")
    blocks = list(embed.encode_iter(iter(TEXTS), block_size=16))
    np.testing.assert_array_equal(np.concatenate(blocks), wanted)
    assert embed(TEXTS, output="array", output_dtype="ubinary").shape == (len(TEXTS), 3)
    counts = embed.count_tokens(["hello world", "hello " * 9, "hello " * 10, "", "x" * 5000])
    assert counts.tokens[:4].tolist() == [2, 9, 10, 0]
    assert counts.truncated.tolist() == [False, True, True, False, True]  # cut by characters too
    assert embed([]) == []
    with pytest.raises(TypeError, match=r"texts\[1\] must be a str"):
        embed(["a", 3])
    with pytest.raises(ValueError, match=r"queries\[0\] has a lone surrogate"):
        embed.encode_queries(["\ud800"])


def test_counts_without_a_limit(tmp_path):
    for tokenizer in ("wordpiece", "wordlevel"):
        recipe = StaticRecipe(max_length=None, tokenizer=tokenizer)
        embed = Model2VecEmbeddingFunction(build_static(tmp_path / tokenizer, recipe))
        counts = embed.count_tokens(["hello " * 3000, ""])
        assert counts.tokens.tolist() == [3000, 0]
        assert not counts.truncated.any()


def test_counts_of_other_tokenizers(tmp_path):
    folder = build_static(tmp_path, StaticRecipe(tokenizer="wordlevel", max_length=4))
    counts = Model2VecEmbeddingFunction(folder).count_tokens(["a a", "a a a a", "a a a a a"])
    assert counts.tokens.tolist() == [2, 4, 5]
    assert counts.truncated.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"quantize_to": "int8"}, TypeError, "quantize_to cannot be passed on.*without model2vec"),
        ({"vocabulary_quantization": 3}, TypeError, "vocabulary_quantization cannot be passed on"),
        ({"max_length": 0}, ValueError, "max_length must be at least 1"),
        ({"max_length": -1}, ValueError, "max_length must be at least 1, not -1"),
        ({"max_length": True}, TypeError, "max_length must be int or None, not bool"),
        ({"dimensionality": 25}, ValueError, "vectors have 24 components, not 25"),
        ({"dimensionality": 0}, ValueError, "vectors have 24 components, not 0"),
        ({"normalize": 1}, TypeError, "normalize must be bool or None, not int"),
    ],
    ids=str,
)
def test_wrong_options(tmp_path, options, error, text):
    with pytest.raises(error, match=text):
        Model2VecEmbeddingFunction(build_static(tmp_path), **options)


def test_not_found(tmp_path):
    with pytest.raises(FileNotFoundError, match="hf download minishlab/none"):
        Model2VecEmbeddingFunction(
            "minishlab/none", cache_folder=str(tmp_path), local_files_only=True
        )
    with pytest.raises(FileNotFoundError, match="is no static model: it needs model"):
        Model2VecEmbeddingFunction(tmp_path)


def edit_tensors(folder, **changes):
    tensors = {**load_file(folder / "model.safetensors"), **changes}
    kept = {name: value for name, value in tensors.items() if value is not None}
    save_file(kept, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"embeddings": None, "other": np.zeros((3, 3))}, r"must hold 'embeddings'.*\['other'\]"),
        ({"embeddings": np.zeros(3)}, "must hold 'embeddings', rows of components"),
        ({"embeddings": np.zeros((300, 0))}, "must hold 'embeddings', rows of components"),
        ({"embeddings": np.zeros((3, 3), np.float32)}, "rows for 3 tokens, but the tokenizer"),
        ({"embeddings": np.full((300, 3), np.nan)}, "values that are not finite"),
        ({"embeddings": np.zeros((300, 3), np.int32)}, "is int32; supported: float32"),
        ({"mapping": np.zeros(3, np.int64)}, "mapping for 3 tokens, but the tokenizer yields"),
        ({"mapping": np.full(300, 9999)}, "mapping names rows that the table of"),
        ({"mapping": np.full(300, -1)}, "mapping names rows that the table of"),
        ({"weights": np.zeros(3, np.float32)}, "weights for 3 tokens, but the tokenizer yields"),
    ],
)
def test_damaged_tables(tmp_path, changes, text):
    folder = build_static(tmp_path)
    edit_tensors(folder, **changes)
    with pytest.raises(ValueError, match=rf"model\.safetensors.*{text}"):
        Model2VecEmbeddingFunction(folder)


def test_damaged_files(tmp_path):
    folder = build_static(tmp_path)
    (folder / "config.json").write_text(json.dumps({"max_length": "long"}))
    with pytest.raises(ValueError, match=r"config\.json: max_length must be .* not 'long'"):
        Model2VecEmbeddingFunction(folder)
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a readable tokenizer"):
        Model2VecEmbeddingFunction(folder)
    (folder / "model.safetensors").write_bytes(b"x" * 20)
    with pytest.raises(ValueError, match=r"model\.safetensors is not readable as safetensors"):
        Model2VecEmbeddingFunction(folder)


def test_copies_are_as_good(tmp_path):
    embed = Model2VecEmbeddingFunction(build_static(tmp_path))
    other = pickle.loads(pickle.dumps(embed))
    np.testing.assert_array_equal(other(TEXTS, output="array"), embed(TEXTS, output="array"))


def test_torch_is_not_needed(tmp_path):
    from tests.dense.test_sentence_transformer import run

    folder = build_static(tmp_path / "model")
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'huggingface_hub', 'model2vec'):\n"
        "    sys.modules[name] = None\n"
        "from embedfn.dense import Model2VecEmbeddingFunction as Made\n"
        f"assert len(Made({str(folder)!r})(['hello'])) == 1"
    )
    run(code, tmp_path)


def test_sixteen_threads(tmp_path):
    embed = Model2VecEmbeddingFunction(build_static(tmp_path, StaticRecipe(tokenizer="unigram")))
    wanted = embed(TEXTS, output="array")
    good = []

    def work():
        good.extend(np.array_equal(embed(TEXTS, output="array"), wanted) for _ in range(4))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 64
