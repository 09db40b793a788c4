"""Checkpoints that are no models of sparse vectors: the error names the file and why."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from embedfn.encoder.splade import SpladeEncoder
from embedfn.encoder.splade_folder import read_splade_folder
from tests.encoder.models import Recipe, build, build_masked, edit_json
from tests.encoder.test_splade import sparse_encoder
from tests.encoder.test_splade_routes import STATIC, TRANSFORMER, routed


def test_a_checkpoint_without_a_head_is_named(tmp_path):
    folder = build(tmp_path, Recipe(normalize=False))
    (folder / "modules.json").unlink()
    with pytest.raises(ValueError, match=r"model.safetensors has no tensor 'cls.*masked"):
        SpladeEncoder(folder, "cpu")


def test_dense_models_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'sentence_transformers.*Pooling', which embedfn"):
        SpladeEncoder(build(tmp_path), "cpu")


def test_a_family_without_a_known_head_is_named(tmp_path):
    folder = build_masked(tmp_path, Recipe(family="electra"))
    with pytest.raises(ValueError, match=r"config.json: model_type 'electra'.*supported: bert"):
        SpladeEncoder(folder, "cpu")


def test_an_untied_decoder_that_is_missing_is_named(tmp_path):
    folder = build_masked(tmp_path)
    edit_json(folder / "config.json", tie_word_embeddings=False)
    with pytest.raises(ValueError, match=r"no tensor 'cls.predictions.decoder.weight'"):
        SpladeEncoder(folder, "cpu")


def test_a_vocabulary_that_does_not_fit_is_named(tmp_path):
    folder = build_masked(tmp_path)
    edit_json(folder / "config.json", vocab_size=300)
    with pytest.raises(ValueError, match=r"word_embeddings.*shape"):
        SpladeEncoder(folder, "cpu")


def test_a_tokenizer_of_another_model_is_named(tmp_path):
    folder = build_masked(tmp_path, Recipe(config={"vocab_size": 20}))
    with pytest.raises(ValueError, match="they do not belong together"):
        SpladeEncoder(folder, "cpu").encode(["hello world"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pooling_strategy": "mean"}, "asks for pooling 'mean'"),
        ({"activation_function": "gelu"}, "of 'gelu'"),
    ],
)
def test_poolings_that_are_not_run_are_named(tmp_path, change, message):
    folder = sparse_encoder(build_masked(tmp_path / "raw"), tmp_path / "model")
    edit_json(folder / "1_SpladePooling" / "config.json", **change)
    with pytest.raises(ValueError, match=message):
        read_splade_folder(folder)


def test_a_transformer_that_gives_no_logits_is_named(tmp_path):
    folder = sparse_encoder(build_masked(tmp_path / "raw"), tmp_path / "model")
    edit_json(folder / "sentence_bert_config.json", transformer_task=None, modality_config=None)
    with pytest.raises(ValueError, match="transformer_task"):
        read_splade_folder(folder)


def test_a_tokenizer_of_another_model_is_named_at_load(tmp_path):
    folder = build_masked(tmp_path, Recipe(config={"vocab_size": 20}))
    with pytest.raises(ValueError, match=r"tokenizer.json has 2\d\d tokens, but .*config.json"):
        SpladeEncoder(folder, "cpu")


@pytest.fixture
def model(tmp_path):
    return routed(tmp_path, default_route="document")


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"weights": torch.ones(222)}, r"model.safetensors has no tensor 'weight'"),
        ({"weight": torch.ones(200)}, r"shape \(200,\), where the tokenizer makes it \(\d+,\)"),
        ({"weight": torch.ones(222, 1)}, r"shape \(222, 1\)"),
        ({"weight": torch.full((222,), torch.nan)}, r"model.safetensors: 'weight' has values"),
    ],
)
def test_tables_that_do_not_fit(model, tensors, message):
    save_file(tensors, model / STATIC / "model.safetensors")
    with pytest.raises(ValueError, match=message):
        SpladeEncoder(model, "cpu")


def test_a_missing_table(model):
    (model / STATIC / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"query_0_SparseStaticEmbedding has no weights"):
        SpladeEncoder(model, "cpu")


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        (None, FileNotFoundError, r"config.json names 'x/idf.json', but neither .*idf.json"),
        ({"the": "1"}, ValueError, r"idf.json: the weight of 'the' must be a number, not '1'"),
        ({"the": float("nan")}, ValueError, r"idf.json: the weight of 'the' must be a number"),
        ([1], ValueError, r"idf.json must hold a JSON object"),
    ],
)
def test_tables_in_json(model, values, error, message):
    edit_json(model / STATIC / "config.json", path="x/idf.json")
    if values is not None:
        (model / "idf.json").write_text(json.dumps(values))
    with pytest.raises(error, match=message):
        SpladeEncoder(model, "cpu")


def test_a_table_for_another_tokenizer(tmp_path):
    model = routed(tmp_path, "xlm-roberta", default_route="document")
    tokenizer = json.loads((model / STATIC / "tokenizer.json").read_text())
    tokenizer["model"]["unk_id"] = None
    (model / STATIC / "tokenizer.json").write_text(json.dumps(tokenizer))
    edit_json(model / STATIC / "config.json", path="idf.json")
    (model / "idf.json").write_text(json.dumps({"no such word": 1.0}))
    with pytest.raises(ValueError, match=r"idf.json: 'no such word' is no token"):
        SpladeEncoder(model, "cpu")


def test_queries_and_documents_of_different_words(tmp_path):
    model, other = (
        routed(tmp_path / family, family, default_route="document")
        for family in ("bert", "roberta")
    )
    (other / STATIC).rename(tmp_path / "unused")
    (model / STATIC).rename(other / STATIC)
    with pytest.raises(ValueError, match=r"do not belong together: query vectors have \d+ words"):
        SpladeEncoder(other, "cpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"types": None}, r"router_config.json must say types and structure"),
        ({"structure": {}}, r"router_config.json must say types and structure"),
        ({"structure": {"query": ["x"], "document": []}}, "route .query. must list modules that"),
        ({"structure": {"query": [STATIC]}}, r"has no route for a document; it has query"),
        ({"structure": {"query": [STATIC], "document": []}}, r"SparseStaticEmbedding.*not nothing"),
        (
            {"structure": {"query": [STATIC], "document": [TRANSFORMER]}},
            r"Transformer and a SpladePooling module, .*; not Transformer",
        ),
        (
            {"parameters": {"default_route": "image"}},
            r"sends texts to 'image', which is none of query, document",
        ),
        (
            {"parameters": {"allow_empty_key": False}},
            r"no route for texts that are neither query nor document",
        ),
        (
            {"parameters": {"route_mappings": {"(None, None)": "image"}}},
            r"router_config.json sends texts to 'image'",
        ),
        ({"types": {STATIC: "mine.Module"}}, r"must list modules|module of type 'mine.Module'"),
    ],
)
def test_routers(model, change, message):
    edit_json(model / "router_config.json", **change)
    with pytest.raises(ValueError, match=message):
        SpladeEncoder(model, "cpu")


def test_a_router_leads_nowhere_else(model):
    file = model / "router_config.json"
    file.write_text(file.read_text().replace(STATIC, f"../{STATIC}"))
    with pytest.raises(ValueError, match="leads out of the folder"):
        SpladeEncoder(model, "cpu")


def test_a_missing_router_file(model):
    (model / "router_config.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"config.json is missing"):
        SpladeEncoder(model, "cpu")


def test_a_tokenizer_with_holes_in_its_numbers(model):
    """Whose greatest number is above how many there are."""
    file = model / STATIC / "tokenizer.json"
    tokenizer = json.loads(file.read_text())
    tokenizer["model"]["vocab"]["world"] = 900
    file.write_text(json.dumps(tokenizer))
    encoder = SpladeEncoder(model, "cpu")
    with pytest.raises(ValueError, match=r"tokenizer.json yields token 900, but the weights"):
        encoder.encode(["hello world"], "query")
    assert np.array_equal(encoder.encode(["hello"], "query")[0], [0, 1])
