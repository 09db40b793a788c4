r"""Words of a text, as NLTK 3.10's ``word_tokenize`` finds them.

A sentence goes through a fixed list of replacements that put spaces around quotes, punctuation,
brackets and clitics, and is then split at white space. The order matters, and the tokens are not
always substrings of the text: a double quote becomes two backticks or two apostrophes.

Source of the patterns: ``nltk.tokenize.destructive`` (Apache-2.0), after Robert MacIntyre's Penn
Treebank tokenizer. NLTK runs the contractions on the standard library's ``re``, as here, and all
others on the ``regex`` engine, whose ``\w \s \d`` come from ``embedfn.lexical.char_classes``. With
either engine ``$`` also matches before a final line feed, and ``s`` without regard to case is also
U+017F; a contraction's ``i`` is also U+0130 and U+0131.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from embedfn.lexical.char_classes import char_classes
from embedfn.lexical.punkt import sent_tokenize
from embedfn.lexical.tables import once

_OPENING_QUOTES = "\u00ab\u201c\u2018\u201e"  # « “ ‘ „
_CLOSING_QUOTES = "\u00bb\u201d\u2019"  # » ” ’
_DASHES = "\u2012\u2013\u2014\u2015"
_BRACKETS = "[](){}<>"


class _Rule(NamedTuple):
    """One replacement; a text that holds none of the triggers cannot match and is passed over."""

    triggers: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: str


class _Rules(NamedTuple):
    """The replacements, in the order in which they run."""

    opening: tuple[_Rule, ...]
    final_period: re.Pattern[str]  # what may follow the period that ends a sentence
    middle: tuple[_Rule, ...]
    lone_final_period: re.Pattern[str]
    late: tuple[_Rule, ...]
    closing: tuple[_Rule, ...]
    contractions: tuple[_Rule, ...]


def _rule(triggers: Iterable[str], pattern: str, replacement: str) -> _Rule:
    """A rule; the letters of a str are one trigger each."""
    return _Rule(tuple(triggers), re.compile(pattern), replacement)


def _contraction(before: str, first: str, second: str, after: str = r"\b") -> _Rule:
    """A rule that cuts one word in two, whatever its case."""
    pattern = re.compile(f"{before}({first})({second}){after}", re.IGNORECASE)
    return _Rule((first + second,), pattern, r" \1 \2 ")


@once
def _rules() -> _Rules:
    """Compile the rules at first use."""
    word, space, digit = char_classes()
    # Clitics that keep the apostrophe before them, each a whole word.
    clitic = rf"(?:[rR][eE]|[vV][eE]|[lL][lL]|[mMtTsS\u017fdDnN])(?![{word}])"
    return _Rules(
        opening=(
            _rule(f"{_OPENING_QUOTES}`", f"([{_OPENING_QUOTES}]|`+)", r" \1 "),
            _rule('"', r"\A\"", "``"),
            _rule(["``"], "(``)", r" \1 "),
            _rule(['"', "''"], r"([ (\[{<])(\"|'{2})", r"\1 `` "),
            _rule("'", rf"'(?<![{word}]')(?!{clitic})(?=[{word}])", "' "),
        ),
        final_period=re.compile(rf"([\])}}>\"'{_CLOSING_QUOTES} ]*+)[{space}]*+"),
        middle=(
            _rule(":,", rf"([:,])([^{digit}])", r" \1 \2"),
            _rule(":,", r"([:,])$", r" \1 "),
            _rule([".."], r"\.{2,}", r" \g<0> "),
            _rule(";@#$%&", r"[;@#$%&]", r" \g<0> "),
            _rule(_DASHES, f"[{_DASHES}]", r" \g<0> "),
        ),
        lone_final_period=re.compile(rf"([\])}}>\"']*+)[{space}]*+"),
        late=(
            _rule("?!", r"[?!]", r" \g<0> "),
            _rule("'", r"([^'])' ", r"\1 ' "),
            _rule("*", r"[*]", r" \g<0> "),
            _rule(_BRACKETS, f"[{re.escape(_BRACKETS)}]", r" \g<0> "),
            _rule(["--"], r"--", " -- "),
        ),
        closing=(
            _rule(_CLOSING_QUOTES, f"([{_CLOSING_QUOTES}])", r" \1 "),
            _rule(["''"], r"''", " '' "),
            _rule('"', r"\"", " '' "),
            # Only the rules about apostrophes below need plain spaces.
            _rule("'", rf"[{space}]+", " "),
            _rule("'", r"([^' ])('[sS]|'[mM]|'[dD]|') ", r"\1 \2 "),
            _rule("'", r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 "),
        ),
        contractions=(
            _contraction(r"\b", "can", "not"),
            _contraction(r"\b", "d", "'ye"),
            _contraction(r"\b", "gim", "me"),
            _contraction(r"\b", "gon", "na"),
            _contraction(r"\b", "got", "ta"),
            _contraction(r"\b", "lem", "me"),
            _contraction(r"\b", "more", "'n"),
            _contraction(r"\b", "wan", "na", r"(?=\s)"),
            _contraction(" ", "'t", "is"),
            _contraction(" ", "'t", "was"),
        ),
    )


def word_tokenize(text: str) -> list[str]:
    """Split a text into words, as ``nltk.tokenize.word_tokenize(text)`` does.

    Parameters
    ----------
    text : str
        Any text, of any length.

    Returns
    -------
    list of str
        The words of all sentences in order.

    Raises
    ------
    TypeError
        If `text` is not a str.
    """
    return [word for sentence in sent_tokenize(text) for word in tokenize_sentence(sentence)]


def tokenize_sentence(sentence: str) -> list[str]:
    """Split one sentence into words, as ``NLTKWordTokenizer().tokenize(sentence)`` does.

    Parameters
    ----------
    sentence : str
        Any text; only a period at its very end is taken for the end of a sentence.

    Returns
    -------
    list of str
        The words in order.
    """
    rules = _rules()
    text = _apply(rules.opening, sentence)
    text = _detach_final_period(text, rules.final_period, r" . {} ")
    text = _apply(rules.middle, text)
    text = _detach_final_period(text, rules.lone_final_period, r" .{} ")
    text = _apply(rules.late, text)
    text = _apply(rules.closing, f" {text} ")
    return _apply_contractions(rules.contractions, text).split()


def _apply(rules: tuple[_Rule, ...], text: str) -> str:
    """Run the rules whose triggers the text holds."""
    for triggers, pattern, replacement in rules:
        for trigger in triggers:
            if trigger in text:
                text = pattern.sub(replacement, text)
                break
    return text


def _apply_contractions(rules: tuple[_Rule, ...], text: str) -> str:
    """Run rules that ignore case; their triggers are in lower case."""
    if not text.isascii():
        # What folds to a letter of a trigger need not lower to it.
        for _, pattern, replacement in rules:
            text = pattern.sub(replacement, text)
        return text
    lower = text.lower()
    for (trigger,), pattern, replacement in rules:
        if trigger in lower:
            text = pattern.sub(replacement, text)
            lower = text.lower()
    return text


def _detach_final_period(text: str, tail: re.Pattern[str], replacement: str) -> str:
    """Set the last period apart when nothing but closing marks and white space follows it.

    The period must follow a character other than a period.
    """
    at = text.rfind(".")
    if at < 1 or text[at - 1] == ".":
        return text
    closing = tail.fullmatch(text, at + 1)
    return text[:at] + replacement.format(closing[1]) if closing else text
