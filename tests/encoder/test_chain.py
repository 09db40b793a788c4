"""The modules about the pooling, prompts and truncation, against the real sentence-transformers."""

import json
import random

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from embedfn.encoder.engine import Encoder
from embedfn.encoder.folder import read_folder
from tests.encoder.models import Recipe, build, edit_json, peer_vectors, to_pickle
from tests.encoder.texts import HARD, random_texts

TEXTS = [*HARD, *random_texts(30, seed=41)]
POOLINGS = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")


def modules():
    from sentence_transformers.sentence_transformer import modules

    return modules


def dense(width, out, activation=None, **options):
    """A Dense module with random weights and a bias that matters."""
    torch.manual_seed(width + out)
    module = modules().Dense(width, out, activation_function=activation or nn.Tanh(), **options)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    return module


def layer_norm(width):
    torch.manual_seed(width)
    module = modules().LayerNorm(width)
    with torch.no_grad():
        module.norm.weight.copy_(1 + torch.randn(width) * 0.2)
        module.norm.bias.copy_(torch.randn(width) * 0.2)
    return module


def normalize(**options):
    return modules().Normalize(**options)


def on_tokens(width, out):
    return dense(width, out, module_input_name="token_embeddings")


def old_pickles(folder):
    """What releases before safetensors wrote: pickles, and the activation by its short path."""
    for file in folder.glob("*_Dense/model.safetensors"):
        to_pickle(file.parent)
        path = file.parent / "config.json"
        path.write_text(path.read_text().replace("torch.nn.modules.activation.", "torch.nn."))
    text = (folder / "modules.json").read_text()
    for kind in ("Dense", "Pooling", "Transformer", "Normalize"):
        module = next(m["type"] for m in json.loads(text) if m["type"].endswith(kind))
        text = text.replace(f'"{module}"', f'"sentence_transformers.models.{kind}"')
    (folder / "modules.json").write_text(text)


def legacy_poolings(folder):
    """One key a pooling, as releases before 5.4 wrote."""
    values = {
        "word_embedding_dimension": 48,
        "pooling_mode_cls_token": True,
        "pooling_mode_mean_tokens": False,
        "pooling_mode_max_tokens": True,
        "pooling_mode_mean_sqrt_len_tokens": True,
        "pooling_mode_weightedmean_tokens": True,
        "pooling_mode_lasttoken": True,
    }
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(values))


RECIPES = {
    **{mode: Recipe(pooling=mode, normalize=False) for mode in POOLINGS},
    "all": Recipe(pooling=POOLINGS, normalize=False),
    "all-backwards": Recipe(pooling=POOLINGS[::-1]),
    "legacy": Recipe(normalize=False, edit=legacy_poolings),
    "roberta-weighted": Recipe("xlm-roberta", pooling=("weightedmean", "lasttoken")),
    "dense": Recipe(behind=lambda w: [dense(w, 20)]),
    "dense-plain": Recipe(normalize=False, behind=lambda w: [dense(w, 70, nn.Identity())]),
    "dense-no-bias": Recipe(normalize=False, behind=lambda w: [dense(w, 5, bias=False)]),
    "dense-prelu": Recipe(normalize=False, behind=lambda w: [dense(w, 9, nn.PReLU())]),
    "dense-gelu": Recipe(normalize=False, behind=lambda w: [dense(w, 9, nn.GELU())]),
    "dense-softmax": Recipe(normalize=False, behind=lambda w: [dense(w, 9, nn.Softmax(dim=1))]),
    "dense-residual": Recipe(behind=lambda w: [dense(w, w, use_residual=True)]),
    "dense-residual-projected": Recipe(behind=lambda w: [dense(w, 7, use_residual=True)]),
    "dense-pickled": Recipe(behind=lambda w: [dense(w, 20, nn.ReLU())], edit=old_pickles),
    "several": Recipe(
        pooling=("mean", "cls"),
        behind=lambda w: [dense(w, 30), layer_norm(30), normalize(), dense(30, 8), layer_norm(8)],
        normalize=False,
    ),
    "dropout": Recipe(behind=lambda w: [modules().Dropout(0.5), dense(w, 20)]),
    "norm-between": Recipe(behind=lambda w: [normalize(), dense(w, 20, nn.Sigmoid())]),
    "tokens": Recipe(before=lambda w: [on_tokens(w, 12)], pooling=("max", "mean"), normalize=False),
    "tokens-normalised": Recipe(
        before=lambda w: [normalize(module_input_name="token_embeddings"), on_tokens(w, 12)],
        behind=lambda w: [dense(w, 6)],
    ),
    "tokens-after": Recipe(behind=lambda w: [on_tokens(w, w)], normalize=False),
    "two-poolings": Recipe(
        behind=lambda w: [dense(w, 9), modules().Pooling(w, "max")], normalize=False
    ),
}
FAMILIES = ("roberta", "xlm-roberta", "distilbert", "mpnet", "modernbert", "albert")
for family in FAMILIES:
    RECIPES[f"{family}-all"] = Recipe(family, pooling=POOLINGS, normalize=False)
    RECIPES[f"{family}-dense"] = Recipe(family, behind=lambda w: [dense(w, 20)])


