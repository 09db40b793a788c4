"""The native way from texts to token ids, for BERT's kind of tokenizer.

Such a tokenizer looks at white space, punctuation and Chinese characters each for itself, so what
stands between them has the same tokens wherever it stands. C++ cuts texts there, works words of
ASCII letters and digits out itself, asks the tokenizer for other parts, and remembers each part.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from embedfn import kernels
from embedfn._threads import thread_count

_NO_LIMIT = 1 << 40  # more tokens than fit anywhere


@dataclass(frozen=True)
class PartTokeniser:
    """A tokenizer's ids, by parts; safe in many threads.

    Attributes
    ----------
    tokenizer : Tokenizer
        The one it stands for.
    parts : PartTokens
        Of `embedfn.kernels`; what is remembered is its own, and does not go into a pickle.
    before, after : tuple of int
        The special tokens around a text.
    """

    tokenizer: Tokenizer
    parts: Any
    before: tuple[int, ...]
    after: tuple[int, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return part_tokeniser, (self.tokenizer,)

    def ids(
        self, texts: list[str], max_tokens: int | None, keep_end: bool = False, special: bool = True
    ) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the texts' ids, end to end, and how many each has.

        Parameters
        ----------
        texts : list of str
            Without lone surrogates.
        max_tokens : int or None
            Longer texts are cut to this many tokens, special ones included.
        keep_end : bool
            Whether a text's beginning is cut off, not its end.
        special : bool
            Whether special tokens are put around each text.
        """
        before, after = (self.before, self.after) if special else ((), ())
        room = None
        if max_tokens is not None:
            room = min(max_tokens, _NO_LIMIT) - len(before) - len(after)
        result: tuple[NDArray[np.int32], NDArray[np.int64]] = self.parts.encode(
            texts, room, keep_end, before, after, thread_count()
        )
        return result


def part_tokeniser(tokenizer: Tokenizer) -> PartTokeniser | None:
    """Return the native way for a tokenizer; None where a part's tokens may depend on others."""
    kinds = type(tokenizer.model).__name__, type(tokenizer.pre_tokenizer).__name__
    if kernels.PartTokens is None or kinds != ("WordPiece", "BertPreTokenizer"):
        return None
    described = json.loads(tokenizer.to_str())
    model = described["model"]
    steps = _steps(described["normalizer"])
    joined = _joined(described["added_tokens"])
    if (
        any(step["type"] not in ("BertNormalizer", "Lowercase") for step in steps)
        or joined is None
        or model["unk_token"] not in model["vocab"]
    ):
        return None
    plain = Tokenizer.from_str(json.dumps({**described, "truncation": None, "padding": None}))
    plain.encode_special_tokens = tokenizer.encode_special_tokens
    around = _around(plain)
    if around is None:
        return None
    encode = getattr(plain, "encode_batch_fast", plain.encode_batch)

    def ask(parts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in encode(parts, add_special_tokens=False)]

    parts = kernels.PartTokens(
        ask,
        model["vocab"],
        model["continuing_subword_prefix"],
        model["vocab"][model["unk_token"]],
        model["max_input_chars_per_word"],
        any(step.get("lowercase", True) for step in steps),  # of BertNormalizer; Lowercase does
        joined,
        any(step.get("handle_chinese_chars", False) for step in steps),
    )
    return PartTokeniser(tokenizer, parts, *around)


def _steps(normalizer: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The normalisers that run one after the other."""
    if normalizer is None:
        return []
    if normalizer["type"] == "Sequence":
        return [step for inner in normalizer["normalizers"] for step in _steps(inner)]
    return [normalizer]


def _joined(added_tokens: list[dict[str, Any]]) -> str | None:
    """ASCII marks of added tokens, which are found in the text as it is and must stay whole.

    None where one could begin or end within a part that is looked at without asking.
    """
    marks = set()
    for token in added_tokens:
        content = token["content"]
        found = {c for c in content if not c.isalnum()}
        if not content.isascii() or not content.isprintable() or " " in content or not found:
            return None
        marks |= found
    return "".join(sorted(marks))


def _around(tokenizer: Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """The special tokens before and after a text; None where they are not the same for all."""
    encoding = tokenizer.encode("a b")
    inner = [place for place, special in enumerate(encoding.special_tokens_mask) if not special]
    if not inner:
        return None
    before, after = encoding.ids[: inner[0]], encoding.ids[inner[-1] + 1 :]
    if tokenizer.encode("").ids != before + after:
        return None
    return tuple(before), tuple(after)
