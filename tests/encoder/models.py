"""Small random checkpoints, written and read by the real libraries."""

import json
import string
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
        modules = [
            transformer,
            Pooling(transformer.get_embedding_dimension(), recipe.pooling),
            *([Normalize()] if recipe.normalize else []),
        ]
        SentenceTransformer(modules=modules, device="cpu").save(str(folder / "model"))
    if recipe.edit is not None:
        recipe.edit(folder / "model")
    return folder / "model"


def peer_vectors(
    folder: Path, texts: list[str], normalize: bool = False, batch_size: int = 1
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
            texts, batch_size=batch_size, normalize_embeddings=normalize, show_progress_bar=False
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


def _save_raw(folder: Path, recipe: Recipe, seed: int) -> None:
    """Save the transformer and its tokenizer, every tensor random."""
    from transformers import (
        AutoConfig,
        AutoModel,
        BertTokenizer,
        XLMRobertaTokenizer,
    )

    bert = recipe.family == "bert"
    options: dict[str, Any] = {
        "vocab_size": len(VOCABULARY if bert else PIECES),
        "hidden_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": 66,
        "pad_token_id": 0 if bert else 1,
    }
    config = AutoConfig.for_model(recipe.family, **{**options, **recipe.config})
    model = AutoModel.from_config(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            scale = 0.3 if "embeddings" in name else 0.15
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * scale)
            if name.endswith("LayerNorm.weight"):
                tensor.add_(1)
    model.save_pretrained(folder)
    if bert:
        ids = {token: number for number, token in enumerate(VOCABULARY)}
        tokenizer = BertTokenizer(vocab=ids, do_lower_case=recipe.lower_case)
    else:
        tokenizer = XLMRobertaTokenizer(vocab=PIECES)
    tokenizer.model_max_length = 10**30 if bert else 64
    tokenizer.save_pretrained(folder)
