"""Adversarial texts and words from a seeded generator."""

import pydoc_data.topics
import sys
from collections.abc import Callable, Sequence
from random import Random

from punkt.data import english

from embedfn.lexical.stem_english import _SPECIAL, _STEP_0, _STEP_1A, _STEP_1B, _STEP_2, _STEP_4
from embedfn.lexical.stopwords import stopwords

WORDS = sorted({word for topic in pydoc_data.topics.topics.values() for word in topic.split()})
_KNOWN = sorted(english.ORTHO_CONTEXT)
_ABBREVIATIONS = sorted(english.ABBREV_TYPES)
_STARTERS = sorted(english.SENT_STARTERS)
_COLLOCATIONS = sorted(english.COLLOCATIONS)
_STOPWORDS = stopwords("english")

QUOTES = [*"\"'`´‘’‚‛“”„‟«»‹›＂＇\u02bc′″", "''", "``", "'''", "```", "\\'", "'\"", "\"'"]
PERIODS = [
    ".",
    "..",
    "...",
    "....",
    ". .",
    ". . .",
    ". . . .",
    "…",
    "?",
    "!",
    "?!",
    "!!!",
    "。",
    "．",
]
OTHER_MARKS = [
    *",:;@#$%&*()[]{}<>+=~^|\\/_",
    "--",
    "---",
    "-",
    "‐",
    "‑",
    *"‒–—―−",
    "://",
    "</",
    "/>",
]
SPACES = [
    *" \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2003\u2009\u200a\u2028\u2029\u202f",
    *("\u205f", "\u3000", "  ", "\r\n", "\n\n", "\n \n", " \n", "\t ", " \x1c", "\u200b", "\ufeff"),
]
INVISIBLE = [
    *"\x00\x01\x08\x0e\x1b\x7f\x80\x9f\xad\u180e\u200c\u200d\u200e\u202e\u2060\u2066\ufe0f"
]
CLITICS = [
    *(
        "'s",
        "'S",
        "'ſ",
        "'m",
        "'M",
        "'d",
        "'D",
        "'t",
        "'T",
        "'n",
        "'ll",
        "'LL",
        "'Ll",
        "'re",
        "'RE",
    ),
    *(
        "'rE",
        "'ve",
        "'VE",
        "n't",
        "N'T",
        "n'T",
        "'em",
        "'cause",
        "'80s",
        "o'",
        "'\u0301",
        "'s\u0301",
    ),
    *(
        "cannot",
        "CANNOT",
        "Cannot",
        "d'ye",
        "D'YE",
        "gimme",
        "gimmE",
        "gımme",
        "GİMME",
        "gonna",
        "gotta",
    ),
    *(
        "lemme",
        "more'n",
        "wanna",
        "wanna ",
        "WANNA\n",
        "wanna.",
        " 'tis",
        " 'Twas",
        " 'tıs",
        " 'tiſ",
    ),
    *("'tis", "cannot_", "xcannot", "cannot\u0301", "\u0301cannot", "cannot½", "wanna\x1c"),
]
NUMBERS = [
    *(
        "0",
        "3",
        "42",
        "3.",
        "3.14",
        "3,14",
        "1,000.50",
        "1.000.000",
        "-3.",
        "-.5",
        ".5",
        ",5",
        "3.-",
    ),
    *(
        "10:30",
        "$3.88",
        "5%",
        "1st",
        "2nd.",
        "I.",
        "II.",
        "No. 5",
        "٣",
        "٣.",
        "۴٬۵",
        "२.",
        "½",
        "½.",
        "².",
    ),
    *(
        "\U0001d7d9.",
        "\U00010d43.",
        "\U00011de0",
        "０．５",
        "##number##",
        "1-2.",
        "3..",
        "3,.",
        "1.2.3.",
    ),
]
NAMES = [
    *(
        "J.",
        "j.",
        "J. S.",
        "J.S.",
        "U.S.",
        "U.S.A.",
        "Ph.D.",
        "e.g.",
        "i.e.",
        "etc.",
        "Mr.",
        "mr.",
        "MR.",
    ),
    *(
        "St.",
        "a.m.",
        "x-inc.",
        "Inc.",
        "É.",
        "é.",
        "ß.",
        "_.",
        "Ω.",
        "Я.",
        "中.",
        "ª.",
        "\u0301.",
        "ǅ.",
    ),
    *("B. Edelman", "b. edelman", "J. Aron", "Ⅷ.", "ⓐ.", "\u0345.", "\u200d.", "\U0001e030."),
]
LETTERS = [
    *"aAzZyYsSİıßſKÅµŉǰΐΣσςΑΣéÉñøœæĳǆǅﬁﬀﬅĿ",
    *("é", "i̇", "\u0301", "\u0308", "\u20dd", "\u0903", "ΣΑΣ", "ὈΔΥΣΣΕΎΣ.", "Straße", "STRASSE"),
    *"中文字。日本語かなカナーㄱ한국어שלוםمرحباहिन्दीไทยខ្មែរ🙂👍🏽👨‍👩‍👧🇩🇪☃♥",
    *"\u0870\u0c5d\u1c89\ua7cb\U00010d4a\U00011b61\U0001e6c0\U0002ebf0\U00031350\U0003134b",
    *"\ud800\udbff\udc00\udfff\ufffd\uffff\U0010ffff\ue000\U000f0000",
]
# One character to a reader: emoji of several parts, marks upon marks, letters in pieces; and text
# from right to left, and format characters within words.
SEQUENCES = [
    *(
        "🙂",
        "ſ",
        "👨\u200d👩\u200d👧",
        "👍🏽",
        "🇩🇪",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "🏴\U000e0067\U000e007f",
    ),
    *("e\u0301\u0323", "a\u0308s", "n\u0303o", "\u1112\u1161\u11ab", "क्\u200dषि", "ก็", "Å\u030a"),
    *(
        "ש\u05c1\u05b8לו\u05b9ם",
        "م\u064eر\u0652حبا",
        "\u202bשלום.\u202c",
        "\u2067مرحبا؟\u2069",
        "عربي،",
    ),
    *("hy\u00adphen", "zero\u200bwidth", "a\u2060b", "\ufeffText.", "l\u2019\u200det", "\u061c."),
]
ADDRESSES = [
    *(
        "http://x.org/a.b?c=d&e#f",
        "https://docs.python.org/3/",
        "www.x.co.uk.",
        "me@x.org",
        "a.b@c.d.",
    ),
    *(
        "/etc/fstab",
        "C:\\x.y",
        "f(x).",
        "a[0].b",
        "x.y.z",
        "--help",
        "-v.",
        "<b>x.</b>",
        "&amp;",
        "v1.2.3",
    ),
    *(
        "std::vector<int>",
        "__init__.py.",
        "a_b.c",
        "$HOME.",
        "#include",
        "@user",
        "50%.",
        "R&D",
        "AT&T.",
    ),
]
_KINDS: list[Sequence[str]] = [
    *(QUOTES, PERIODS, OTHER_MARKS, SPACES, INVISIBLE, CLITICS, NUMBERS, NAMES, LETTERS, ADDRESSES),
    *(SEQUENCES, _STOPWORDS, WORDS),
]
_ALL = [piece for kind in _KINDS[:-2] for piece in kind]


