"""A tokenizer out of the vocabulary files of older folders, which have no ``tokenizer.json``."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import BPE, WordPiece

from embedfn.encoder.files import read_object
from embedfn.encoder.specials import Specials
from embedfn.encoder.values import flag, name

# Special tokens of the tokenizers' classes in transformers, where no file names others.
_BERT = {"cls": "[CLS]", "sep": "[SEP]", "unk": "[UNK]", "pad": "[PAD]", "mask": "[MASK]"}
_ROBERTA = {"cls": "<s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}
_MPNET = {**_ROBERTA, "unk": "[UNK]"}


def tokenizer_of(folder: Path, config: dict[str, Any]) -> Tokenizer:
    """Build the tokenizer that transformers builds from the same files.

    Parameters
    ----------
    folder : Path
        Holds ``vocab.txt`` (WordPiece), or ``vocab.json`` and ``merges.txt`` (BPE over bytes).
    config : dict
        The folder's ``tokenizer_config.json``.

    Raises
    ------
    FileNotFoundError
        Where neither is there.
    ValueError
        For unreadable files and for a vocabulary without its special tokens.
    """
    words = folder / "vocab.txt"
    pairs = (folder / "vocab.json", folder / "merges.txt")
    if words.is_file():
        return _wordpiece(words, config)
    if all(file.is_file() for file in pairs):
        return _bytes_bpe(*pairs, config)
    message = (
        f"{folder / 'tokenizer.json'} is missing, and so is vocab.txt; load the model's tokenizer "
        "with transformers once and save_pretrained() it into that folder"
    )
    raise FileNotFoundError(message)


def bert_normalizer(config: dict[str, Any], folder: Path) -> normalizers.BertNormalizer:
    """Return the normaliser of BERT's tokenizer, as ``tokenizer_config.json`` sets it up.

    Raises
    ------
    ValueError
        For an option that is neither true nor false.
    """
    file = folder / "tokenizer_config.json"
    accents = config.get("strip_accents")
    return normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=flag(config, "tokenize_chinese_chars", file, absent=True),
        strip_accents=None if accents is None else flag(config, "strip_accents", file, False),
        lowercase=flag(config, "do_lower_case", file, absent=True),
    )


def unknown_token(tokenizer: Tokenizer) -> int | None:
    """Return the token for what the tokenizer does not know; None where it has none."""
    model = tokenizer.model
    if hasattr(model, "unk_token"):
        return None if model.unk_token is None else tokenizer.token_to_id(model.unk_token)
    unknown: int | None = json.loads(tokenizer.to_str())["model"].get("unk_id")  # Unigram
    return unknown


def _wordpiece(file: Path, config: dict[str, Any]) -> Tokenizer:
    """BERT's tokenizer, with MPNet's special tokens for MPNet."""
    mpnet = _kind(file.parent, config) == "mpnet"
    specials = Specials(file.parent, config, _MPNET if mpnet else _BERT, mask_strips=mpnet)
    try:
        model = WordPiece.from_file(str(file), unk_token=specials.content("unk"))
    except Exception as error:  # tokenizers raises bare Exception
        message = f"{file} is not a readable vocabulary: {error}"
        raise ValueError(message) from error
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = bert_normalizer(config, file.parent)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return specials.add_to(tokenizer, file)


def _bytes_bpe(vocabulary: Path, merges: Path, config: dict[str, Any]) -> Tokenizer:
    """RoBERTa's tokenizer."""
    specials = Specials(vocabulary.parent, config, _ROBERTA)
    try:
        model = BPE.from_file(str(vocabulary), str(merges))
    except Exception as error:  # tokenizers raises bare Exception
        message = f"{vocabulary} and {merges.name} are not a readable vocabulary: {error}"
        raise ValueError(message) from error
    tokenizer = Tokenizer(model)
    file = vocabulary.parent / "tokenizer_config.json"
    spaced = flag(config, "add_prefix_space", file, absent=False)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=spaced)
    return specials.add_to(tokenizer, vocabulary)


def _kind(folder: Path, config: dict[str, Any]) -> str:
    """The family whose tokenizer it is, in small letters."""
    given = name(config, "tokenizer_class", folder / "tokenizer_config.json")
    if given:
        return given.removesuffix("Fast").removesuffix("Tokenizer").lower()
    return str(read_object(folder / "config.json", optional=True).get("model_type")).lower()
