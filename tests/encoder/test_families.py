"""Every family's vectors against the real sentence-transformers', each text alone."""

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from embedfn.encoder import forward
from embedfn.encoder.attention import padded
from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.engine import Encoder
from embedfn.encoder.folder import read_folder
from embedfn.encoder.foreign import ForeignConfig
from embedfn.encoder.modernbert import ModernBertConfig
from embedfn.encoder.scores import Relative, Window, relative_table
from tests.encoder.models import (
    Recipe,
    build,
    edit_json,
    peer_vectors,
    rename_tensors,
    to_pickle,
)
from tests.encoder.texts import HARD, random_texts

TEXTS = [*HARD, "x", "漢字 🎉", *["the same text"] * 3, *random_texts(40, seed=31)]


def old_modernbert(folder):
    """The keys that the published checkpoints have, from before transformers 5."""
    edit_json(
        folder / "config.json",
        rope_parameters=None,
        layer_types=None,
        global_rope_theta=5000.0,
        local_rope_theta=200.0,
        global_attn_every_n_layers=2,
        position_embedding_type="absolute",
        hidden_activation=None,
    )
    rename_tensors(folder, lambda name: f"model.{name}")


def prefixed(prefix):
    return lambda folder: rename_tensors(folder, lambda name: prefix + name)


RECIPES = {
    "bert": Recipe("bert"),
    "roberta": Recipe("roberta"),
    "xlm-roberta": Recipe("xlm-roberta"),
    "camembert": Recipe("camembert", pooling="cls"),
    "distilbert": Recipe("distilbert"),
    "distilbert-relu": Recipe("distilbert", config={"activation": "relu"}, edit=to_pickle),
    "distilbert-prefix": Recipe("distilbert", pooling="cls", edit=prefixed("distilbert.")),
    "mpnet": Recipe("mpnet", edit=prefixed("mpnet.")),
    "mpnet-long": Recipe(
        "mpnet",
        config={"max_position_embeddings": 514, "relative_attention_num_buckets": 40},
        pooling="cls",
    ),
    "modernbert": Recipe("modernbert"),
    "modernbert-long": Recipe(
        "modernbert", config={"max_position_embeddings": 900, "num_hidden_layers": 5}
    ),
    "modernbert-biased": Recipe(
        "modernbert",
        config={
            "norm_bias": True,
            "attention_bias": True,
            "mlp_bias": True,
            "norm_eps": 1e-3,
            "hidden_activation": "silu",
            "layer_types": ["sliding_attention", "full_attention", "sliding_attention"],
        },
    ),
    "modernbert-old": Recipe("modernbert", edit=old_modernbert),
}
FOREIGN = {
    "albert": Recipe("albert"),
    "electra": Recipe("electra", pooling="cls"),
    "t5": Recipe("t5"),
    "deberta-v2": Recipe("deberta-v2"),
    "qwen2": Recipe("qwen2", pooling="lasttoken"),
    "decoding-bert": Recipe("bert", config={"is_decoder": True}, pooling="lasttoken"),
    "modernbert-yarn": Recipe(
        "modernbert",
        config={
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 1000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
            }
        },
    ),
}


# Architectures that let padding into a text's states, so that they must never see any.
SENSITIVE = {"fnet": Recipe("fnet"), "convbert": Recipe("convbert")}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Folder, encoder and the peer's vectors of a recipe, made once."""
    made = {}

    def get(name):
        if name not in made:
            folder = build(tmp_path_factory.mktemp(name), {**RECIPES, **FOREIGN, **SENSITIVE}[name])
            made[name] = folder, Encoder(folder, "cpu"), peer_vectors(folder, TEXTS)
        return made[name]

    return get


@pytest.mark.parametrize("name", [*RECIPES, *FOREIGN])
def test_as_peer(models, name):
    folder, encoder, expected = models(name)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, rtol=0, atol=1e-5)
    # Not all alike, or the comparison would say nothing.
    assert np.abs(expected - expected[0]).max() > 1e-2
    kinds = (ForeignConfig,) if name in FOREIGN else (EncoderConfig, ModernBertConfig)
    assert isinstance(read_folder(folder).config, kinds)


