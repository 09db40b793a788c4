"""Texts to packed token ids, by the model's own tokenizer."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tokenizers.normalizers import Lowercase
from tokenizers.normalizers import Sequence as Normalizers

from embedfn.encoder.files import read_object
from embedfn.encoder.pack import Tokens
from embedfn.encoder.parts import part_tokeniser
from embedfn.encoder.values import flag, name
from embedfn.encoder.vocabulary import bert_normalizer, tokenizer_of, unknown_token

# An Encoding holds over 100 bytes a token, the ids 4: texts go through in chunks.
_CHUNK = 1024
_CHARACTERS = 1 << 20  # of a chunk, unless one text has more
# Classes whose tokenizer transformers builds anew from tokenizer_config.json, whatever the
# normaliser in tokenizer.json says (transformers 4 and 5).
_BERT_CLASSES = {
    f"{family}Tokenizer{kind}"
    for family in ("Bert", "DistilBert", "MPNet", "Electra")
    for kind in ("", "Fast")
}


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
        Holds ``tokenizer.json`` or the files of an older vocabulary (see
        :func:`embedfn.encoder.vocabulary.tokenizer_of`), and perhaps ``tokenizer_config.json``.
    max_tokens : int
        Longer texts are cut to this many tokens, special tokens included.
    lowercase : bool
        Lower-case texts before the tokenizer's own normaliser.
    special : bool
        Whether special tokens are put around each text.

    Raises
    ------
    FileNotFoundError
        Without any of them.
    ValueError
        For an unreadable file, and for a limit that leaves no room for the special tokens.
    """

    def __init__(
        self, folder: Path, max_tokens: int, lowercase: bool, special: bool = True
    ) -> None:
        config = read_object(folder / "tokenizer_config.json", optional=True)
        tokenizer = _tokenizer(folder, config)
        around = tokenizer.num_special_tokens_to_add(is_pair=False) if special else 0
        if max_tokens < around:
            message = (
                f"{folder}: texts would be cut to {max_tokens} tokens, fewer than the {around} "
                "special tokens that its tokenizer adds"
            )
            raise ValueError(message)
        file = folder / "tokenizer_config.json"
        side = name(config, "truncation_side", file)
        side = side or (tokenizer.truncation or {}).get("direction") or "right"
        if side not in ("left", "right"):
            message = f"{file}: truncation_side must be left or right, not {side!r}"
            raise ValueError(message)
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens, direction=side)
        tokenizer.encode_special_tokens = flag(config, "split_special_tokens", file, absent=False)
        tokenizer.normalizer = _normalizer(tokenizer, config, lowercase, folder)
        self._folder = folder
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._keep_end = side == "left"
        self._special = special
        self._around = around
        self._parts = part_tokeniser(tokenizer)
        # Without offsets into the text; tokenizers before 0.20 do not have it.
        self._encode = getattr(tokenizer, "encode_batch_fast", tokenizer.encode_batch)

    def tokenise(self, texts: list[str]) -> Tokens:
        """Return the token ids of the texts, special tokens included, end to end."""
        parts = [np.empty(0, np.int32)]
        lengths = [np.empty(0, np.int64)]
        for chunk in chunks(texts):
            ids, counts = self._ids(chunk)
            parts.append(ids)
            lengths.append(counts)
        indptr = np.concatenate(([0], np.cumsum(np.concatenate(lengths))))
        return Tokens(np.concatenate(parts), indptr)

    def count(self, texts: list[str]) -> TokenCounts:
        """Count the tokens that the texts have, and say which are cut."""
        counts = [np.empty(0, np.int64), *(self._counts(chunk) for chunk in chunks(texts))]
        tokens = np.concatenate(counts)
        return TokenCounts(tokens, tokens > self._max_tokens)

    def words(self, size: int) -> list[str]:
        """Return the token of each id below ``size``, empty where there is none."""
        tokens = map(self._tokenizer.id_to_token, range(size))
        return [token or "" for token in tokens]

    def check_vocabulary(self, size: int, source: Path) -> None:
        """Raise for a tokenizer of more tokens, added ones aside, than ``source`` says there are.

        Raises
        ------
        ValueError
            It names both files.
        """
        own = self._tokenizer.get_vocab_size(with_added_tokens=False)
        if own > size:
            message = (
                f"{_file(self._folder)} has {own} tokens, but {source} makes it {size}; they do "
                "not belong together: copy the tokenizer that was saved with the weights"
            )
            raise ValueError(message)

    @property
    def vocabulary_size(self) -> int:
        """How many tokens the tokenizer has, added ones with them."""
        size: int = self._tokenizer.get_vocab_size()
        return size

    def id_of(self, word: str) -> int | None:
        """Return a token's id; that for what is unknown, if there is one, for another word."""
        number: int | None = self._tokenizer.token_to_id(word)
        return unknown_token(self._tokenizer) if number is None else number

    def _ids(self, texts: list[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Ids of some texts, and how many each has."""
        if self._parts is not None:
            return self._parts.ids(texts, self._max_tokens, self._keep_end, self._special)
        encodings = self._encode(texts, add_special_tokens=self._special)
        rows = [encoding.ids for encoding in encodings]
        lengths = np.array([len(row) for row in rows], np.int64)
        return np.fromiter(chain.from_iterable(rows), np.int32), lengths

    def _counts(self, texts: list[str]) -> NDArray[np.int64]:
        """Tokens that some texts have, uncut."""
        if self._parts is not None:
            return self._parts.ids(texts, None, special=self._special)[1]
        lengths = [
            len(one) + sum(len(rest) - self._around for rest in one.overflowing)
            for one in self._encode(texts, add_special_tokens=self._special)
        ]
        return np.array(lengths, np.int64)

    def prompt_length(self, prompt: str) -> int:
        """Return how many tokens a prompt is, with what stands before a text and not after it."""
        ids = self._tokenizer.encode(prompt).ids
        added = self._tokenizer.get_added_tokens_decoder()
        ends = bool(ids) and ids[-1] in added and added[ids[-1]].special
        return len(ids) - int(ends)


def _tokenizer(folder: Path, config: dict[str, Any]) -> Tokenizer:
    """The tokenizer of a folder, as its file says."""
    file = folder / "tokenizer.json"
    if not file.is_file():
        return tokenizer_of(folder, config)
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # tokenizers raises bare Exception
        message = f"{file} is not a readable tokenizer: {error}"
        raise ValueError(message) from error


def check_tokens(tokens: Tokens, vocab_size: int, folder: Path) -> None:
    """Raise for tokens that the weights do not know.

    Raises
    ------
    ValueError
        It names the tokenizer's file.
    """
    if len(tokens.ids) and int(tokens.ids.max()) >= vocab_size:
        message = (
            f"{_file(folder)} yields token {tokens.ids.max()}, but the weights have "
            f"{vocab_size}; they do not belong together"
        )
        raise ValueError(message)


def _file(folder: Path) -> Path:
    """The file that a folder's tokenizer is read from."""
    files = [folder / name for name in ("tokenizer.json", "vocab.txt", "vocab.json")]
    return next((file for file in files if file.is_file()), folder)


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


def _normalizer(tokenizer: Tokenizer, config: dict[str, Any], lowercase: bool, folder: Path) -> Any:
    """The normaliser that transformers and Sentence Transformers would set up."""
    normalizer = tokenizer.normalizer
    kind = name(config, "tokenizer_class", folder / "tokenizer_config.json") or "BertTokenizer"
    if kind in _BERT_CLASSES and type(tokenizer.model).__name__ == "WordPiece":
        normalizer = bert_normalizer(config, folder)
    if not lowercase or isinstance(normalizer, Lowercase):
        return normalizer
    if isinstance(normalizer, Normalizers):
        steps = [normalizer[number] for number in range(len(normalizer))]
        if any(isinstance(step, Lowercase) for step in steps):
            return normalizer
        return Normalizers([Lowercase(), *steps])
    return Lowercase() if normalizer is None else Normalizers([Lowercase(), normalizer])