@pytest.mark.parametrize("name", RECIPES)
def test_as_peer(tmp_path, name):
    folder = build(tmp_path, RECIPES[name], seed=len(name))
    expected = peer_vectors(folder, TEXTS)
    encoder = Encoder(folder, "cpu")
    assert encoder.dim == expected.shape[1]
    vectors = encoder.encode(TEXTS)
    size = max(1, np.abs(expected).max())  # vectors that are not normalised can be long
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5 * size)
    assert np.abs(expected - expected[0]).max() > 1e-3
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(vectors, alone, rtol=0, atol=2e-6 * size)


@pytest.mark.parametrize("include_prompt", [True, False])
@pytest.mark.parametrize("family", ["bert", *FAMILIES, "t5"])
def test_prompts_as_peer(tmp_path, family, include_prompt):
    def save_prompts(folder):
        edit_json(
            folder / "config_sentence_transformers.json",
            prompts={"query": "find the world: ", "document": ""},
            default_prompt_name="query",
        )

    recipe = Recipe(
        family,
        pooling=POOLINGS,
        include_prompt=include_prompt,
        edit=save_prompts,
        max_seq_length=20,
        normalize=False,
    )
    folder = build(tmp_path, recipe)
    encoder = Encoder(folder, "cpu")
    assert encoder.prompts == {"query": "find the world: ", "document": ""}
    results = []
    for prompt in (None, "", "the", "hello world [SEP]", "a long prompt " * 3):
        expected = peer_vectors(folder, TEXTS, prompt=prompt)
        vectors = encoder.encode(TEXTS, prompt=prompt)
        np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
        results.append(vectors)
    assert np.abs(results[0] - results[1]).max() > 1e-2


@pytest.mark.parametrize("saved", [None, 17])
@pytest.mark.parametrize("asked", [None, 5, 48, 500])
@pytest.mark.parametrize("normalise", [False, True])
def test_truncation_as_peer(tmp_path, saved, asked, normalise):
    def save(folder):
        edit_json(folder / "config_sentence_transformers.json", truncate_dim=saved)

    folder = build(tmp_path, Recipe(edit=save))
    encoder = Encoder(folder, "cpu", truncate_dim=asked)
    expected = peer_vectors(folder, TEXTS, truncate_dim=asked, normalize=normalise)
    assert encoder.dim == expected.shape[1] == min(48, asked or saved or 48)
    np.testing.assert_allclose(encoder.encode(TEXTS, normalise), expected, rtol=0, atol=1e-5)


def test_impossible_truncation(small_model):
    with pytest.raises(ValueError, match="truncate_dim must be at least 1, not 0"):
        Encoder(small_model, "cpu", truncate_dim=0)


def test_bare_causal_model_as_peer(tmp_path):
    """Without modules.json the architecture's name decides about the pooling."""

    def plain(folder):
        (folder / "modules.json").unlink()
        edit_json(folder / "config.json", architectures=["BertForCausalLM"])

    folder = build(tmp_path, Recipe(edit=plain))
    assert read_folder(folder).pooling == ("lasttoken",)
    vectors = Encoder(folder, "cpu").encode(TEXTS)
    np.testing.assert_allclose(vectors, peer_vectors(folder, TEXTS), rtol=0, atol=1e-5)


def test_half_precision_keeps_vectors_single(tmp_path):
    folder = build(tmp_path, RECIPES["tokens-normalised"])
    single = Encoder(folder, "cpu").encode(TEXTS)
    half = Encoder(folder, "cpu", dtype=torch.float16).encode(TEXTS)
    assert 0 < np.abs(single - half).max() < 1e-2


