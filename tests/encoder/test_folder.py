"""What a folder says, and what is said of a folder that is not whole or not supported."""

import json
from pathlib import Path

import pytest

from embedfn.encoder.folder import read_folder
from tests.encoder.models import edit_json

MODULE = "sentence_transformers.models."


def write_modules(folder: Path, *kinds: str, path: str = "1_Pooling") -> None:
    paths = ["", path, "2_Normalize", "3_Dense"]
    modules = [
        {"idx": number, "name": str(number), "path": paths[number], "type": kind}
        for number, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))


def test_minilm(minilm):
    model = read_folder(minilm)
    assert model.transformer == minilm
    assert (model.dim, model.max_tokens, model.pooling) == (384, 256, ("mean",))
    assert model.normalise
    assert not model.lowercase
    assert model.prompt == ""
    assert model.config.num_attention_heads == 12


def test_limits(own_model):
    assert read_folder(own_model).max_tokens == 66
    edit_json(own_model / "tokenizer_config.json", model_max_length=40)
    assert read_folder(own_model).max_tokens == 40
    edit_json(own_model / "sentence_bert_config.json", max_seq_length=50)
    assert read_folder(own_model).max_tokens == 50
    edit_json(own_model / "sentence_bert_config.json", max_seq_length=5000)
    assert read_folder(own_model).max_tokens == 66  # the peer would index past its positions


@pytest.mark.parametrize("limit", [0, -1, "many", True])
def test_impossible_limit(own_model, limit):
    edit_json(own_model / "sentence_bert_config.json", max_seq_length=limit)
    with pytest.raises(ValueError, match=r"sentence_bert_config\.json: a length of"):
        read_folder(own_model)


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        (("Transformer", "LSTM", "Pooling"), "LSTM"),
        (("Transformer", "Pooling", "WordWeights"), "WordWeights"),
        (("StaticEmbedding",), "StaticEmbedding"),
        (("CLIPModel",), "CLIPModel"),
        (("Router", "Pooling"), "Router"),
    ],
)
def test_other_modules(own_model, kinds, named):
    write_modules(own_model, *(MODULE + kind for kind in kinds))
    with pytest.raises(ValueError, match=rf"modules\.json has a module of type '{MODULE}{named}'"):
        read_folder(own_model)


def test_modules_of_strangers(own_model):
    write_modules(own_model, MODULE + "Transformer", "custom_code.Pooling")
    with pytest.raises(ValueError, match=r"of type 'custom_code\.Pooling'"):
        read_folder(own_model)


def test_too_few_modules(own_model):
    write_modules(own_model, MODULE + "Transformer")
    with pytest.raises(ValueError, match="must name a Transformer and a Pooling"):
        read_folder(own_model)


def test_modules_out_of_order(own_model):
    write_modules(own_model, MODULE + "Pooling", MODULE + "Transformer")
    with pytest.raises(ValueError, match="must begin with a module of type Transformer"):
        read_folder(own_model)
    write_modules(own_model, MODULE + "Transformer", MODULE + "Transformer", MODULE + "Pooling")
    with pytest.raises(ValueError, match="has a second Transformer"):
        read_folder(own_model)
    write_modules(own_model, MODULE + "Transformer", MODULE + "LayerNorm", MODULE + "Pooling")
    (own_model / "1_Pooling" / "config.json").write_text('{"dimension": 48}')
    with pytest.raises(ValueError, match="LayerNorm stands before Pooling"):
        read_folder(own_model)


