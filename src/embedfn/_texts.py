"""The one gate for texts: every front class checks its input here, before any work."""

from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any

Texts = Iterable[str]


def all_str(items: list[Any]) -> bool:
    """Whether all are sure to be str: not where one is of a class derived from it."""
    return not set(map(type, items)) - {str}


def as_texts(
    texts: Any, argument: str = "texts", are_str: Callable[[list[Any]], bool] = all_str
) -> list[str]:
    """Return the texts as a list of str.

    Parameters
    ----------
    texts : iterable of str
        A sequence or iterator of str, a one-dimensional NumPy string array, an Arrow string array
        or a pandas or polars Series. The empty string is a text like any other.
    argument : str
        The caller's name for the argument, for the error.
    are_str : callable
        ``all_str``, or what tells the same sooner.

    Returns
    -------
    list of str
        The texts in their order; the same list where a list was given.

    Raises
    ------
    TypeError
        For a bare str, for an unordered collection, and for an item that is not a str; an item's
        position is named.
    """
    items = texts if type(texts) is list else _listed(texts, argument)
    if not are_str(items):
        for position, item in enumerate(items):
            if not isinstance(item, str):
                kind = type(item).__name__
                message = f"{argument}[{position}] must be a str, not {kind}: {_short(item)}"
                raise TypeError(message)
    return items


def refuse_surrogates(texts: list[str], argument: str = "texts", first: int = 0) -> None:
    """Raise for a text that UTF-8 cannot carry; ``first`` is the first text's position.

    Raises
    ------
    ValueError
        For the first text with a lone surrogate; its position and the character's are named.
    """
    for position, text in enumerate(texts, first):
        if text.isascii():
            continue
        try:
            text.encode()
        except UnicodeEncodeError as error:
            code = ord(text[error.start])
            message = (
                f"{argument}[{position}] has a lone surrogate, U+{code:04X}, at character "
                f"{error.start}; replace it, as text.encode('utf-8', 'replace').decode() does"
            )
            raise ValueError(message) from None


def _listed(texts: Any, argument: str) -> list[Any]:
    """Python objects of any accepted container; array libraries bring their own fast way."""
    if isinstance(texts, str):
        message = f"{argument} must be a list of str, not one str; write [{_short(texts)}]"
        raise TypeError(message)
    if isinstance(texts, (bytes, bytearray, Mapping, Set)) or not isinstance(texts, Iterable):
        message = f"{argument} must be a list of str, not {type(texts).__name__}"
        raise TypeError(message)
    for method in ("to_pylist", "to_list", "tolist"):  # Arrow, pandas and polars, NumPy
        convert = getattr(texts, method, None)
        if convert is not None:
            items: list[Any] = convert()
            # A 0-d array's tolist() gives the bare item.
            return items if isinstance(items, list) else [items]
    return list(texts)


def _short(item: object) -> str:
    """The item's repr, cut to a line."""
    shown = repr(item)
    return shown if len(shown) <= 40 else f"{shown[:37]}..."
