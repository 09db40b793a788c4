r"""Words by Unicode's default rules: the segments between word boundaries that say something.

Boundaries are those of Unicode Standard Annex #29, section 4, without tailoring and without
dictionaries (rules of revision 47, properties of Unicode 18.0). A segment is a word if one of its
characters is

* a letter, a digit or katakana by Word_Break: ALetter, Hebrew_Letter, Numeric, Katakana; or
* alphabetic or a number by property, such as ideographs, hiragana, Thai letters, ½ and ²; or
* part of an emoji: Extended_Pictographic or Regional_Indicator;

marks, joiners and other characters that go with the one before them (Word_Break Extend, Format or
ZWJ) do not count: on a space or a dash they make no word of it. White space, punctuation, symbols
and underscores are no words.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from embedfn.lexical.checks import check_str
from embedfn.lexical.tables import once, read_ranges

# A character's code is the place of its Word_Break value here, plus these flags; csrc/uax29.hpp has
# the same numbers.
_VALUES = (
    *("Other", "CR", "LF", "Newline", "Extend", "Format", "ZWJ", "WSegSpace", "ALetter"),
    *("Hebrew_Letter", "Numeric", "Katakana", "ExtendNumLet", "Single_Quote", "Double_Quote"),
    *("MidNumLet", "MidLetter", "MidNum", "Regional_Indicator"),
)
_PICTOGRAPHIC, _WORD = 32, 64
_IGNORED = ("Extend", "Format", "ZWJ")
_WORD_VALUES = ("ALetter", "Hebrew_Letter", "Numeric", "Katakana", "Regional_Indicator")
_WORD_PROPERTIES = ("Alphabetic", "Number", "Extended_Pictographic")


class CodeRange(NamedTuple):
    """Code points from `first` to `last`, both included, that have one code."""

    first: int
    last: int
    code: int


@once
def _codes() -> str:
    """The code of every code point, as a character."""
    ranges = read_ranges("word_break.txt")
    codes = bytearray(0x110000)

    def flag(name: str, bit: int) -> None:
        flagged = bytes(code | bit for code in range(256))
        for first, last in ranges[name]:
            codes[first : last + 1] = codes[first : last + 1].translate(flagged)

    for code, value in enumerate(_VALUES):
        for first, last in ranges.get(value, ()):
            codes[first : last + 1] = bytes([code]) * (last + 1 - first)
    flag("Extended_Pictographic", _PICTOGRAPHIC)
    for name in (*_WORD_VALUES, *_WORD_PROPERTIES):
        flag(name, _WORD)
    for name in _IGNORED:
        for first, last in ranges[name]:
            unflagged = bytes(code & ~_WORD for code in range(256))
            codes[first : last + 1] = codes[first : last + 1].translate(unflagged)
    return codes.decode("latin-1")


def code_ranges() -> list[CodeRange]:
    """Return the ranges of code points that have a code other than 0, for the native twin."""
    runs = re.finditer(r"([^\0])\1*", _codes())
    return [CodeRange(run.start(), run.end() - 1, ord(run[1])) for run in runs]


def _any_of(*values: str) -> str:
    """Members, for a character set, of the codes with these Word_Break values."""
    numbers = (_VALUES.index(value) for value in values)
    return "".join(f"\\x{n | flag:02x}" for n in numbers for flag in (0, 32, 64, 96))


def _pattern() -> str:
    """A segment, as a pattern over codes; what one takes is also where the next one begins.

    No character is given back to try again: each run of one kind ends in a look ahead that fails
    inside the run.
    """
    ignored = _any_of(*_IGNORED)
    letter, hebrew, number = (_any_of(name) for name in ("ALetter", "Hebrew_Letter", "Numeric"))
    any_letter = letter + hebrew
    quote, double_quote = _any_of("Single_Quote"), _any_of("Double_Quote")
    in_word = _any_of("MidLetter", "MidNumLet", "Single_Quote")
    in_number = _any_of("MidNum", "MidNumLet", "Single_Quote")
    newline, space = _any_of("CR", "LF", "Newline"), _any_of("WSegSpace")
    flag = _any_of("Regional_Indicator")
    pictographic = "".join(f"\\x{32 | n:02x}\\x{96 | n:02x}" for n in range(32))

    def run(kind: str) -> str:
        """A run of one kind, with what is ignored behind its characters (WB4)."""
        return f"[{kind}][{kind}{ignored}]*(?![{kind}{ignored}])"

    joiners = run(_any_of("ExtendNumLet"))
    # WB5, WB8 to WB10 join letters and numbers; WB6, WB7, WB11 and WB12 marks inside them; WB7b and
    # WB7c a double quote between Hebrew letters. WB7a lets a quote follow a Hebrew letter, though
    # nothing can follow the quote: such letters are left to `quoted`.
    plain = f"""(?: (?: {run(letter)} (?: [{in_word}] [{ignored}]* (?=[{any_letter}]) )?
      | {run(hebrew)} (?: [{in_word}] [{ignored}]* (?=[{any_letter}])
                        | [{double_quote}] [{ignored}]* (?=[{hebrew}]) | (?![{quote}]) )
      | {run(number)} (?: [{in_number}] [{ignored}]* (?=[{number}]) )? )+ )"""
    quoted = f"(?: {run(hebrew)} [{quote}] [{ignored}]* )"
    # WB13: katakana; WB13a and WB13b: what ExtendNumLet joins.
    katakana = run(_any_of("Katakana"))
    word = f"""(?= [{any_letter}{_any_of("Numeric", "Katakana", "ExtendNumLet")}] )
      (?: {joiners} )? (?: (?: {plain} | {katakana} ) {joiners} )*
      (?: {katakana} | {plain}? {quoted}? )"""
    # WB3d: spaces; WB15 and WB16: two regional indicators; WB999: any one character.
    unit = f"""(?: {word} | [{space}]+ [{ignored}]* | (?: [{flag}] [{ignored}]* ){{2}}
      | [^{newline}] [{ignored}]* )"""
    # WB3, WB3a and WB3b: ends of lines; WB3c: a joiner before a pictographic character.
    return f"""{_any_of("CR")[:4]} {_any_of("LF")[:4]} | [{newline}]
      | {unit} (?: (?<=[{_any_of("ZWJ")}]) (?=[{pictographic}]) {unit} )*"""


@once
def _segment() -> re.Pattern[str]:
    """The compiled pattern of a segment."""
    return re.compile(_pattern(), re.VERBOSE | re.DOTALL)


_word_code = re.compile("[\x40-\x7f]")


def segment_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each segment between two word boundaries begins and ends; they cover the text.

    Raises
    ------
    TypeError
        If `text` is not a str.
    """
    check_str(text, "text")
    return (found.span() for found in _segment().finditer(text.translate(_codes())))


def word_spans(text: str) -> list[tuple[int, int]]:
    """Return where each word of a text begins and ends, in characters.

    Parameters
    ----------
    text : str
        Any text; a lone surrogate is a character like other symbols. Time is linear in its length.

    Returns
    -------
    list of (int, int)
        Start and end of the segments that are words, in order.

    Raises
    ------
    TypeError
        If `text` is not a str.
    """
    check_str(text, "text")
    codes = text.translate(_codes())
    spans = (found.span() for found in _segment().finditer(codes))
    return [span for span in spans if _word_code.search(codes, *span)]


def words(text: str) -> list[str]:
    """Return the words of a text, as they are written."""
    return [text[start:end] for start, end in word_spans(text)]