def random_piece(rng: Random) -> str:
    """One piece of any kind."""
    return rng.choice(rng.choice(_KINDS))


def random_text(rng: Random) -> str:
    """A text of up to some hundred characters, of one of several makes."""
    return rng.choice(_MAKES)(rng)


def random_word(rng: Random) -> str:
    """A word for the stemmer: letters, suffixes upon suffixes, apostrophes, capitals."""
    make = rng.randrange(4)
    if make == 0:
        return _cased(rng, rng.choice(WORDS))
    base = rng.choice(_KNOWN) if make == 1 else rng.choice(sorted(_SPECIAL))
    if make == 3:
        base = "".join(rng.choices("aeiouyybcdlnrstwx'", k=rng.randrange(6)))
    if rng.random() < 0.1:
        base = rng.choice(["'", "’", "''", "y", "gener", "commun", "arsen", "İ", "é"]) + base
    word = base + "".join(rng.choices(_SUFFIXES, k=rng.randrange(4)))
    return _cased(rng, word) if rng.random() < 0.2 else word


_SUFFIXES = [
    *(*_STEP_0, *_STEP_1A, *_STEP_1B, *_STEP_2, *_STEP_4, "alize", "icate", "ative", "ical", "ful"),
    *("ness", "y", "yy", "e", "l", "ll", "at", "bl", "iz", "tt", "ogy", "’s", "‘", "‛s"),
]


