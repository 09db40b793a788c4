"""NLTK's stopwords."""

from functools import cache

from embedfn.lexical.tables import read_table

LANGUAGES = (
    *("english", "german", "french", "russian", "spanish", "italian", "portuguese", "chinese"),
)


@cache
def stopwords(language: str) -> tuple[str, ...]:
    """Return a language's stopwords in NLTK's order.

    Parameters
    ----------
    language : str
        The language's English name in lower case, such as ``"english"``.

    Returns
    -------
    tuple of str
        The words.

    Raises
    ------
    ValueError
        For a language without a list; the error names those with one.
    """
    if language not in LANGUAGES:
        message = f"no stopwords for language {language!r}; available: {', '.join(LANGUAGES)}"
        raise ValueError(message)
    return tuple(read_table(f"stopwords_{language}.txt"))