@pytest.mark.parametrize("name", SENSITIVE)
def test_padding_is_kept_from_those_that_mind(models, name):
    _, encoder, expected = models(name)
    assert not encoder._forward.ignores_padding()
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, rtol=0, atol=1e-5)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", [*RECIPES, *FOREIGN])
def test_neighbours_do_not_matter(models, name):
    encoder = models(name)[1]
    together = encoder.encode(TEXTS)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)
    np.testing.assert_allclose(encoder.encode(TEXTS[::-1])[::-1], alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", [*RECIPES, *FOREIGN])
def test_the_route_of_gpus(models, name, monkeypatch):
    """Padded groups, which GPUs take, computed on the CPU."""
    _, encoder, expected = models(name)
    monkeypatch.setattr(encoder, "_budget", 32 * 66)
    if name in FOREIGN:
        assert encoder._forward.ignores_padding()
        monkeypatch.setattr(encoder._forward, "pads", True)
    else:
        monkeypatch.setattr(forward.kernels, "BertEncoder", None)
        torch_way = Encoder(models(name)[0], "cpu")._forward
        monkeypatch.setattr(torch_way, "_attention", padded)
        monkeypatch.setattr(encoder, "_forward", torch_way)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["distilbert", "mpnet", "modernbert", "albert"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_near(models, name, dtype):
    folder, _, expected = models(name)
    half = Encoder(folder, "cpu", dtype=dtype).encode(TEXTS)
    assert 0 < np.abs(half - expected).max() < (2e-2 if dtype == torch.float16 else 2e-1)


def test_layers_that_fp16_cannot_hold(tmp_path):
    """T5's are kept in fp32 by transformers, and here."""

    def enlarge(folder):
        file = folder / "model.safetensors"
        tensors = load_file(file)
        for name in tensors:
            if name.endswith(".wo.weight"):
                tensors[name] *= 3e4
        save_file(tensors, file, metadata={"format": "pt"})

    folder = build(tmp_path, Recipe("t5", edit=enlarge))
    single, half = (Encoder(folder, "cpu", dtype=d) for d in (torch.float32, torch.float16))
    weights = half._forward._model.named_parameters()
    wide = {name.split(".")[-2] for name, tensor in weights if tensor.dtype == torch.float32}
    assert wide == {"wo"}
    texts = ["", "hello world", *random_texts(20, seed=52)]
    np.testing.assert_allclose(half.encode(texts), single.encode(texts), rtol=0, atol=5e-3)


@pytest.mark.parametrize("name", ["mpnet", "modernbert", "albert"])
def test_pickling(models, name):
    encoder = models(name)[1]
    again = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(again.encode(TEXTS[:20]), encoder.encode(TEXTS[:20]))


@pytest.mark.parametrize(
    "activation",
    [
        *("gelu", "gelu_10", "gelu_fast", "gelu_new", "gelu_python", "gelu_pytorch_tanh"),
        *("gelu_python_tanh", "gelu_accurate", "hardswish", "laplace", "leaky_relu", "linear"),
        *("mish", "quick_gelu", "relu", "relu2", "relu6", "sigmoid", "silu", "swish", "tanh"),
    ],
)
def test_activations_as_transformers(activation):
    from transformers.activations import ACT2FN

    from embedfn.encoder.activations import ACTIVATIONS

    values = torch.linspace(-30, 30, 3001)
    torch.testing.assert_close(
        ACTIVATIONS[activation](values.clone()), ACT2FN[activation](values), rtol=1e-6, atol=1e-6
    )


def test_distances_as_mpnet():
    """Every distance falls into the bucket that MPNet's own code puts it in."""
    from transformers.models.mpnet.modeling_mpnet import MPNetEncoder

    places = torch.arange(700)
    bucket = MPNetEncoder.relative_position_bucket(places[None, :] - places[:, None])
    weight = torch.arange(32.0)[:, None].repeat(1, 3)
    bias = Relative(relative_table(weight, 700, 32))._bias(700)
    assert torch.equal(bias, bucket.float().expand(1, 3, 700, 700))
    assert torch.equal(Relative(relative_table(weight, 700, 32))._bias(9)[0, 0], bias[0, 0, :9, :9])


@pytest.mark.parametrize("length", [1, 5, 6, 255, 257, 600])
@pytest.mark.parametrize("reach", [0, 4, 64, 1000])
def test_window(length, reach):
    generator = torch.Generator().manual_seed(length)
    query, key, value = torch.randn(3, 2, 2, length, 8, generator=generator)
    mask = torch.arange(length) < torch.tensor([[length], [max(1, length - 3)]])
    places = torch.arange(length)
    near = (places[:, None] - places).abs() <= reach
    scores = query @ key.transpose(2, 3) / 8**0.5
    for seen, given in ((near, None), (near & mask[:, None, None], mask[:, None, None])):
        expected = scores.masked_fill(~seen, -torch.inf).softmax(3) @ value
        context = Window(reach)(query, key, value, given)
        kept = slice(None) if given is None else slice(0, max(1, length - 3))
        torch.testing.assert_close(context[:, :, kept], expected[:, :, kept], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("family", "changes", "text"),
    [
        ("distilbert", {"dim": 50}, "dim 50 is not a multiple of n_heads 4"),
        ("distilbert", {"n_layers": None}, "n_layers must be a whole number"),
        ("mpnet", {"relative_attention_num_buckets": 31}, "must be a whole number of at least 32"),
        ("modernbert", {"hidden_size": "48"}, "hidden_size must be a whole number"),
        ("modernbert", {"hidden_size": 52}, "odd number of components cannot be rotated"),
        ("modernbert", {"layer_types": ["full_attention"]}, "layer_types names 1 layers of 3"),
        ("modernbert", {"norm_bias": "no"}, "norm_bias must be true or false"),
        (
            "modernbert",
            {"rope_parameters": {"full_attention": {"rope_theta": -1}}},
            "the base of full_attention's rotation must be above zero",
        ),
        ("modernbert", {"hidden_activation": ["gelu"]}, "'modernbert', which neither"),
    ],
    ids=str,
)
def test_impossible_configurations(tmp_path, family, changes, text):
    folder = build(tmp_path, Recipe(family))
    edit_json(folder / "config.json", **changes)
    with pytest.raises(ValueError, match=text) as caught:
        read_folder(folder)
    assert str(folder / "config.json") in str(caught.value)


def test_foreign_weights_that_are_not_whole(tmp_path):
    folder = build(tmp_path, Recipe("albert"))
    tensors = load_file(folder / "model.safetensors")
    name = next(name for name in tensors if "query.weight" in name)
    kept = {key: tensor for key, tensor in tensors.items() if key != name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"the weights lack 1 tensors, such as .*query"):
        Encoder(folder, "cpu")
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ValueError, match="transformers cannot load the model"):
        Encoder(folder, "cpu")


def test_no_code_of_a_folder_is_run(tmp_path):
    folder = build(tmp_path, Recipe("bert"))
    (folder / "own.py").write_text("import pytest\npytest.fail('the code was run')\n")
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.C", "AutoModel": "own.M"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="'own', which neither embedfn nor transformers"):
        Encoder(folder, "cpu")


def test_without_transformers(tmp_path, monkeypatch):
    folder = build(tmp_path, Recipe("albert"))
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install 'embedfn\[transformers\]'"):
        Encoder(folder, "cpu")
