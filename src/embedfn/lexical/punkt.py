r"""Sentences of a text, as NLTK 3.10's ``sent_tokenize`` finds them with its English Punkt model.

Every ``.``, ``?`` and ``!`` before other punctuation or white space may end a sentence. The word it
stands in and the token behind it decide (``embedfn.lexical.punkt_tokens``). Closing quotes and
brackets then move back to the sentence they close.

Source of the patterns: ``nltk.tokenize.punkt.PunktLanguageVars`` (Apache-2.0). Method: Tibor Kiss
and Jan Strunk (2006), Unsupervised Multilingual Sentence Boundary Detection, Computational
Linguistics 32(4): 485-525.

NLTK gives each match five seconds and raises ``TimeoutError`` after that. The limit never changes a
result, and nothing here has one: the time is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from embedfn.lexical.char_classes import char_classes
from embedfn.lexical.checks import check_str
from embedfn.lexical.punkt_tokens import NON_WORD, QUOTES, has_break
from embedfn.lexical.tables import once

# NLTK looks for the start of a word with string.whitespace, not with its \s.
_ASCII_SPACE = "\t\n\r\x0b\x0c "


class _Patterns(NamedTuple):
    """The two patterns that look at the text."""

    mark: re.Pattern[str]  # group 1: what follows the mark; group 2: the next word, after a space
    closing: re.Pattern[str]  # quotes and brackets that begin a sentence but close the one before


@once
def _patterns() -> _Patterns:
    """Compile the patterns at first use."""
    space = char_classes().space
    return _Patterns(
        re.compile(rf"[.?!](?=({NON_WORD}|[{space}]+([^{space}]+)))"),
        re.compile(rf"[\"')\]}}{QUOTES}]+?(?:[{space}]+|(?=--)|$)", re.MULTILINE),
    )


def sent_tokenize(text: str) -> list[str]:
    """Split a text into sentences, as ``nltk.tokenize.sent_tokenize(text)`` does.

    Parameters
    ----------
    text : str
        Any text, of any length.

    Returns
    -------
    list of str
        The sentences in order. White space between two of them, and at the end of the text, is in
        neither; white space at the beginning of the text is in the first.

    Raises
    ------
    TypeError
        If `text` is not a str.
    """
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where the sentences begin and end, as `sent_tokenize` splits the text.

    Parameters
    ----------
    text : str
        Any text, of any length.

    Returns
    -------
    list of (int, int)
        First character and one past the last, counted in code points.

    Raises
    ------
    TypeError
        If `text` is not a str.
    """
    check_str(text, "text")
    return list(_closed(text, _pieces(text)))


def _candidates(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Marks that may end a sentence, with the start of the word each stands in.

    Of several marks in one word only the last counts.
    """
    mark: re.Match[str] | None = None
    word = 0  # where the word of `mark` starts
    for found in _patterns().mark.finditer(text):
        since = mark.start() if mark else 0
        space = max(text.rfind(char, since, found.start()) for char in _ASCII_SPACE)
        # Without a space the word is the one of the last mark. A space that begins the text counts
        # as none, for NLTK writes "not found" as index 0.
        start = space + 1 if space > since else word
        if mark and mark.start() <= start:
            yield mark, word
        mark, word = found, start
    if mark:
        yield mark, word


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Spans that end right after a mark that ends a sentence, before quotes are put right."""
    start = 0
    for mark, word in _candidates(text):
        if has_break(text[word : mark.end(1)]):
            yield start, mark.end()
            start = mark.start(2) if mark[2] else mark.end()
    yield start, len(text.rstrip())


def _closed(text: str, pieces: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Move closing quotes and brackets from a piece's beginning to the end of the one before.

    Only the last piece can be empty, or become so: each other one ends with its mark.
    """
    start, end = next(pieces)
    for next_start, next_end in pieces:
        closing = _patterns().closing.match(text, next_start, next_end)
        if closing:
            yield start, next_start + len(closing[0].rstrip())
            next_start = closing.end()
        else:
            yield start, end
        start, end = next_start, next_end
    if start < end:
        yield start, end
