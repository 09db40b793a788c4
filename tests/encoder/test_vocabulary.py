"""Folders with vocabulary files alone, against the tokenizers that transformers makes of them."""

import json

import pytest

from embedfn.encoder.tokenise import Tokeniser
from tests.encoder.models import Recipe, build, edit_json
from tests.encoder.test_tokenise import peer_ids, rows
from tests.encoder.texts import HARD, random_texts

TEXTS = [*HARD, "[MASK] x <mask> y", "a <mask>b", *random_texts(100, seed=51)]


def only_vocabulary(folder, keep_config=True):
    """Write the files of old releases and drop those of new ones; returns the vocabulary."""
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "tokenizer.json").unlink()
    if not keep_config:
        (folder / "tokenizer_config.json").unlink()
    if model["type"] == "BPE":
        (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
        lines = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n")
    else:
        words = sorted(model["vocab"], key=model["vocab"].get)
        (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


CHANGES = [
    {},
    {"do_lower_case": False},
    {"strip_accents": True, "do_lower_case": False},
    {"tokenize_chinese_chars": False},
    {"mask_token": {"__type": "AddedToken", "content": "[MASK]", "lstrip": True}},
    {"additional_special_tokens": ["hello", "##ing"]},
    {"extra_special_tokens": {"own_token": "hello"}},
    {"cls_token": "hello", "unk_token": "the"},
    {
        "added_tokens_decoder": {
            "4": {"content": "[MASK]", "rstrip": True, "special": True},
            "104": {"content": "Artificial", "special": False, "normalized": True},
            "9": {"content": "world", "single_word": True, "special": True},
        }
    },
]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_bert_as_transformers(tmp_path, changes):
    folder = build(tmp_path, Recipe("bert"))
    only_vocabulary(folder)
    edit_json(folder / "tokenizer_config.json", **changes)
    tokens = Tokeniser(folder, 40, lowercase=False).tokenise(TEXTS)
    assert rows(tokens) == peer_ids(folder, TEXTS, 40)


def test_legacy_files_as_transformers(tmp_path):
    folder = build(tmp_path, Recipe("bert"))
    only_vocabulary(folder)
    words = (folder / "vocab.txt").read_text().splitlines()
    edit_json(folder / "added_tokens.json", **{"Artificial intelligence": len(words)})
    edit_json(
        folder / "special_tokens_map.json",
        mask_token={"content": "[MASK]", "lstrip": True, "normalized": False},
        sep_token="world",
    )
    tokens = Tokeniser(folder, 40, lowercase=False).tokenise(TEXTS)
    assert rows(tokens) == peer_ids(folder, TEXTS, 40)
    assert len(words) in tokens.ids


@pytest.mark.parametrize("spaced", [False, True])
def test_roberta_as_transformers(tmp_path, spaced):
    folder = build(tmp_path, Recipe("roberta"))
    only_vocabulary(folder)
    edit_json(folder / "tokenizer_config.json", add_prefix_space=spaced)
    tokens = Tokeniser(folder, 40, lowercase=False).tokenise(TEXTS)
    assert rows(tokens) == peer_ids(folder, TEXTS, 40)


@pytest.mark.parametrize("family", ["bert", "distilbert", "mpnet", "roberta"])
@pytest.mark.parametrize("keep_config", [False, True])
def test_families_as_transformers(tmp_path, family, keep_config):
    folder = build(tmp_path, Recipe(family))
    only_vocabulary(folder, keep_config)
    tokens = Tokeniser(folder, 40, lowercase=False).tokenise(TEXTS)
    assert rows(tokens) == peer_ids(folder, TEXTS, 40)


@pytest.mark.parametrize(
    ("family", "name", "content", "text"),
    [
        ("bert", "vocab.txt", "one\ntwo\n", r"vocab\.txt lacks the cls token '\[CLS\]'"),
        ("roberta", "vocab.json", "{", r"vocab\.json and merges\.txt are not a readable"),
        ("roberta", "merges.txt", "#version: 0.2\nq q\n", "are not a readable vocabulary"),
        ("roberta", "vocab.json", '{"a": 0}', "are not a readable|lacks the cls token"),
        ("bert", "special_tokens_map.json", '{"cls_token": 7}', "cls_token must be a str or"),
        ("bert", "added_tokens.json", '{"x": "y"}', "the id of an added token must be"),
        ("bert", "added_tokens.json", '{"x": ["y"]}', "the id of an added token must be"),
        ("bert", "tokenizer_config.json", '{"extra_special_tokens": 7}', "extra_special_tokens"),
        ("bert", "tokenizer_config.json", '{"added_tokens_decoder": [1]}', "added_tokens_decoder"),
        ("bert", "tokenizer_config.json", '{"added_tokens_decoder": {"1": 2}}', "added token 1"),
    ],
)
def test_broken_vocabularies(tmp_path, family, name, content, text):
    folder = build(tmp_path, Recipe(family))
    only_vocabulary(folder, keep_config=False)
    (folder / name).write_text(content)
    with pytest.raises(ValueError, match=text):
        Tokeniser(folder, 40, lowercase=False)


def test_broken_bytes(tmp_path):
    folder = build(tmp_path, Recipe("bert"))
    only_vocabulary(folder)
    (folder / "vocab.txt").write_bytes(b"\xff\xfe[CLS]\n")
    with pytest.raises(ValueError, match=r"vocab\.txt is not a readable vocabulary"):
        Tokeniser(folder, 40, lowercase=False)
