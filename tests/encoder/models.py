"""Small random checkpoints, written and read by the real libraries."""

import json
import string
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

# fmt: off
WORDS = [
    "the", "a", "of", "and", "to", "in", "is", "was", "for",
    "with", "as", "on", "by", "hello", "world", "founded", "academic", "discipline",
    "artificial", "intelligence", "##s", "##ing", "##ed", "中", "文", "的", "一",
    "é", "ü", "я", "б",
]
# fmt: on
CHARACTERS = [c for c in string.printable if not c.isspace()]
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = list(dict.fromkeys([*SPECIALS, *CHARACTERS, *(f"##{c}" for c in CHARACTERS), *WORDS]))
PIECES = [
    ("<s>", 0.0),
    ("<pad>", 0.0),
    ("</s>", 0.0),
    ("<unk>", 0.0),
    ("▁", -2.0),
    *((f"▁{word}", -3.0) for word in WORDS if not word.startswith("#")),
    *((character, -6.0) for character in CHARACTERS),
    ("<mask>", 0.0),
]


@dataclass
class Recipe:
    """How to make one model; ``edit`` changes the saved folder."""

    family: str = "bert"
    pooling: str | tuple[str, ...] = "mean"
    normalize: bool = True
    max_seq_length: int | None = None
    lower_case: bool = True
    config: dict[str, Any] = field(default_factory=dict)
    edit: Callable[[Path], None] | None = None
    include_prompt: bool = True
    # Modules behind or before the pooling, made from the number of components there.
    behind: Callable[[int], list[Any]] | None = None
    before: Callable[[int], list[Any]] | None = None


def build(folder: Path, recipe: Recipe | None = None, seed: int = 1) -> Path:
    """Save a random model as Sentence Transformers does; returns its folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    recipe = recipe or Recipe()
    raw = folder / "raw"
    raw.mkdir(parents=True)
    with quiet():
        _save_raw(raw, recipe, seed)
        transformer = Transformer(str(raw), max_seq_length=recipe.max_seq_length)
        width = transformer.get_embedding_dimension()
        before = recipe.before(width) if recipe.before else []
        width = before[-1].get_embedding_dimension() if before else width
        pooling = Pooling(width, recipe.pooling, include_prompt=recipe.include_prompt)
        behind = recipe.behind(pooling.get_embedding_dimension()) if recipe.behind else []
        modules = [
            transformer,
            *before,
            pooling,
            *behind,
            *([Normalize()] if recipe.normalize else []),
        ]
        SentenceTransformer(modules=modules, device="cpu").save(str(folder / "model"))
    if recipe.edit is not None:
        recipe.edit(folder / "model")
    return folder / "model"


def peer_vectors(
    folder: Path,
    texts: list[str],
    normalize: bool = False,
    batch_size: int = 1,
    prompt: str | None = None,
    truncate_dim: int | None = None,
) -> np.ndarray:
    """The real sentence-transformers' vectors, each text alone, in fp32 on the CPU."""
    from sentence_transformers import SentenceTransformer

    with quiet():
        model = SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            model_kwargs={"dtype": torch.float32},
        )
        return model.encode(
            texts,
            batch_size=batch_size,
            normalize_embeddings=normalize,
            show_progress_bar=False,
            prompt=prompt,
            truncate_dim=truncate_dim,
        )


