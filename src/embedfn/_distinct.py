"""Texts that stand several times in a call, worked on once."""

import numpy as np
from numpy.typing import NDArray


def distinct(texts: list[str]) -> tuple[list[str], NDArray[np.int64] | None]:
    """Return the distinct texts in first-seen order, and which of them each text is.

    Parameters
    ----------
    texts : list of str

    Returns
    -------
    list of str
        The same list where no text stands twice.
    int64 array of shape (len(texts),), or None
        ``unique[which[i]] == texts[i]``; None where no text stands twice.
    """
    unique = dict.fromkeys(texts, 0)
    if len(unique) == len(texts):
        return texts, None
    for number, text in enumerate(unique):
        unique[text] = number
    return list(unique), np.fromiter(map(unique.__getitem__, texts), np.int64, len(texts))