@pytest.fixture
def with_dense(tmp_path):
    return build(tmp_path, Recipe(behind=lambda w: [dense(w, 20), layer_norm(20)]))


@pytest.mark.parametrize(
    ("name", "changes", "text"),
    [
        ("2_Dense", {"in_features": 47}, "Dense takes 47 components, but .* gives 48"),
        ("2_Dense", {"in_features": "48"}, "in_features must be a whole number"),
        ("2_Dense", {"out_features": None}, "out_features must be a whole number"),
        ("2_Dense", {"out_features": 21}, "LayerNorm takes 20 components, but .* gives 21"),
        ("2_Dense", {"bias": "yes"}, "bias must be true or false"),
        ("2_Dense", {"activation_function": "own.Activation"}, "must be a class of torch.nn"),
        ("2_Dense", {"activation_function": "torch.nn.functional.gelu"}, "does not have"),
        ("2_Dense", {"activation_function": "torch.nn.Linear"}, "which is not one"),
        ("2_Dense", {"activation_function": "torch.nn.GLU"}, "which is not one"),
        ("2_Dense", {"activation_function": "torch.nn.Module"}, "which is not one"),
        ("2_Dense", {"activation_function": ["torch.nn.Tanh"]}, "must be a class of torch.nn"),
        ("2_Dense", {"module_output_name": "other"}, "writes 'other', which embedfn does not"),
        ("2_Dense", {"module_input_name": ["x"]}, "reads .* which embedfn does not"),
        ("3_LayerNorm", {"dimension": 0}, "dimension must be a whole number of at least 1"),
    ],
    ids=str,
)
def test_impossible_modules(with_dense, name, changes, text):
    edit_json(with_dense / name / "config.json", **changes)
    with pytest.raises(ValueError, match=text) as caught:
        Encoder(with_dense, "cpu")
    assert "config.json" in str(caught.value)


@pytest.mark.parametrize("file", ["2_Dense/config.json", "3_LayerNorm/config.json"])
def test_missing_config(with_dense, file):
    (with_dense / file).unlink()
    with pytest.raises(FileNotFoundError, match=f"{file} is missing"):
        Encoder(with_dense, "cpu")


@pytest.mark.parametrize("module", ["2_Dense", "3_LayerNorm"])
def test_broken_weights(with_dense, module):
    file = with_dense / module / "model.safetensors"
    tensors = load_file(file)
    for name, tensor in tensors.items():
        save_file({key: value for key, value in tensors.items() if key != name}, file)
        with pytest.raises(ValueError, match=rf"{module}/model\.safetensors has no tensor '{name}"):
            Encoder(with_dense, "cpu")
        save_file({**tensors, name: torch.zeros(*tensor.shape, 2)}, file)
        with pytest.raises(ValueError, match=rf"tensor '{name}' has shape"):
            Encoder(with_dense, "cpu")
    file.write_bytes(b"")
    with pytest.raises(ValueError, match="is not a readable safetensors file"):
        Encoder(with_dense, "cpu")
    file.unlink()
    with pytest.raises(FileNotFoundError, match=f"{module} has no weights"):
        Encoder(with_dense, "cpu")


def test_any_damage_is_a_clear_error(with_dense):
    """Any value of any JSON file replaced by another kind of value: it loads, or says why not."""
    rng = random.Random(42)
    files = [f for f in sorted(with_dense.rglob("*.json")) if f.name != "tokenizer.json"]
    others = [None, True, -1, 0, 2.5, 10**40, "x", "", [], [None], {}, {"a": {}}, float("nan")]
    refused = 0
    for _ in range(400):
        file = rng.choice(files)
        before = file.read_text()
        values = json.loads(before)
        target = rng.choice(values) if isinstance(values, list) else values
        if not target:
            continue
        key = rng.choice(sorted(target))
        target[key] = rng.choice(others)
        file.write_text(json.dumps(values))
        said = ""
        try:
            Encoder(with_dense, "cpu")
        except (ValueError, FileNotFoundError) as error:
            refused += 1
            said = str(error)
        assert not said or str(with_dense) in said, (file, key, said)
        file.write_text(before)
    assert refused > 50
