"""Compare the native stemmers with the Python ones, or with NLTK's, on any number of words.

``python -m tests.kernels.stems_sweep --count 1000000 --seed 1`` tries random words of each
language, ``--listed`` the words of installed tables, ``--files`` those of the texts in .jsonl.gz
files, and ``--code-points 0 10FFFF`` a range of code points in several places. ``--nltk`` asks NLTK
for the stems, not our Python. Prints the differences; exits with 1 when there are any. ``--write``
also keeps words and stems in a folder, for ``make sanitize``.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random

from nltk.stem.snowball import SnowballStemmer

from embedfn.kernels import _words
from tests.kernels.words_sweep import Stage, ascii_word, sweep
from tests.lexical import languages
from tests.lexical.strings import random_word
from tests.lexical.sweep import file_texts

CODES = {"english": "en"} | {name: code for code, name in languages.NAMES.items()}
LETTERS = {**languages.LETTERS, "en": "aeiouybcdlrst'’‘‛é"}
# Pieces that a language's rules look for; only the Russian stemmer ever sees a capital.
_SOUP = {
    "en": "' ’ ‘ ‛ y s ied ing ed é \x80 e l ll at b sky",
    "de": "ß ss niss ig e en u y ü keit lich er st n s isch heit",
    "fr": (
        "qu u i y ï iv at ic abil eus iqu abl ièr ement if ment emment amment ions iss ent ion par "
        "tap ç é n tt ll s"
    ),
    "ru": " ".join("i^ua`'shctkzeяюшщчцсьъэйеёиAUEoltnвнаоу") + " ост ейш ующа ся айа емн иа ая",
    "sp": "gu yendo u ü y é amente iv at ic os la les iendo r ír",
    "it": "qu u i gli ch gh ì í amente iv at ic logia ar endo ia",
    "pt": "ã a~ õ o ~ qü gu gü ci ç ção ões eira ira amente iv e",
}


def native(language: str, word: str) -> str:
    """The native stem."""
    stem = _words.stem(language, word.encode(errors="surrogatepass"))
    return stem.decode(errors="surrogatepass")


def ready(language: str, word: str) -> str:
    """The word as the native stemmer wants it."""
    return word if language == "russian" else word.lower()


def python_stemmer(language: str) -> Callable[[str], str]:
    """Our stemmer in Python, without its memory."""
    return import_module(f"embedfn.lexical.stem_{language}").stem.__wrapped__.__wrapped__


def nltk_stemmer(language: str) -> Callable[[str], str]:
    """NLTK's stemmer."""
    return SnowballStemmer(language).stem


def stage_of(language: str, stemmer: Callable[[str], str] | None = None) -> Stage:
    """What is compared for a language: with the Python stemmer or a given one."""
    return Stage(
        lambda word: native(language, word),
        stemmer or python_stemmer(language),
        lambda rng: random_input(rng, language),
        str.split,
    )


def random_input(rng: Random, language: str) -> str:
    """A word rich in suffixes, a soup of letters and suffixes, or a word with any code points."""
    code, kind = CODES[language], rng.random()
    if kind < 0.5:
        word = _word(rng, code)
    elif kind < 0.7:
        word = _letters(rng, code) + "".join(rng.choices(_SOUP[code].split(), k=rng.randrange(7)))
        word += "".join(rng.choices(suffixes(code), k=rng.randrange(3)))
    elif kind < 0.85:
        word = _letters(rng, code) + "".join(rng.choices(suffixes(code), k=rng.randrange(5)))
    elif kind < 0.9:
        word = _word(rng, rng.choice(list(CODES.values())))
    else:
        chars = list(_word(rng, code))
        for _ in range(rng.randrange(1, 4)):
            limit = rng.choice([0x80, 0x100, 0x250, 0x500, 0x3100, 0x10000, 0x110000])
            chars.insert(rng.randrange(len(chars) + 1), chr(rng.randrange(limit)))
        word = "".join(chars)
    return ready(language, word)


def _word(rng: Random, code: str) -> str:
    """A word with suffixes."""
    if code != "en":
        return languages.random_word_of(rng, code)
    return (
        random_word(rng) if rng.random() < 0.5 else ascii_word(rng).replace("'", rng.choice("'’"))
    )


def _letters(rng: Random, code: str) -> str:
    """Some letters."""
    return "".join(rng.choices(LETTERS[code], k=rng.randrange(6)))


@cache
def suffixes(code: str) -> tuple[str, ...]:
    """All suffixes of a language, some with the capitals that its stemmer writes meanwhile."""
    if code != "en":
        return languages.suffixes(code)
    module = import_module("embedfn.lexical.stem_english")
    steps = (getattr(module, name) for name in dir(module) if name.startswith("_STEP"))
    return (*sorted({suffix for step in steps for suffix in step}), "’s", "‘", "‛s’")


def listed_words(language: str) -> Iterator[str]:
    """Words of a language and of others that the tables of installed packages list."""
    for name in (language, "czech", "turkish", "greek", "finnish"):
        table = import_module(f"punkt.data.{name}")
        for word in sorted({*table.ORTHO_CONTEXT, *table.ABBREV_TYPES, *table.SENT_STARTERS}):
            yield ready(language, word)
    if language != "english":
        for word in languages.words(CODES[language]):
            for form in (word, word.upper(), word.strip(".,;:!?«»¿¡")):
                yield ready(language, form)


def file_words(language: str, texts: Iterable[str]) -> Iterator[str]:
    """The distinct words of texts, with the marks beside them and without, and in capitals."""
    forms = (form for text in texts for word in text.split() for form in (word, word.strip(_MARKS)))
    for word in sorted({ready(language, form) for form in forms}):
        yield word
        if language == "russian":
            yield word.lower()
            yield word.upper()


_MARKS = ".,;:!?«»¿¡()[]{}<>\"'„“”…-*"


def code_point_words(language: str, codes: Iterable[int]) -> Iterator[str]:
    """Each code point alone, and first, in between and last in words of the language."""
    code = CODES[language]
    for point in codes:
        rng, char = Random(point), chr(point)
        letters, suffix = _letters(rng, code), rng.choice(suffixes(code))
        for word in (
            char,
            char + letters + suffix,
            letters + char + suffix,
            letters + suffix + char,
        ):
            yield ready(language, word)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.kernels.stems_sweep", description=__doc__
    )
    parser.add_argument("--count", type=int, default=0, help="random words of each language")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--languages", nargs="+", default=list(CODES), choices=list(CODES))
    parser.add_argument("--listed", action="store_true")
    parser.add_argument("--code-points", nargs=2, metavar=("FIRST", "LAST"), default=("0", "-1"))
    parser.add_argument("--files", nargs="*", type=Path, default=[])
    parser.add_argument("--nltk", action="store_true")
    parser.add_argument("--write", type=Path, help="a folder for words and stems")
    args = parser.parse_args()
    found = 0
    for language in args.languages:
        stage = stage_of(language, nltk_stemmer(language) if args.nltk else None)
        found += sweep(f"stem_{language}", stage, _inputs(language, args), args.write)
    return found > 0


def _inputs(language: str, args: argparse.Namespace) -> Iterator[str]:
    """The words for one language."""
    rng = Random(args.seed)
    for _ in range(args.count):
        yield random_input(rng, language)
    if args.listed:
        yield from listed_words(language)
    first, last = (int(point, 16) for point in args.code_points)
    yield from code_point_words(language, range(first, last + 1))
    for path in args.files:
        yield from file_words(language, file_texts(path))


if __name__ == "__main__":
    sys.exit(main())
