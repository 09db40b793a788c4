"""Queries and documents by different ways, against Sentence Transformers' SparseEncoder itself."""

import json
import shutil

import numpy as np
import pytest
import torch

from embedfn.encoder.splade import SpladeEncoder
from embedfn.sparse import SpladeEmbeddingFunction
from tests.encoder.models import Recipe, build_masked, edit_json, quiet, to_pickle
from tests.encoder.test_splade import dense, peer_weights
from tests.encoder.texts import HARD, random_texts

# The peer cannot encode a text alone that has no token at all.
TEXTS = [text for text in (*HARD, *random_texts(20, seed=5), "hello hello world") if text.strip()]
KINDS = {"query": "encode_query", "document": "encode_document", "text": "encode"}
STATIC, TRANSFORMER = "query_0_SparseStaticEmbedding", "document_0_Transformer"


def save(folder, modules):
    from sentence_transformers import SparseEncoder

    with quiet():
        SparseEncoder(modules=modules, device="cpu").save(str(folder))
    return folder


def masked(raw, **pooling):
    """A transformer and a pooling of the peer's."""
    from sentence_transformers.base.modules.transformer import Transformer
    from sentence_transformers.sparse_encoder.modules import SpladePooling

    with quiet():
        transformer = Transformer(str(raw), transformer_task="fill-mask", max_seq_length=64)
    return [transformer, SpladePooling(**pooling)]


def static(tokenizer, seed=3):
    """Random weights of the peer's, a third of them zero and some below."""
    from sentence_transformers.sparse_encoder.modules import SparseStaticEmbedding

    weights = torch.randn(len(tokenizer), generator=torch.Generator().manual_seed(seed))
    weights[::3] = 0
    return SparseStaticEmbedding(tokenizer=tokenizer, weight=weights, frozen=True)


def routed(folder, family="bert", **options):
    """A model as OpenSearch's: documents through a masked model, queries through a table."""
    from sentence_transformers.base.modules import Router

    raw = build_masked(folder / "raw", Recipe(family=family))
    document = masked(raw, activation_function="log1p_relu")
    query = [static(document[0].tokenizer)]
    return save(folder / "model", [Router({"query": query, "document": document}, **options)])


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return routed(tmp_path_factory.mktemp("routed"), default_route="document")


def check(folder, texts=TEXTS, kinds=KINDS):
    encoder = SpladeEncoder(folder, "cpu")
    for kind in kinds:
        got = dense(encoder.encode(texts, kind), encoder.dim)
        wanted = peer_weights(folder, texts, KINDS[kind])
        exact = type(encoder._ways[kind]).__name__ == "StaticWords"
        np.testing.assert_allclose(got, wanted, rtol=0, atol=0 if exact else 2e-5)
        assert wanted.any(axis=1).mean() > 0.5


@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta", "mpnet"])
def test_queries_are_looked_up(tmp_path, family):
    folder = routed(tmp_path, family, default_route="document")
    check(folder)
    ways = SpladeEncoder(folder, "cpu")._ways
    assert ways["text"] is ways["document"] is not ways["query"]


def test_the_first_route_where_none_is_the_default(tmp_path):
    folder = routed(tmp_path)
    check(folder, kinds=["text"])
    ways = SpladeEncoder(folder, "cpu")._ways
    assert ways["text"] is ways["query"]


def test_mappings_go_before_names(tmp_path):
    from sentence_transformers.base.modules import Router

    document = masked(build_masked(tmp_path / "raw"))
    tables = {f"table {n}": [static(document[0].tokenizer, seed=n)] for n in range(3)}
    mappings = {
        ("query", "text"): "table 1",
        ("query", None): "table 2",
        (None, "text"): "slow",
        (None, ("image", "text")): "table 0",
    }
    router = Router({"query": document, "slow": document, **tables}, route_mappings=mappings)
    folder = save(tmp_path / "model", [router])
    check(folder)
    first = SpladeEncoder(folder, "cpu")
    assert type(first._ways["query"]).__name__ == "StaticWords"
    assert first._ways["text"] is first._ways["document"]  # one copy of the weights


def test_a_table_for_everything(tmp_path):
    tokenizer = masked(build_masked(tmp_path / "raw"))[0].tokenizer
    check(save(tmp_path / "model", [static(tokenizer)]))


def test_files_of_old_releases(model, tmp_path):
    """As OpenSearch publishes them: the transformer in the folder itself, classes of old names."""
    folder = shutil.copytree(model, tmp_path / "model")
    for file in (folder / TRANSFORMER).iterdir():
        file.rename(folder / file.name)
    (folder / TRANSFORMER).rmdir()
    router = (folder / "router_config.json").read_text()
    router = router.replace(f'"{TRANSFORMER}"', '""')
    router = router.replace("base.modules.transformer.Transformer", "models.MLMTransformer")
    router = router.replace("sparse_encoder.modules", "sparse_encoder.models")
    (folder / "router_config.json").write_text(router)
    modules = (folder / "modules.json").read_text()
    modules = modules.replace("base.modules.router.Router", "models.Router")
    (folder / "modules.json").write_text(modules)
    to_pickle(folder / STATIC)
    got, wanted = SpladeEncoder(folder, "cpu"), SpladeEncoder(model, "cpu")
    for kind in KINDS:
        pairs = zip(got.encode(TEXTS, kind), wanted.encode(TEXTS, kind), strict=True)
        assert all(np.array_equal(left, right) for left, right in pairs)


def test_weights_in_json(model, tmp_path):
    folder = shutil.copytree(model, tmp_path / "model")
    words = SpladeEncoder(model, "cpu").words("query")
    weights = {word: 0.5 + number / 7 for number, word in enumerate(words) if number % 2}
    # What no tokenizer knows weighs its token for the unknown, as the peer has it.
    file = folder / STATIC / "idf.json"
    file.write_text(json.dumps(weights | {"no such word": 9.0}))
    (folder / STATIC / "model.safetensors").unlink()
    edit_json(folder / STATIC / "config.json", path=str(file))
    check(folder, kinds=["query"])
    file.rename(folder / "idf.json")  # whose place the peer would not find
    assert SpladeEncoder(folder, "cpu").encode(["zzzz \u2603"], "query")[2].max() == 9.0


def test_long_queries_are_cut(model, tmp_path):
    folder = shutil.copytree(model, tmp_path / "model")
    edit_json(folder / STATIC / "tokenizer_config.json", model_max_length=5)
    check(folder, ["a b c d e f g h i j k l", "hello world"], kinds=["query"])


def test_forms_of_the_front(model):
    function = SpladeEmbeddingFunction(model, device="cpu", k_tokens_query=2)
    queries = ["hello academic world", "", "hello", "hello academic world"]
    rows = function.encode_queries(queries)
    assert rows.shape == (4, function.dim)
    assert rows.has_canonical_format
    assert np.diff(rows.indptr).max() <= 2
    assert rows[[1]].nnz == 0
    assert (rows[[0]] != rows[[3]]).nnz == 0
    assert function.encode_queries([]).shape == (0, function.dim)
    assert (function._encode_query("hello") != rows[[2]]).nnz == 0
    words = dict(function.explain("hello academic world", kind="query"))
    assert set(words) <= {"hello", "academic", "world"}
    assert len(function.explain("hello", kind="document")) > 1


def test_prompts(model, tmp_path):
    folder = shutil.copytree(model, tmp_path / "model")
    prompts = {"query": "the ", "document": "of "}
    edit_json(folder / "config_sentence_transformers.json", prompts=prompts)
    check(folder)
