"""Token ids against transformers' tokenizers."""

import threading

import numpy as np
import pytest

from embedfn.encoder.tokenise import Tokeniser
from tests.encoder.models import edit_json, quiet
from tests.encoder.texts import HARD, random_texts


def peer_ids(folder, texts, max_tokens):
    from transformers import AutoTokenizer

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
        return tokenizer(texts, truncation=True, max_length=max_tokens)["input_ids"]


def rows(tokens):
    bounds = zip(tokens.indptr[:-1], tokens.indptr[1:], strict=True)
    return [tokens.ids[start:stop].tolist() for start, stop in bounds]


@pytest.mark.parametrize("max_tokens", [2, 3, 17, 256])
def test_minilm_as_peer(minilm, max_tokens):
    texts = [*HARD, *random_texts(400, seed=21)]
    tokens = Tokeniser(minilm, max_tokens, lowercase=False).tokenise(texts)
    assert tokens.ids.dtype == np.int32
    assert tokens.indptr.dtype == np.int64
    assert rows(tokens) == peer_ids(minilm, texts, max_tokens)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"do_lower_case": False},
        {"do_lower_case": None},
        {"strip_accents": True, "do_lower_case": False},
        {"strip_accents": False},
        {"tokenize_chinese_chars": False},
        {"tokenizer_class": "BertTokenizerFast", "do_lower_case": False},
        {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": False},
        {"tokenizer_class": None, "do_lower_case": False},
        {"truncation_side": "left"},
        {"split_special_tokens": True},
    ],
    ids=str,
)
def test_tokenizer_config_as_peer(own_model, changes):
    edit_json(own_model / "tokenizer_config.json", **changes)
    texts = [*HARD, *random_texts(100, seed=22)]
    tokens = Tokeniser(own_model, 30, lowercase=False).tokenise(texts)
    assert rows(tokens) == peer_ids(own_model, texts, 30)


def test_more_texts_than_a_chunk(small_model):
    tokeniser = Tokeniser(small_model, 30, lowercase=False)
    texts = random_texts(2500, seed=23)
    assert rows(tokeniser.tokenise(texts)) == [
        row for text in texts for row in rows(tokeniser.tokenise([text]))
    ]


def test_no_texts(small_model):
    tokens = Tokeniser(small_model, 30, lowercase=False).tokenise([])
    assert len(tokens.ids) == 0
    assert tokens.indptr.tolist() == [0]


def test_sixteen_threads(small_model):
    tokeniser = Tokeniser(small_model, 30, lowercase=False)
    texts = random_texts(200, seed=24)
    expected = rows(tokeniser.tokenise(texts))
    results = []

    def work() -> None:
        results.extend(rows(tokeniser.tokenise(texts)) == expected for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 80


def test_missing_file(own_model):
    (own_model / "tokenizer.json").unlink()
    with pytest.raises(
        FileNotFoundError, match=r"tokenizer\.json is missing, and so .* load .* save_pre"
    ):
        Tokeniser(own_model, 30, lowercase=False)


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"version": "1.0"}'])
def test_broken_file(own_model, content):
    (own_model / "tokenizer.json").write_text(content)
    with pytest.raises(ValueError, match=r"tokenizer\.json is not a readable tokenizer"):
        Tokeniser(own_model, 30, lowercase=False)


def test_broken_config(own_model):
    (own_model / "tokenizer_config.json").write_text("{")
    with pytest.raises(ValueError, match=r"tokenizer_config\.json is not readable as JSON"):
        Tokeniser(own_model, 30, lowercase=False)


def test_no_room_for_special_tokens(small_model):
    with pytest.raises(ValueError, match="cut to 1 tokens, fewer than the 2 special tokens"):
        Tokeniser(small_model, 1, lowercase=False)
