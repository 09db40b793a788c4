"""The checks of arguments that must be one str or one number."""

import math
from numbers import Real


def check_str(value: object, argument: str) -> None:
    """Raise a TypeError that names the argument and the type given, unless that is str."""
    if not isinstance(value, str):
        message = f"{argument} must be a str, not {type(value).__name__}"
        raise TypeError(message)


def finite_number(argument: str, value: float) -> float:
    """Return a number as a float; raise an error that names the argument unless it is finite."""
    if isinstance(value, bool) or not isinstance(value, Real):
        message = f"{argument} must be a number, not {type(value).__name__}"
        raise TypeError(message)
    if not math.isfinite(value):
        message = f"{argument} must be finite, not {value}"
        raise ValueError(message)
    return float(value)
