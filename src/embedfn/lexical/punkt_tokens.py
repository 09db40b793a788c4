r"""Does a sentence end inside a snippet? Punkt's decision on a mark's word and what follows it.

The snippet is cut into tokens; each token but the last is asked whether a sentence ends with it,
which takes no more than the token itself, the next one and the trained parameters.

Source of the patterns and of the rules: ``nltk.tokenize.punkt`` (Apache-2.0), after Kiss and Strunk
(2006), whose section numbers stand below.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from embedfn.lexical.char_classes import char_classes
from embedfn.lexical.punkt_model import CAPITAL, CAPITAL_INSIDE, SMALL, SMALL_FIRST, punkt_model
from embedfn.lexical.tables import once

QUOTES = "\u2018\u2019\u201c\u201d\u00ab\u00bb"  # ‘ ’ “ ” « »
NON_WORD = rf"[)\";}}\]*:@'({{\[{QUOTES}?!]"
_NUMBER = "##number##"
_MARKS = (".", "?", "!")
_PUNCTUATION = (";", ":", ",", ".", "!", "?")


class _Patterns(NamedTuple):
    """The patterns that look at a snippet or at one token."""

    token: re.Pattern[str]
    number: re.Pattern[str]
    initial: re.Pattern[str]


@once
def _patterns() -> _Patterns:
    """Compile the patterns at first use."""
    word, space, digit = char_classes()
    # Dashes, ellipsis, spaced ellipsis. NLTK writes the last one (?:\.\s){2,}\. , the same strings;
    # in this form it never has to give back what it took.
    run = rf"(?:-{{2,}}|\.{{2,}}|\.[{space}]\.(?:[{space}]\.)++)"
    end = rf"[{space}]|$|{NON_WORD}|{run}"
    return _Patterns(
        re.compile(
            rf"{run}"
            rf"|(?=[^(\"`{{\[:;&#*@)}}\]\-,])[^{space}]+?(?={end}|,(?=$|[{space}]|{NON_WORD}|{run}))"
            rf"|[^{space}]"
        ),
        # A final period is one of the set's; no token holds a line feed, so fullmatch says "$".
        re.compile(rf"-?[.,]?[{digit}][{digit},.\-]*"),
        # A letter is a word character that is no digit.
        re.compile(rf"(?![{digit}])[{word}]\."),
    )


class _Token(NamedTuple):
    """A token with what its own form says of it (the first pass, section 3)."""

    text: str
    type: str  # lower case, _NUMBER for a number
    ends: bool  # a sentence seems to end with it
    shortened: bool  # an abbreviation or an ellipsis


def has_break(snippet: str) -> bool:
    """Say whether a sentence ends with one of the snippet's tokens other than the last."""
    return any(_ends_sentence(token, after) for token, after in pairwise(_tokens(snippet)))


def _tokens(snippet: str) -> Iterator[_Token]:
    """Cut a snippet into tokens; what ends one is white space, punctuation or a line feed."""
    for line in snippet.split("\n"):
        # Python's white space, which is more than the patterns': a line of U+001C is no token.
        if line.strip():
            yield from map(_classified, _patterns().token.findall(line))


def _classified(text: str) -> _Token:
    """Look at one token by itself."""
    lower = text.lower()
    kind = _NUMBER if _patterns().number.fullmatch(lower) else lower
    ends = shortened = False
    if text in _MARKS:
        ends = True
    elif text.endswith(".."):
        shortened = text.strip(".") == ""
    elif text.endswith("."):
        abbreviations = punkt_model().abbreviations
        word = text[:-1].lower()
        shortened = word in abbreviations or word.rpartition("-")[2] in abbreviations
        ends = not shortened
    return _Token(text, kind, ends, shortened)


def _ends_sentence(token: _Token, after: _Token) -> bool:
    """Decide on a token in the light of the next one (the second pass, section 4)."""
    if not token.text.endswith("."):
        return token.ends
    model = punkt_model()
    kind = _without_period(token.type)
    next_kind = _without_period(after.type) if after.ends else after.type
    if (kind, next_kind) in model.collocations:  # 4.1.2
        return False
    initial = _patterns().initial.fullmatch(token.text) is not None
    if token.shortened and not initial:  # 4.2
        if _begins_sentence(after, next_kind):
            return True
        if after.text[0].isupper() and next_kind in model.starters:  # 4.1.3
            return True
    if initial or kind == _NUMBER:  # 4.3
        begins = _begins_sentence(after, next_kind)
        if begins is False:
            return False
        context = model.contexts.get(next_kind, 0)
        if begins is None and initial and after.text[0].isupper() and not context & SMALL:
            return False
    return token.ends


def _begins_sentence(token: _Token, kind: str) -> bool | None:
    """Judge by the case of the first letter (4.1.1); None where it does not tell."""
    if token.text in _PUNCTUATION:
        return False
    context = punkt_model().contexts.get(kind, 0)
    first = token.text[0]
    if first.isupper() and context & SMALL and not context & CAPITAL_INSIDE:
        return True
    if first.islower() and (context & CAPITAL or not context & SMALL_FIRST):
        return False
    return None


def _without_period(kind: str) -> str:
    """A type less its final period, unless it is nothing else."""
    return kind[:-1] if len(kind) > 1 and kind.endswith(".") else kind
