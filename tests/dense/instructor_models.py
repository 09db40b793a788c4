"""Small random Instructor models in the form of the published ones, and upstream's own code."""

import json
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import linear, normalize

from tests.encoder.models import Recipe, build, quiet, to_pickle
from tests.encoder.test_chain import dense, old_pickles

LIMIT = 40
DIM = 20


def build_instructor(folder: Path, seed: int = 1, **pooling: object) -> Path:
    """Save a T5 encoder with pooling, Dense and Normalize, in the files that the hub has."""

    def as_published(model):
        old_pickles(model)
        to_pickle(model)
        keys = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
        keys += ("weightedmean_tokens", "lasttoken")
        modes = {f"pooling_mode_{key}": key == "mean_tokens" for key in keys}
        files = {
            "1_Pooling/config.json": {"word_embedding_dimension": 48} | modes | pooling,
            "2_Dense/config.json": {
                "in_features": 48,
                "out_features": DIM,
                "bias": False,
                "activation_function": "torch.nn.modules.linear.Identity",
            },
            "sentence_bert_config.json": {"max_seq_length": LIMIT, "do_lower_case": False},
            "config_sentence_transformers.json": {
                "__version__": {"sentence_transformers": "2.2.2"}
            },
        }
        for name, values in files.items():
            (model / name).write_text(json.dumps(values))
        (model / "3_Normalize" / "config.json").unlink()

    behind = partial(dense, out=DIM, activation=nn.Identity(), bias=False)
    recipe = Recipe("t5", behind=lambda width: [behind(width)], edit=as_published)
    return build(folder, recipe, seed)


def their_code():
    """Upstream's module; it looks for packages when it is imported."""
    for name in ("sentence_transformers", "huggingface_hub", "transformers"):
        pytest.importorskip(name)
    with quiet():
        return import_module("pymilvus.model.dense.instructor_embedding.instructor_impl")


class UpstreamModel:
    """Upstream's own tokens, masks and pooling, around the parts of a folder.

    Its classes cannot be made with sentence-transformers 6, so their methods get what they use.
    """

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer, T5EncoderModel

        self._code = their_code()
        with quiet():
            self._own = SimpleNamespace(
                tokenizer=AutoTokenizer.from_pretrained(folder),
                auto_model=T5EncoderModel.from_pretrained(folder, dtype=torch.float32).eval(),
                max_seq_length=LIMIT,
                do_lower_case=False,
            )
        self._own.tokenize = self.tokenize = partial(
            self._code.InstructorTransformer.tokenize, self._own
        )
        self._pooling = self._code.InstructorPooling.load(folder / "1_Pooling")
        self._dense = torch.load(folder / "2_Dense" / "pytorch_model.bin")["linear.weight"]

    def pooled(self, features: dict) -> torch.Tensor:
        """What the pooling gives for tokenised pairs."""
        with torch.no_grad():
            states = self._code.InstructorTransformer.forward(self._own, features)
            return self._pooling(states)["sentence_embedding"]

    def vectors(self, instruction: str, texts: list[str]) -> np.ndarray:
        """Vectors of the texts, each alone."""
        rows = [self.pooled(self.tokenize([[instruction, text]])) for text in texts]
        return normalize(linear(torch.cat(rows), self._dense)).numpy()
