"""Texts to packed token ids, by the model's own tokenizer."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.normalizers import BertNormalizer, Lowercase
from tokenizers.normalizers import Sequence as Normalizers

from embedfn.encoder.files import read_object
from embedfn.encoder.pack import Tokens

# An Encoding holds over 100 bytes a token, the ids 4: texts go through in chunks.
_CHUNK = 1024
_CHARACTERS = 1 << 20  # of a chunk, unless one text has more
# Classes whose tokenizer transformers builds anew from tokenizer_config.json, whatever the
# normaliser in tokenizer.json says (transformers 4 and 5, BertTokenizer and BertTokenizerFast).
_BERT_CLASSES = {"BertTokenizer", "BertTokenizerFast"}


class TokenCounts(NamedTuple):
    """How long texts are for a model.

    Attributes
    ----------
    tokens : int64 array of shape (n,)
        Tokens of the whole text, special tokens included, also where the model does not see all.
    truncated : bool array of shape (n,)
        Whether the model sees only a part of the text.
    """

    tokens: NDArray[np.int64]
    truncated: NDArray[np.bool_]


class Tokeniser:
    """A model's tokenizer, set up once and only read afterwards, so safe in many threads.

    Parameters
    ----------
    folder : Path
        Holds ``tokenizer.json`` and perhaps ``tokenizer_config.json``.
    max_tokens : int
        Longer texts are cut to this many tokens, special tokens included.
    lowercase : bool
        Lower-case texts before the tokenizer's own normaliser.

    Raises
    ------
    FileNotFoundError
        Without ``tokenizer.json``.
    ValueError
        For an unreadable file, and for a limit that leaves no room for the special tokens.
    """

    def __init__(self, folder: Path, max_tokens: int, lowercase: bool) -> None:
        file = folder / "tokenizer.json"
        if not file.is_file():
            message = (
                f"{file} is missing; load the model's tokenizer with transformers once and "
                "save_pretrained() it into that folder"
            )
            raise FileNotFoundError(message)
        try:
            tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # tokenizers raises bare Exception
            message = f"{file} is not a readable tokenizer: {error}"
            raise ValueError(message) from error
        special = tokenizer.num_special_tokens_to_add(is_pair=False)
        if max_tokens < special:
            message = (
                f"{folder}: texts would be cut to {max_tokens} tokens, fewer than the {special} "
                "special tokens that its tokenizer adds"
            )
            raise ValueError(message)
        config = read_object(folder / "tokenizer_config.json", optional=True)
        side = config.get("truncation_side") or (tokenizer.truncation or {}).get("direction")
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens, direction=side or "right")
        tokenizer.encode_special_tokens = bool(config.get("split_special_tokens", False))
        tokenizer.normalizer = _normalizer(tokenizer, config, lowercase)
        self._tokenizer = tokenizer
        self._special = special
        # Without offsets into the text; tokenizers before 0.20 do not have it.
        self._encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)

    def tokenise(self, texts: list[str]) -> Tokens:
        """Return the token ids of the texts, special tokens included, end to end."""
        parts = [np.empty(0, np.int32)]
        lengths = np.empty(len(texts), np.int64)
        start = 0
        for chunk in chunks(texts):
            rows = [encoding.ids for encoding in self._encode(chunk)]
            lengths[start : start + len(rows)] = [len(row) for row in rows]
            parts.append(np.fromiter(chain.from_iterable(rows), np.int32))
            start += len(rows)
        indptr = np.concatenate(([0], np.cumsum(lengths)))
        return Tokens(np.concatenate(parts), indptr)

    def count(self, texts: list[str]) -> TokenCounts:
        """Count the tokens that the texts have, and say which are cut."""
        counts = [
            (
                len(one) + sum(len(rest) - self._special for rest in one.overflowing),
                bool(one.overflowing),
            )
            for chunk in chunks(texts)
            for one in self._encode(chunk)
        ]
        tokens, truncated = zip(*counts, strict=True) if counts else ((), ())
        return TokenCounts(np.array(tokens, np.int64), np.array(truncated, np.bool_))


def chunks(texts: list[str]) -> Iterator[list[str]]:
    """Cut texts into lists of bounded size."""
    start = characters = 0
    for stop, text in enumerate(texts):
        if stop - start == _CHUNK or (characters > _CHARACTERS - len(text) and stop > start):
            yield texts[start:stop]
            start, characters = stop, 0
        characters += len(text)
    if start < len(texts):
        yield texts[start:]


def _normalizer(tokenizer: Tokenizer, config: dict[str, Any], lowercase: bool) -> Any:
    """The normaliser that transformers and Sentence Transformers would set up."""
    normalizer = tokenizer.normalizer
    if (config.get("tokenizer_class") or "BertTokenizer") in _BERT_CLASSES and type(
        tokenizer.model
    ).__name__ == "WordPiece":
        normalizer = BertNormalizer(
            clean_text=True,
            handle_chinese_chars=config.get("tokenize_chinese_chars", True),
            strip_accents=config.get("strip_accents"),
            lowercase=config.get("do_lower_case", True),
        )
    if not lowercase or isinstance(normalizer, Lowercase):
        return normalizer
    if isinstance(normalizer, Normalizers):
        steps = [normalizer[number] for number in range(len(normalizer))]
        if any(isinstance(step, Lowercase) for step in steps):
            return normalizer
        return Normalizers([Lowercase(), *steps])
    return Lowercase() if normalizer is None else Normalizers([Lowercase(), normalizer])