@pytest.mark.parametrize("path", ["../elsewhere", "/etc", "a/../../b", "C:\\x", "..\\x"])
def test_modules_outside(own_model, path):
    write_modules(own_model, MODULE + "Transformer", MODULE + "Pooling", path=path)
    with pytest.raises(ValueError, match="leads out of the folder"):
        read_folder(own_model)


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode": "median"},
        {"pooling_mode": ["mean", "median"]},
        {"pooling_mode": ["mean", ["cls"]]},
        {"pooling_mode": []},
        {"pooling_mode": 3},
        {"pooling_mode": {"mean": True}},
    ],
    ids=str,
)
def test_other_poolings(own_model, pooling):
    (own_model / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    with pytest.raises(ValueError, match=r"config\.json asks for pooling .* supported: cls, max"):
        read_folder(own_model)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, ("cls",)),
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}, ("cls", "mean")),
        ({"pooling_mode": "max", "pooling_mode_mean_tokens": True}, ("max",)),
        ({"word_embedding_dimension": 48}, ("mean",)),
        ({"pooling_mode": ["lasttoken", "weightedmean"]}, ("lasttoken", "weightedmean")),
        (
            {"pooling_mode_lasttoken": True, "pooling_mode_mean_sqrt_len_tokens": True},
            ("mean_sqrt_len_tokens", "lasttoken"),
        ),
    ],
    ids=str,
)
def test_spellings_of_pooling(own_model, values, expected):
    (own_model / "1_Pooling" / "config.json").write_text(json.dumps(values))
    assert read_folder(own_model).pooling == expected


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"model_type": "abacus"}, "'abacus', which neither embedfn nor transformers"),
        ({"model_type": None}, "model_type None; it must name an architecture"),
        ({"model_type": ["bert"]}, "it must name an architecture"),
        (
            {"model_type": "vit", "vocab_size": None},
            "'vit' has no vocab_size; only models of text are run",
        ),
        ({"model_type": "xlnet"}, "'xlnet', whose tokens have types"),
        ({"hidden_act": 3}, "hidden_act must be the name of an activation function, not 3"),
        ({"hidden_size": 50}, "hidden_size 50 is not a multiple of num_attention_heads 4"),
        ({"hidden_size": None}, "hidden_size must be a whole number of at least 1, not None"),
        ({"num_hidden_layers": 0}, "num_hidden_layers must be"),
        ({"vocab_size": "many"}, "vocab_size must be a whole number of at least 1, not 'many'"),
        ({"layer_norm_eps": "small"}, "layer_norm_eps must be"),
        ({"model_type": "roberta", "max_position_embeddings": 1}, "leaves no position"),
    ],
    ids=str,
)
def test_other_architectures(own_model, changes, text):
    edit_json(own_model / "config.json", **changes)
    with pytest.raises(ValueError, match=text) as caught:
        read_folder(own_model)
    assert str(own_model / "config.json") in str(caught.value)


@pytest.mark.parametrize("name", ["config.json", "1_Pooling/config.json"])
def test_missing_files(own_model, name):
    (own_model / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name} is missing"):
        read_folder(own_model)


@pytest.mark.parametrize("names", [{}, {"a": 1}, [], [None], "ForCausalLM", 7])
def test_bare_folders_of_odd_architectures(own_model, names):
    (own_model / "modules.json").unlink()
    edit_json(own_model / "config.json", architectures=names)
    assert read_folder(own_model).pooling == ("mean",)


def test_adapters(own_model):
    (own_model / "adapter_config.json").write_text("{}")
    (own_model / "config.json").unlink()
    with pytest.raises(ValueError, match=r"adapter_config\.json names an adapter; merge it"):
        read_folder(own_model)


def test_empty_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        read_folder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b"7"])
@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "modules.json",
        "1_Pooling/config.json",
        "sentence_bert_config.json",
        "tokenizer_config.json",
        "config_sentence_transformers.json",
    ],
)
def test_broken_files(own_model, name, content):
    (own_model / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name} (is not readable as JSON|must)"):
        read_folder(own_model)


@pytest.mark.parametrize(
    "changes",
    [
        {"transformer_task": "fill-mask"},
        {"tokenizer_args": {"a": 1}},
        {"tokenizer_args": 7},
        {"config_args": {"a": 1}},
        {"module_output_name": "sentence_embedding"},
        {"modality_config": {"text": {"method": "get_text_features"}}},
        {"modality_config": {"image": {"method": "forward"}}},
        {"modality_config": "text"},
    ],
    ids=str,
)
def test_settings_that_are_not_followed(own_model, changes):
    edit_json(own_model / "sentence_bert_config.json", **changes)
    with pytest.raises(ValueError, match=f"sets {next(iter(changes))}, which embedfn does not"):
        read_folder(own_model)


def test_prompts(own_model):
    file = own_model / "config_sentence_transformers.json"
    edit_json(file, prompts={"query": "q: "}, default_prompt_name=None)
    assert read_folder(own_model).prompt == ""
    assert read_folder(own_model).prompts == {"query": "q: ", "document": ""}
    edit_json(file, prompts={"query": "q: "}, default_prompt_name="query")
    assert read_folder(own_model).prompt == "q: "


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"prompts": {"query": 3}}, "the prompt 'query' must be a str, not 3"),
        ({"prompts": ["q: "]}, "prompts must be an object"),
        ({"default_prompt_name": "title"}, "default_prompt_name 'title' is none of query, doc"),
        ({"default_prompt_name": ["query"]}, "default_prompt_name .* is none of"),
        ({"truncate_dim": 0}, "a length of 0 is not possible"),
        ({"model_type": "CrossEncoder"}, "model_type 'CrossEncoder', which gives no dense"),
    ],
    ids=str,
)
def test_general_settings(own_model, changes, text):
    edit_json(own_model / "config_sentence_transformers.json", **changes)
    with pytest.raises(ValueError, match=text) as caught:
        read_folder(own_model)
    assert "config_sentence_transformers.json" in str(caught.value)