def _cased(rng: Random, word: str) -> str:
    """The word in another case, perhaps."""
    return rng.choice([str, str, str.lower, str.upper, str.title, str.swapcase])(word)


def _mixed(rng: Random) -> str:
    """Pieces of all kinds."""
    return "".join(rng.choices(_ALL, k=rng.randrange(30)))


def _dense(rng: Random) -> str:
    """Many repeats of a few pieces."""
    few = rng.choices(_ALL, k=rng.randrange(1, 5))
    return "".join(rng.choices(few, k=rng.randrange(40)))


def _marks(rng: Random) -> str:
    """Nearly only punctuation and spaces."""
    kinds = [QUOTES, PERIODS, OTHER_MARKS, SPACES]
    return "".join(rng.choice(rng.choice(kinds)) for _ in range(rng.randrange(40)))


def _by_kind(rng: Random) -> str:
    """Pieces of a few kinds, apart by a space or not."""
    kinds = rng.choices(_KINDS, k=rng.randrange(1, 4))
    pieces = [rng.choice(rng.choice(kinds)) for _ in range(rng.randrange(25))]
    return rng.choice(["", " ", " ", rng.choice(SPACES)]).join(pieces)


def _sentences(rng: Random) -> str:
    """Words the Punkt model knows, with what it decides upon between them."""
    pieces = []
    for _ in range(rng.randrange(1, 14)):
        word = rng.choice(rng.choice([_KNOWN, _KNOWN, _ABBREVIATIONS, _STARTERS, WORDS]))
        pieces.append(_cased(rng, word))
        if rng.random() < 0.6:
            pieces.append(rng.choice(rng.choice([PERIODS, [".", "."], OTHER_MARKS, QUOTES])))
            pieces.append(rng.choice(["", "", ")", '"', "'", "”", "]"]))
        pieces.append(rng.choice([" ", " ", " ", "", rng.choice(SPACES)]))
        if rng.random() < 0.1:
            first, second = rng.choice(_COLLOCATIONS)
            first = rng.choice(["3", "-4,5", first]) if first == "##number##" else first
            pieces.append(f"{_cased(rng, first)}. {_cased(rng, second)} ")
    return "".join(pieces)


def _any_code_points(rng: Random) -> str:
    """Characters from anywhere in Unicode, surrogates included, among English words."""
    pieces = []
    for _ in range(rng.randrange(1, 20)):
        limit = rng.choice([0x80, 0x250, 0x3100, 0x10000, sys.maxunicode + 1])
        pieces.append(chr(rng.randrange(limit)))
        pieces.append(rng.choice(["", "", rng.choice(WORDS), rng.choice(_ALL), ".", "'", " "]))
    return "".join(pieces)


def _runs(rng: Random) -> str:
    """Long runs of one piece or two."""
    pieces = []
    for _ in range(rng.randrange(1, 5)):
        unit = rng.choice(_ALL) + rng.choice(["", "", rng.choice(_ALL)])
        pieces.append(unit * rng.choice([1, 2, 3, 7, 50]) + rng.choice(["", "x", " Then "]))
    return "".join(pieces)


def _damaged(rng: Random) -> str:
    """A piece of real prose with characters lost, doubled, moved and put in."""
    prose = rng.choice(_PROSE)
    start = rng.randrange(max(1, len(prose) - 200))
    chars = list(prose[start : start + rng.randrange(200)])
    for _ in range(rng.randrange(6)):
        if not chars:
            break
        at = rng.randrange(len(chars))
        chars[at] = rng.choice(
            ["", chars[at] * 2, chars[at].swapcase(), rng.choice(_ALL), chars[0]]
        )
    return "".join(chars)


_PROSE = sorted(pydoc_data.topics.topics.values())
_MAKES: list[Callable[[Random], str]] = [
    *(_mixed, _dense, _marks, _by_kind, _sentences, _sentences, _any_code_points, _runs, _damaged),
]
