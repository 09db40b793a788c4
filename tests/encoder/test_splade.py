"""Weights of words against transformers' own masked language models, each text alone."""

import json
import threading

import numpy as np
import pytest
import torch

from embedfn import kernels
from embedfn.encoder.splade import SpladeEncoder
from embedfn.encoder.splade_folder import read_splade_folder
from tests.encoder.models import Recipe, build_masked, edit_json, quiet, rename_tensors
from tests.encoder.splade_parity import Formula
from tests.encoder.texts import HARD

TEXTS = [*HARD, "hello world", "the academic discipline of the world"]
FAMILIES = ["bert", "distilbert", "roberta", "xlm-roberta", "camembert", "mpnet", "modernbert"]


def by_formula(folder, texts, pooling="max", logs=1, limit=None):
    """The dense matrix of transformers' masked language model, each text alone, in fp32."""
    formula = Formula(folder, limit)
    return np.array([formula(text, pooling, logs) for text in texts])


def dense(rows, dim):
    indptr, indices, data = rows
    result = np.zeros((len(indptr) - 1, dim), np.float32)
    result[np.repeat(np.arange(len(indptr) - 1), np.diff(indptr)), indices] = data
    return result


def check(folder, texts, atol=2e-5, **formula):
    encoder = SpladeEncoder(folder, "cpu")
    got = dense(encoder.encode(texts), encoder.dim)
    wanted = by_formula(folder, texts, **formula)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=atol)
    differing = (got > 0) != (wanted > 0)
    assert differing.sum() <= max(1, got.size / 100_000)
    assert 0 < (wanted > 0).sum() < wanted.size


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_are_the_formulas(tmp_path, family):
    check(build_masked(tmp_path, Recipe(family=family)), TEXTS)


@pytest.mark.parametrize("family", FAMILIES)
def test_untied_decoders(tmp_path, family):
    recipe = Recipe(family=family, config={"tie_word_embeddings": False})
    check(build_masked(tmp_path, recipe), TEXTS)


def test_a_stored_decoder_goes_before_the_words(tmp_path):
    recipe = Recipe(config={"tie_word_embeddings": False})
    folder = build_masked(tmp_path, recipe)
    edit_json(folder / "config.json", tie_word_embeddings=True)
    check(folder, TEXTS)


@pytest.mark.parametrize("activation", ["relu", "gelu_new", "silu"])
def test_activations(tmp_path, activation):
    check(build_masked(tmp_path, Recipe(config={"hidden_act": activation})), TEXTS)


@pytest.mark.parametrize(
    "options",
    [
        {"classifier_bias": True, "norm_bias": True, "decoder_bias": False},
        {"classifier_activation": "relu", "sparse_prediction": True, "norm_eps": 1e-2},
        {"tie_word_embeddings": False, "decoder_bias": False},
    ],
)
def test_heads_of_modernbert(tmp_path, options):
    check(build_masked(tmp_path, Recipe(family="modernbert", config=options)), TEXTS)


def test_an_activation_of_modernbert_that_is_not_run_is_named(tmp_path):
    folder = build_masked(tmp_path, Recipe(family="modernbert"))
    edit_json(folder / "config.json", classifier_activation="prelu")
    with pytest.raises(ValueError, match=r"config.json: classifier_activation 'prelu'"):
        SpladeEncoder(folder, "cpu")


@pytest.mark.parametrize("family", ["bert", "mpnet"])
def test_old_names_of_layer_norm(tmp_path, family):
    folder = build_masked(tmp_path, Recipe(family=family))
    encoder = SpladeEncoder(folder, "cpu")
    before = encoder.encode(TEXTS)
    old = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}

    def rename(name):
        for new, former in old.items():
            name = name.replace(new, former)
        return name

    rename_tensors(folder, rename)
    after = SpladeEncoder(folder, "cpu").encode(TEXTS)
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


@pytest.mark.skipif(kernels.BertEncoder is None, reason="products of torch depend on the batch")
def test_a_text_is_the_same_in_any_company(tmp_path):
    folder = build_masked(tmp_path)
    whole = dense(SpladeEncoder(folder, "cpu").encode(TEXTS), 400)
    for batch_size in (1, 2, 7):
        encoder = SpladeEncoder(folder, "cpu", batch_size)
        assert np.array_equal(dense(encoder.encode(TEXTS), 400), whole)
        backwards = dense(encoder.encode(TEXTS[::-1]), 400)
        assert np.array_equal(backwards[::-1], whole)
    for number, text in enumerate(TEXTS):
        assert np.array_equal(dense(encoder.encode([text]), 400)[0], whole[number])


def test_memory_that_does_not_suffice(tmp_path, monkeypatch):
    encoder = SpladeEncoder(build_masked(tmp_path), "cpu")
    wanted = dense(encoder.encode(TEXTS), encoder.dim)
    way = encoder._ways["text"]
    inner, refused = way._forward, []

    def small(pack):
        if len(pack.ids) > 70:
            refused.append(len(pack.ids))
            raise torch.cuda.OutOfMemoryError
        return inner(pack)

    monkeypatch.setattr(way, "_forward", small)
    np.testing.assert_allclose(dense(encoder.encode(TEXTS), encoder.dim), wanted, atol=1e-5)
    assert refused


