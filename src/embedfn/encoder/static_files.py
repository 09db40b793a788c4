"""What a static model's folder holds, in model2vec's format or Sentence Transformers' own."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from tokenizers import Tokenizer

from embedfn.encoder.files import read_object

# Where model2vec keeps its files: (folder of the table and the tokenizer, settings, table's name).
LAYOUTS = (
    ("", "config.json", "embeddings"),
    ("", "config_sentence_transformers.json", "embedding.weight"),
    ("0_StaticEmbedding", "config_sentence_transformers.json", "embedding.weight"),
)
MAX_LENGTH = 512  # where the settings name none


@dataclass(frozen=True)
class StaticFiles:
    """What a folder holds.

    Attributes
    ----------
    table : float32, float16 or int8 array of shape (rows, dim)
    rows : int32 array of shape (tokens,), or None
        Which row is a token's; None where they are numbered alike.
    scales : float32 array of shape (tokens,), or None
        What a token's row is multiplied by.
    tokenizer : Tokenizer
    normalise : bool
    max_length : int or None
        Tokens of a text that count.
    """

    table: NDArray[Any]
    rows: NDArray[np.int32] | None
    scales: NDArray[np.float32] | None
    tokenizer: Tokenizer
    normalise: bool
    max_length: int | None


def read_static(
    folder: Path,
    *,
    normalise: bool | None = None,
    dim: int | None = None,
    max_length: int | None = -1,
) -> StaticFiles:
    """Read a model's folder.

    Parameters
    ----------
    folder : Path
    normalise : bool, optional
        Instead of what the settings say.
    dim : int, optional
        How many leading components to keep.
    max_length : int or None
        Instead of what the settings say; -1 is that, None is no limit.

    Raises
    ------
    FileNotFoundError
        For a folder that is no static model.
    ValueError
        For files that are not readable or do not belong together; the file is named.
    """
    table_file, tokenizer_file, settings, name = _find(folder)
    values = read_object(settings)
    tensors = _tensors(table_file)
    try:
        tokenizer = Tokenizer.from_file(str(tokenizer_file))
    except Exception as error:  # tokenizers raises bare Exception
        message = f"{tokenizer_file} is not a readable tokenizer: {error}"
        raise ValueError(message) from error
    table = _table(table_file, tensors, name)
    tokens = 1 + max(tokenizer.get_vocab().values(), default=-1)
    rows, scales = tensors.get("mapping"), tensors.get("weights")
    _check_fit(table_file, tokens, len(table), rows, scales)
    if dim is not None:
        if not 1 <= dim <= table.shape[1]:
            message = f"{table_file}: vectors have {table.shape[1]} components, not {dim}"
            raise ValueError(message)
        table = np.ascontiguousarray(table[:, :dim])
    if normalise is None:
        normalise = bool(values.get("normalize", False))
    limit = values.get("max_length", MAX_LENGTH) if max_length == -1 else max_length
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int) or limit < 1):
        message = f"{settings}: max_length must be at least 1 or null, not {limit!r}"
        raise ValueError(message)
    return StaticFiles(
        table=table,
        rows=None if rows is None else rows.astype(np.int32),
        scales=None if scales is None else scales.astype(np.float32),
        tokenizer=tokenizer,
        normalise=normalise,
        max_length=limit,
    )


def _find(folder: Path) -> tuple[Path, Path, Path, str]:
    """The files of the table, the tokenizer and the settings, and the table's name."""
    for place, settings, name in LAYOUTS:
        files = [folder / place / "model.safetensors", folder / place / "tokenizer.json"]
        if all(file.is_file() for file in [*files, folder / settings]):
            return files[0], files[1], folder / settings, name
    message = (
        f"{folder} is no static model: it needs model.safetensors, tokenizer.json and "
        "config.json, as model2vec saves them"
    )
    raise FileNotFoundError(message)


def _tensors(file: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a safetensors file."""
    try:
        with safe_open(file, framework="numpy") as opened:
            return {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no dict
    except Exception as error:  # safetensors has no class of its own for all
        message = f"{file} is not readable as safetensors: {error}"
        raise ValueError(message) from error


def _table(file: Path, tensors: dict[str, NDArray[Any]], name: str) -> NDArray[Any]:
    """The table of rows, in numbers that the kernel reads."""
    table = tensors.get(name)
    if table is None or table.ndim != 2 or 0 in table.shape:
        message = f"{file} must hold {name!r}, rows of components; it has {sorted(tensors)}"
        raise ValueError(message)
    if table.dtype == np.float64:
        table = table.astype(np.float32)
    if table.dtype not in (np.float32, np.float16, np.int8):
        message = f"{file}: {name!r} is {table.dtype}; supported: float32, float16, float64, int8"
        raise ValueError(message)
    if not np.isfinite(table).all():
        message = f"{file}: {name!r} has values that are not finite"
        raise ValueError(message)
    return np.ascontiguousarray(table)


def _check_fit(
    file: Path,
    tokens: int,
    table_rows: int,
    rows: NDArray[Any] | None,
    scales: NDArray[Any] | None,
) -> None:
    """Raise where a token has no row or no scale."""
    have = {"rows": table_rows} if rows is None else {"mapping": len(rows)}
    if scales is not None:
        have["weights"] = len(scales)
    for name, length in have.items():
        if length < tokens:
            message = f"{file}: {name} for {length} tokens, but the tokenizer yields {tokens}"
            raise ValueError(message)
    if rows is not None and len(rows) and not 0 <= rows.min() <= rows.max() < table_rows:
        message = f"{file}: mapping names rows that the table of {table_rows} does not have"
        raise ValueError(message)
