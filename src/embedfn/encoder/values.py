"""Checked reading of single values of a JSON object, with errors that name file and key."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def whole_number(
    values: Mapping[str, Any], key: str, source: Path, least: int = 1, absent: int | None = None
) -> int:
    """Return a whole number of at least ``least``; ``absent`` stands for a missing or null one.

    Raises
    ------
    ValueError
        For anything else.
    """
    value = values.get(key)
    if value is None and absent is not None:
        return absent
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{source}: {key} must be a whole number of at least {least}, not {value!r}"
        raise ValueError(message)
    return value


def epsilon(values: Mapping[str, Any], key: str, source: Path, absent: float) -> float:
    """Return what LayerNorm adds to the variance.

    Raises
    ------
    ValueError
        For anything but a number in [0, 1).
    """
    value = values.get(key, absent)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1:
        message = f"{source}: {key} must be a number in [0, 1), not {value!r}"
        raise ValueError(message)
    return float(value)


def flag(values: Mapping[str, Any], key: str, source: Path, absent: bool) -> bool:
    """Return a truth value.

    Raises
    ------
    ValueError
        For anything but true, false or, where it may be absent, null.
    """
    value = values.get(key)
    if value is None:
        return absent
    if not isinstance(value, bool):
        message = f"{source}: {key} must be true or false, not {value!r}"
        raise ValueError(message)
    return value


def length(values: Mapping[str, Any], key: str, source: Path) -> int | None:
    """Return a number above zero, or None; some files write "no limit" as 1e30.

    Raises
    ------
    ValueError
        For anything else.
    """
    value = values.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value < 1e300:
        message = f"{source}: a length of {value!r} is not possible; it must be at least 1"
        raise ValueError(message)
    return int(value)


def name(values: Mapping[str, Any], key: str, source: Path) -> str | None:
    """Return a str, or None where there is none or an empty one.

    Raises
    ------
    ValueError
        For anything else.
    """
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        message = f"{source}: {key} must be a str, not {value!r}"
        raise ValueError(message)
    return value or None
