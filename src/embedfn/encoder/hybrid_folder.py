"""What the folders of hybrid models hold: BGE-M3's and mGTE's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from embedfn.encoder.bert import Affine
from embedfn.encoder.config import EncoderConfig
from embedfn.encoder.families import ModelConfig, read_model_config
from embedfn.encoder.files import read_object
from embedfn.encoder.gte_config import GteConfig
from embedfn.encoder.stored import Stored, open_stored, open_tensors
from embedfn.encoder.tokenise import Tokeniser

COLBERT, SPARSE = "colbert_linear.pt", "sparse_linear.pt"
# Tokens whose weights FlagEmbedding and upstream leave out, by role, with the contents that the
# tokenizers' classes in transformers give them where no file does.
_UNUSED = ("cls", "eos", "pad", "unk")
_ROBERTA = {"cls": "<s>", "eos": "</s>", "pad": "<pad>", "unk": "<unk>"}
_BERT = {"cls": "[CLS]", "pad": "[PAD]", "unk": "[UNK]"}


@dataclass(frozen=True)
class HybridFolder:
    """One model whose hidden states become several kinds of vectors.

    Attributes
    ----------
    path : Path
        Holds ``config.json``, the weights and the tokenizer.
    config : EncoderConfig or GteConfig
    sparse : Affine or None
        From a hidden state to its token's weight, (1, hidden).
    colbert : Affine or None
        From a hidden state to its token's vector, (dim, hidden).
    """

    path: Path
    config: ModelConfig
    sparse: Affine | None
    colbert: Affine | None


def read_bge_m3(folder: Path, sparse: bool, colbert: bool) -> HybridFolder:
    """Read BGE-M3's folder: an XLM-RoBERTa, ``sparse_linear.pt`` and ``colbert_linear.pt``.

    Parameters
    ----------
    folder : Path
    sparse, colbert : bool
        Which of the two must be there; one that need not be is read where it is.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a file that is no JSON, no checkpoint or says what is not supported; it is named.
    """
    file = folder / "config.json"
    values = read_object(file)
    config = read_model_config(folder, values)
    if not isinstance(config, EncoderConfig):
        message = (
            f"{file} has model_type {values.get('model_type')!r}; BGE-M3's is 'xlm-roberta', and "
            "BERT's kin are taken too"
        )
        raise ValueError(message)
    return HybridFolder(
        path=folder,
        config=config,
        sparse=_head(folder / SPARSE, config.hidden_size, sparse, 1),
        colbert=_head(folder / COLBERT, config.hidden_size, colbert, None),
    )


def read_mgte(folder: Path, sparse: bool) -> HybridFolder:
    """Read mGTE's folder: a GTE encoder, whose checkpoint carries the layer for weights too.

    Raises
    ------
    FileNotFoundError, ValueError
        As :func:`read_bge_m3`.
    """
    file = folder / "config.json"
    values = read_object(file)
    config = read_model_config(folder, values)
    if not isinstance(config, GteConfig):
        message = (
            f"{file} has model_type {values.get('model_type')!r}, which is not GTE's: 'new', or "
            "'gte' as transformers names it"
        )
        raise ValueError(message)
    classifier = None
    if sparse:
        with open_stored(folder) as stored:
            classifier = _affine(stored, "classifier.", (1, config.hidden_size))
    return HybridFolder(folder, config, classifier, None)


def skipped_tokens(folder: Path, tokeniser: Tokeniser) -> NDArray[np.bool_]:
    """Return which tokens get no weight: classification, end, padding and unknown.

    Parameters
    ----------
    folder : Path
        Holds perhaps ``tokenizer_config.json`` and ``special_tokens_map.json``.
    tokeniser : Tokeniser

    Returns
    -------
    bool array of shape (vocabulary,)
    """
    config = read_object(folder / "tokenizer_config.json", optional=True)
    said = read_object(folder / "special_tokens_map.json", optional=True) | config
    kind = str(config.get("tokenizer_class") or "XLMRobertaTokenizer")
    defaults = _BERT if kind.startswith("Bert") else _ROBERTA
    skipped = np.zeros(tokeniser.vocabulary_size, bool)
    for role in _UNUSED:
        token = _content(said.get(f"{role}_token")) or defaults.get(role)
        number = None if token is None else tokeniser.id_of(token)
        if number is not None:
            skipped[number] = True
    return skipped


def _content(value: Any) -> str | None:
    """A token that a file gives as a str or as an object."""
    content = value.get("content") if isinstance(value, dict) else value
    return content if isinstance(content, str) else None


def _head(file: Path, hidden: int, needed: bool, outputs: int | None) -> Affine | None:
    """A linear layer in a file of its own."""
    if not file.is_file():
        if not needed:
            return None
        message = (
            f"{file} is missing, without which there are no such vectors; copy or download the "
            "whole model again, or turn them off"
        )
        raise FileNotFoundError(message)
    with open_tensors(file) as readers:
        stored = Stored(file, readers)
        if outputs is None:
            weight = readers["weight"]("weight") if "weight" in readers else None
            outputs = len(weight) if isinstance(weight, Tensor) and weight.ndim == 2 else 1
        return _affine(stored, "", (outputs, hidden))


def _affine(stored: Stored, prefix: str, shape: tuple[int, int]) -> Affine:
    """A linear layer's two tensors."""
    for name in (f"{prefix}weight", f"{prefix}bias"):
        if name not in stored.readers:
            message = (
                f"{stored.file} has no tensor {name!r}, of the layer that weighs or maps tokens"
            )
            raise ValueError(message)
    weight = stored.read(f"{prefix}weight", shape, "config.json")
    return Affine(weight, stored.read(f"{prefix}bias", shape[:1], "config.json"))
