"""Checks of arguments that several public classes take."""

import os
from collections.abc import Mapping
from typing import Any

Kinds = tuple[type, ...]
# Keywords of Hugging Face's hub that are passed on.
HUB_OPTIONS: Mapping[str, Kinds] = {
    "cache_folder": (str, os.PathLike, type(None)),
    "revision": (str, type(None)),
    "token": (str, bool, type(None)),
    "local_files_only": (bool,),
}


def check_type(name: str, value: object, *kinds: type) -> None:
    """Raise TypeError for an argument of none of the types; True is no number here."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        names = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
        message = f"{name} must be {names}, not {type(value).__name__}"
        raise TypeError(message)


def check_count(name: str, value: object, *others: type) -> None:
    """Raise for what is neither a whole number of at least 1 nor of one of the other types.

    Raises
    ------
    TypeError, ValueError
    """
    check_type(name, value, int, *others)
    if isinstance(value, int) and value < 1:
        message = f"{name} must be at least 1, not {value}"
        raise ValueError(message)


def check_options(options: Mapping[str, Any], known: Mapping[str, Kinds], peer: str) -> None:
    """Raise TypeError for a keyword that is not followed, and for one of another type.

    Parameters
    ----------
    options : mapping
        What was given.
    known : mapping of str to tuple of types
        What is followed.
    peer : str
        Whose keywords they are, for the error.
    """
    unknown = sorted(set(options) - set(known))
    if unknown:
        message = (
            f"{', '.join(unknown)} cannot be passed on: embedfn runs the model itself, without "
            f"{peer}; possible: {', '.join(known)}"
        )
        raise TypeError(message)
    for name, value in options.items():
        check_type(name, value, *known[name])
