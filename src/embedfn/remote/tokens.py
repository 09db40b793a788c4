"""How many tokens texts have for a provider: exactly where its table is at hand, else bounds."""

import hashlib
import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

# Where tiktoken 0.14 takes its tables from; their digests name the files in its cache.
_TIKTOKEN_TABLES = "https://openaipublic.blob.core.windows.net/encodings/"


def byte_sizes(texts: list[str]) -> list[int]:
    """Return each text's bytes in UTF-8, which no tokenizer of byte pairs exceeds in tokens."""
    return [len(text) if text.isascii() else len(text.encode()) for text in texts]


@cache
def exact_encoding(name: str | None) -> Any:
    """Return the table of byte pairs of that name, or None where none is installed.

    ``bpe_openai`` brings its tables along; tiktoken is used where its cache has them. Nothing is
    ever downloaded.
    """
    if name is None:
        return None
    if _in_cache_of_tiktoken(name):
        return import_module("tiktoken").get_encoding(name)
    try:
        return import_module("bpe_openai").get_encoding(name)
    except (ImportError, ValueError, KeyError):
        return None


def count(encoding: Any, text: str) -> int:
    """Return a text's tokens."""
    return len(encoding.encode_ordinary(text))


def cut(encoding: Any, text: str, tokens: int) -> str:
    """Return the longest beginning of a text whose first ``tokens`` tokens hold it whole."""
    ids = encoding.encode_ordinary(text)
    kept = encoding.decode_bytes(ids[:tokens]).decode("utf-8", "ignore")
    return text[: len(kept)]


def _in_cache_of_tiktoken(name: str) -> bool:
    """Whether tiktoken would find the table without a network."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR") or os.environ.get("DATA_GYM_CACHE_DIR")
    if not folder:
        return False
    file = hashlib.sha1(f"{_TIKTOKEN_TABLES}{name}.tiktoken".encode(), usedforsecurity=False)
    try:
        import_module("tiktoken")
    except ImportError:
        return False
    return (Path(folder) / file.hexdigest()).is_file()