def test_many_threads_at_once(tmp_path):
    encoder = SpladeEncoder(build_masked(tmp_path), "cpu")
    wanted = dense(encoder.encode(TEXTS), encoder.dim)
    results = [None] * 6

    def work(number):
        results[number] = dense(encoder.encode(TEXTS), encoder.dim)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(result, wanted) for result in results)


def test_no_texts(tmp_path):
    encoder = SpladeEncoder(build_masked(tmp_path), "cpu")
    indptr, indices, data = encoder.encode([])
    assert indptr.tolist() == [0]
    assert len(indices) == len(data) == 0


def test_half_precision_is_near(tmp_path):
    folder = build_masked(tmp_path)
    encoder = SpladeEncoder(folder, "cpu", dtype=torch.bfloat16)
    got = dense(encoder.encode(TEXTS), encoder.dim)
    assert np.abs(got - by_formula(folder, TEXTS)).max() < 0.1


@pytest.mark.skipif(kernels.BertEncoder is None, reason="int8 needs the native kernels")
@pytest.mark.parametrize("pooling", ["max", "sum"])
def test_int8_is_near(tmp_path, pooling):
    folder = sparse_encoder(
        build_masked(tmp_path / "raw"), tmp_path / "model", pooling_strategy=pooling
    )
    texts = [text for text in TEXTS if text.strip()]
    wanted = SpladeEncoder(folder, "cpu")
    encoder = SpladeEncoder(folder, "cpu", dtype=torch.int8)
    left, right = (dense(one.encode(texts), one.dim) for one in (encoder, wanted))
    assert not np.array_equal(left, right)
    cosines = (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)
    assert cosines.min() > 0.99
    assert np.abs(left - right).max() < 0.1 * right.max()


def sparse_encoder(raw, folder, **pooling):
    """Save a SparseEncoder as Sentence Transformers does."""
    from sentence_transformers import SparseEncoder
    from sentence_transformers.base.modules.transformer import Transformer
    from sentence_transformers.sparse_encoder.modules import SpladePooling

    with quiet():
        transformer = Transformer(str(raw), transformer_task="fill-mask", max_seq_length=64)
        modules = [transformer, SpladePooling(**pooling)]
        SparseEncoder(modules=modules, device="cpu").save(str(folder))
    return folder


def peer_weights(folder, texts, task="encode"):
    from sentence_transformers import SparseEncoder

    with quiet():
        model = SparseEncoder(str(folder), device="cpu")
        options = {"batch_size": 1, "show_progress_bar": False, "convert_to_tensor": False}
        rows = getattr(model, task)(texts, **options)
        return np.array([row.to_dense().numpy() for row in rows])


@pytest.mark.parametrize("pooling", ["max", "sum"])
@pytest.mark.parametrize("activation", ["relu", "log1p_relu"])
def test_sparse_encoder_folders(tmp_path, pooling, activation):
    raw = build_masked(tmp_path / "raw")
    options = {"pooling_strategy": pooling, "activation_function": activation}
    folder = sparse_encoder(raw, tmp_path / "model", **options)
    encoder = SpladeEncoder(folder, "cpu")
    got = dense(encoder.encode(TEXTS), encoder.dim)
    np.testing.assert_allclose(got, peer_weights(folder, TEXTS), rtol=1e-5, atol=2e-5)


def test_older_sparse_encoder_folders(tmp_path):
    raw = build_masked(tmp_path / "raw")
    folder = sparse_encoder(raw, tmp_path / "model")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "sentence_transformers.sparse_encoder.models.MLMTransformer"
    modules[1]["type"] = "sentence_transformers.sparse_encoder.models.SpladePooling"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 12}')
    assert read_splade_folder(folder).routes["text"].max_tokens == 12
    check(folder, TEXTS, limit=12)


def test_prompts_of_sparse_encoders(tmp_path):
    folder = sparse_encoder(build_masked(tmp_path / "raw"), tmp_path / "model")
    file = folder / "config_sentence_transformers.json"
    prompts = {"p": "the world ", "query": "a hello "}
    edit_json(file, prompts=prompts, default_prompt_name="p")
    encoder, plain = SpladeEncoder(folder, "cpu"), SpladeEncoder(tmp_path / "raw", "cpu")
    for kind, told in (("text", "the world a"), ("query", "a hello a"), ("document", "a")):
        pairs = zip(encoder.encode(["a"], kind), plain.encode([told]), strict=True)
        assert all(np.array_equal(left, right) for left, right in pairs)
    for kind, task in (("query", "encode_query"), ("document", "encode_document")):
        got = dense(encoder.encode(TEXTS, kind), encoder.dim)
        np.testing.assert_allclose(got, peer_weights(folder, TEXTS, task), rtol=1e-5, atol=2e-5)