@contextmanager
def quiet() -> Iterator[None]:
    """The peers warn and draw progress bars; neither concerns these tests."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def edit_json(file: Path, **changes: Any) -> None:
    """Set keys of a JSON file; None removes one."""
    values = json.loads(file.read_text()) if file.is_file() else {}
    values.update(changes)
    file.write_text(json.dumps({k: v for k, v in values.items() if v is not None}))


def rename_tensors(folder: Path, rename: Callable[[str], str]) -> None:
    """Rename the tensors of a model."""
    from safetensors.torch import load_file, save_file

    file = folder / "model.safetensors"
    tensors = load_file(file)
    save_file({rename(name): t for name, t in tensors.items()}, file, metadata={"format": "pt"})


def to_pickle(folder: Path) -> None:
    """Keep the weights as pytorch_model.bin alone."""
    from safetensors.torch import load_file

    file = folder / "model.safetensors"
    torch.save(load_file(file), folder / "pytorch_model.bin")
    file.unlink()


# What a family's configuration calls BERT's numbers, and what else it must be told.
_KEYS = {
    "distilbert": {
        "hidden_size": "dim",
        "num_hidden_layers": "n_layers",
        "num_attention_heads": "n_heads",
        "intermediate_size": "hidden_dim",
    },
    "t5": {
        "hidden_size": "d_model",
        "num_hidden_layers": "num_layers",
        "num_attention_heads": "num_heads",
        "intermediate_size": "d_ff",
        "max_position_embeddings": None,
    },
}
_SETTINGS: dict[str, dict[str, Any]] = {
    "modernbert": {
        "local_attention": 16,
        "cls_token_id": 2,
        "sep_token_id": 3,
        "bos_token_id": 2,
        "eos_token_id": 3,
    },
    "albert": {"embedding_size": 24},
    "electra": {"embedding_size": 24},
    "convbert": {"embedding_size": 48},
    "qwen2": {"num_key_value_heads": 2},
    "t5": {"d_kv": 12, "decoder_start_token_id": 0},
}
_WORDPIECE = {
    *("bert", "distilbert", "modernbert", "electra", "mpnet"),
    *("convbert", "deberta-v2", "fnet", "qwen2"),
}
_PAD_FIRST = _WORDPIECE - {"mpnet"} | {"t5"}


def build_masked(folder: Path, recipe: Recipe | None = None, seed: int = 1) -> Path:
    """Save a random masked language model as transformers does; returns its folder."""
    recipe = recipe or Recipe()
    with quiet():
        _save_raw(folder, recipe, seed, "AutoModelForMaskedLM")
    if recipe.edit is not None:
        recipe.edit(folder)
    return folder


def build_classifier(folder: Path, recipe: Recipe | None = None, seed: int = 1) -> Path:
    """Save a random sequence classifier of one label, as cross-encoders are; returns its folder."""
    recipe = recipe or Recipe()
    recipe = replace(recipe, config={"num_labels": 1} | recipe.config)
    with quiet():
        _save_raw(folder, recipe, seed, "AutoModelForSequenceClassification")
    return folder


def _save_raw(folder: Path, recipe: Recipe, seed: int, kind: str = "AutoModel") -> None:
    """Save the transformer and its tokenizer, every tensor random."""
    import transformers
    from transformers import AutoConfig

    tokenizer, size = tokenizer_of(recipe)
    numbers: dict[str, Any] = {
        "vocab_size": size,
        "hidden_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": 66,
        "pad_token_id": 0 if recipe.family in _PAD_FIRST else 1,
    }
    keys = _KEYS.get(recipe.family, {})
    options = {keys.get(key, key): value for key, value in numbers.items() if keys.get(key, key)}
    options |= _SETTINGS.get(recipe.family, {}) | recipe.config
    model = getattr(transformers, kind).from_config(AutoConfig.for_model(recipe.family, **options))
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            scale = 0.3 if "embed" in name else 0.15
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * scale)
            if "norm" in name.lower() and name.endswith("weight"):
                tensor.add_(1)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def tokenizer_of(recipe: Recipe) -> tuple[Any, int]:
    """The family's tokenizer and the size of its vocabulary."""
    from transformers import (
        AlbertTokenizer,
        BertTokenizer,
        CamembertTokenizer,
        MPNetTokenizer,
        RobertaTokenizer,
        T5Tokenizer,
        XLMRobertaTokenizer,
    )

    family = recipe.family
    if family == "mpnet":
        words = [{"[PAD]": "<pad>", "[CLS]": "<s>", "[SEP]": "</s>"}.get(w, w) for w in VOCABULARY]
        words[words.index("[MASK]")] = "<mask>"
        words[0], words[2] = words[2], words[0]
        words.insert(1, words.pop(words.index("<pad>")))
        ids = {token: number for number, token in enumerate(words)}
        tokenizer = MPNetTokenizer(vocab=ids, do_lower_case=recipe.lower_case)
    elif family in _WORDPIECE:
        ids = {token: number for number, token in enumerate(VOCABULARY)}
        tokenizer = BertTokenizer(vocab=ids, do_lower_case=recipe.lower_case)
    elif family == "roberta":
        ids, merges = _byte_pairs()
        tokenizer = RobertaTokenizer(vocab=ids, merges=merges)
    elif family == "t5":
        kept = [piece for piece in PIECES if piece[0] not in ("<s>", "<mask>")]
        tokenizer = T5Tokenizer(vocab=[*kept[:1], *kept[1:]], extra_ids=0)
    else:
        kinds = {"albert": AlbertTokenizer, "camembert": CamembertTokenizer}
        kind = kinds.get(family, XLMRobertaTokenizer)
        special = {"cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
        tokenizer = kind(vocab=PIECES, **(special if family == "albert" else {}))
    tokenizer.model_max_length = (
        10**30
        if family in _WORDPIECE - {"mpnet"}
        else recipe.config.get("max_position_embeddings", 66) - 2
    )
    return tokenizer, len(tokenizer)


def _byte_pairs() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary of bytes and a few merges, RoBERTa's special tokens first."""
    from tokenizers.pre_tokenizers import ByteLevel

    merges = [
        ("t", "h"),
        ("th", "e"),
        ("Ġ", "the"),
        ("i", "n"),
        ("in", "g"),
        ("Ġ", "a"),
        ("o", "f"),
    ]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet())]
    tokens += [*("".join(pair) for pair in merges), "<mask>"]
    return {token: number for number, token in enumerate(tokens)}, merges
