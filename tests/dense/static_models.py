"""Small random static models in model2vec's format, and its formula in NumPy."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import Unigram, WordLevel, WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer, Metaspace, Whitespace

from tests.encoder.models import PIECES, VOCABULARY, WORDS


@dataclass(frozen=True)
class StaticRecipe:
    """How to make one model; ``layout`` 1 and 2 are Sentence Transformers' ways to keep it."""

    tokenizer: str = "wordpiece"
    dtype: Any = np.float32
    normalize: bool | None = None
    max_length: int | None = -1  # the settings name none
    clusters: int | None = None  # rows that tokens share
    weights: bool = False
    layout: int = 0
    dim: int = 24


def build_static(folder: Path, recipe: StaticRecipe | None = None) -> Path:
    """Save a random static model; returns its folder."""
    recipe = recipe or StaticRecipe()
    generator = np.random.default_rng(7)
    tokenizer = tokenizer_of(recipe.tokenizer)
    n_tokens = tokenizer.get_vocab_size()
    shape = (recipe.clusters or n_tokens, recipe.dim)
    if recipe.dtype == np.int8:
        table = generator.integers(-127, 128, shape).astype(np.int8)
    else:
        table = generator.standard_normal(shape).astype(recipe.dtype)
    tensors = {"embedding.weight" if recipe.layout else "embeddings": table}
    if recipe.clusters:
        tensors["mapping"] = generator.integers(0, recipe.clusters, n_tokens)
    if recipe.weights:
        tensors["weights"] = generator.random(n_tokens).astype(np.float32)
    settings: dict[str, Any] = {"model_type": "model2vec"}
    if recipe.normalize is not None:
        settings["normalize"] = recipe.normalize
    if recipe.max_length != -1:
        settings["max_length"] = recipe.max_length
    place = folder / ("0_StaticEmbedding" if recipe.layout == 2 else "")
    place.mkdir(parents=True, exist_ok=True)
    save_file(tensors, place / "model.safetensors")
    tokenizer.save(str(place / "tokenizer.json"))
    name = "config_sentence_transformers.json" if recipe.layout else "config.json"
    (folder / name).write_text(json.dumps(settings))
    return folder


def tokenizer_of(kind: str) -> Tokenizer:
    """A tokenizer of each kind that static models come with."""
    if kind == "wordpiece":
        ids = {token: number for number, token in enumerate(VOCABULARY)}
        tokenizer = Tokenizer(WordPiece(ids, unk_token="[UNK]"))
        tokenizer.normalizer = BertNormalizer()
        tokenizer.pre_tokenizer = BertPreTokenizer()
        tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        tokenizer.enable_padding()
    elif kind == "wordlevel":
        words = [word for word in WORDS if word.isalpha()]
        ids = {token: number for number, token in enumerate(["[PAD]", "[UNK]", *words])}
        tokenizer = Tokenizer(WordLevel(ids, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
    else:
        tokenizer = Tokenizer(Unigram(PIECES, unk_id=3 if kind == "unigram" else None))
        tokenizer.pre_tokenizer = Metaspace()
    return tokenizer


def formula(folder: Path, recipe: StaticRecipe, texts: list[str]) -> np.ndarray:
    """What model2vec computes, text by text, in float64."""
    from safetensors.numpy import load_file

    place = folder / ("0_StaticEmbedding" if recipe.layout == 2 else "")
    tensors = load_file(place / "model.safetensors")
    table = tensors["embedding.weight" if recipe.layout else "embeddings"].astype(np.float64)
    tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
    tokenizer.no_padding()
    limit = 512 if recipe.max_length == -1 else recipe.max_length
    characters = None
    if limit is not None:
        tokenizer.enable_truncation(limit)
        characters = limit * int(np.median([len(token) for token in tokenizer.get_vocab()]))
    unknown = {"wordpiece": "[UNK]", "wordlevel": "[UNK]", "unigram": "<unk>"}.get(recipe.tokenizer)
    unknown_id = None if unknown is None else tokenizer.token_to_id(unknown)
    vectors = np.zeros((len(texts), table.shape[1]))
    for vector, text in zip(vectors, texts, strict=True):
        ids = tokenizer.encode(text[:characters], add_special_tokens=False).ids
        ids = [number for number in ids if number != unknown_id]
        if ids:
            rows = table[tensors["mapping"][ids] if recipe.clusters else ids]
            if recipe.weights:
                rows = rows * tensors["weights"][ids][:, None]
            vector[:] = rows.mean(axis=0)
    if recipe.normalize:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-32
    return vectors
