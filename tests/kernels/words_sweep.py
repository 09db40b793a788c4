"""Compare the native words, stems and breaks with the Python ones, on any number of inputs.

``python -m tests.kernels.words_sweep --count 1000000 --seed 1`` tries random inputs for each stage,
``--triples`` every three interesting characters among letters, ``--code-points 0 10FFFF`` a range
of code points in the places where a character matters, ``--files`` the texts of .jsonl.gz files.
Prints the differences; exits with 1 when there are any. ``--write FOLDER`` also keeps inputs and
results for ``make sanitize``. The stages "wide_..." take any character, the first ones ASCII.
"""

import argparse
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import BinaryIO, NamedTuple

from embedfn.kernels import _words
from embedfn.lexical import stem_english, treebank
from embedfn.lexical.char_classes import char_ranges
from embedfn.lexical.punkt import sent_tokenize
from embedfn.lexical.punkt_model import PunktModel, punkt_model
from embedfn.lexical.punkt_tokens import has_break
from tests.kernels.wide_inputs import code_point_texts, text_maker, wide_word
from tests.lexical.strings import random_text, random_word
from tests.lexical.sweep import file_texts

EXAMPLES = 10
# What stands for a character outside ASCII, where its code point modulo 128 would be dull.
_ASCII = {
    **dict.fromkeys(map(ord, "‘’‚‛´′ʼ"), "'"),
    **dict.fromkeys(map(ord, "“”„‟«»‹›″〟"), '"'),
    **dict.fromkeys(map(ord, "‐‑‒–—―−"), "-"),
    **dict.fromkeys(map(ord, "\x85\xa0\u1680\u2003\u2009\u200a\u2028\u2029\u202f\u3000"), " "),
    ord("…"): "...",
}
SPACES = " \t\n\x0b\x0c\r\x1c\x1d\x1e\x1f"
MARKS = "\"'`.,:;?!*()[]{}<>-@#$%&/\\_\x00"
# Small sets of pieces, each hostile to some rules.
_ALPHABETS: list[list[str]] = [
    *(list("\"'` a"), list("'sS am."), list("',: 1a\n"), list(". \t\n)x\"'"), list("-. \nA1,")),
    *(list("'? !a"), list("(['\"`a "), list("``\"'[ "), list("*-'x ]"), list(SPACES + "a.'")),
    ["n't", "N'T", "'ll", "'Ll", "'RE", "'ve", "'s", "'d", "'m", "'", "n", "t", " ", "a", "\t"],
    ["cannot", "gonna", "gotta", "lemme", "gimme", "wanna", " ", "'", "\x1c", "-", "x", "GonNa"],
    ["d'ye", "more'n", "'tis", "'twas", "'", " ", "'Tis'Twas", "gonna", "x", ".", "D'YE"],
    ["d\x07ye", "more\x07n", " ", "d'ye", "'TIS", "\x07tis"],
    *(list(MARKS), list(MARKS + SPACES + "aA1"), [chr(code) for code in range(128)]),
]
_STEMS = ["gener", "commun", "arsen", "sk", "y", "ay", "yy", "'", "", "b", "tr", "ea", "hop", "xy"]
_SUFFIXES = [
    *(*stem_english._STEP_0, *stem_english._STEP_1A, *stem_english._STEP_1B, *stem_english._STEP_2),
    *(*stem_english._STEP_3, *stem_english._STEP_4, *stem_english._DOUBLES, "y", "e", "l", "ll"),
    *("at", "bl", "iz", "ogy", "logi", "sion", "tion", "wed", "xing"),
]
_MODEL = punkt_model()
_WORDS = [
    sorted(_MODEL.abbreviations),
    sorted(_MODEL.starters),
    sorted(_MODEL.contexts),
    sorted({word for pair in _MODEL.collocations for word in pair}),
    ["3", "-4,5", ".5", "1.", "1,000.", "-", "--", "a", "B", "x-", "#", "_", "1-", "..", ". . ."],
]


# In sentences and snippets, many and one at a time.
_WORD_PLACES = ["a{0}b {0}c d{0} {0} ", "'{0}'{0}e' {0}'s x'{0} ", ",{0} :{0} {0}, {0}cannot{0} "]
_WORD_PLACES += ["g{0}mme c{0}nnot '{0}is 't{0}s wanna{0} ", 'x.{0}"{0}" {0}--{0}. {0}']
_BREAK_PLACES = [
    "{0}. X",
    "x. {0}",
    "x. {0}s",
    "x{0}. y",
    "No. {0}.",
    "{0}{0}. the",
    ".{0}3,{0}. y",
]
_BREAK_PLACES += ["Mr.{0}X", "x.{0} Y", "x. .{0}. .{0}. y", "x{0}y. Z", "{0}r. Smith. The"]
# What may be left to Python: the lower case of a character that depends on its neighbours.
_ASKED = frozenset("\u03a3")


class Stage(NamedTuple):
    """Two functions that must agree, and the inputs for them."""

    native: Callable[[str], object]  # None where only Python can tell
    python: Callable[[str], object]
    random: Callable[[Random], str]
    of_text: Callable[[str], Iterable[str]]
    triples: str = MARKS + " \n\x1caAs1"
    code_points: Callable[[Sequence[int]], Iterator[str]] = lambda _: iter(())
    takes: Callable[[str], bool] = str.isascii
    asked: frozenset[str] = frozenset()  # only an input with one of these may be left to Python


def native_model(model: PunktModel) -> _words.PunktModel:
    """A Punkt model for the native code."""
    return _words.PunktModel(
        [word.encode() for word in model.abbreviations],
        [word.encode() for word in model.starters],
        [(first.encode(), second.encode()) for first, second in model.collocations],
        {word.encode(): seen for word, seen in model.contexts.items()},
        char_ranges(),
    )


def encoded(text: str) -> bytes:
    """The text in UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def decoded(text: bytes) -> str:
    """The text of UTF-8."""
    return text.decode("utf-8", "surrogatepass")


def _is_wide(text: str) -> bool:
    """Is there a character beyond ASCII?"""
    return not text.isascii()


def wide_stages() -> dict[str, Stage]:
    """What is compared for any characters."""
    model, characters = native_model(_MODEL), _words.Characters(char_ranges())

    def words(text: str) -> list[str] | None:
        found = characters.treebank_words(encoded(text))
        return None if found is None else list(map(decoded, found))

    def lower(text: str) -> str | None:
        found = characters.lower(encoded(text))
        return None if found is None else decoded(found)

    marks = "«”’„–'\"`.,-? \xa0\nséÉ\u0301½٣"
    return {
        "wide_words": Stage(
            words,
            treebank.tokenize_sentence,
            text_maker(ascii_sentence),
            sent_tokenize,
            marks,
            lambda codes: code_point_texts(codes, _WORD_PLACES, 64),
            _is_wide,
        ),
        "wide_break": Stage(
            lambda text: model.has_break(encoded(text)),
            has_break,
            text_maker(ascii_snippet),
            snippets,
            marks,
            lambda codes: code_point_texts(codes, _BREAK_PLACES, 1),
            _is_wide,
            _ASKED,
        ),
        "wide_lower": Stage(
            lower,
            str.lower,
            wide_word,
            str.split,
            marks,
            lambda codes: code_point_texts(codes, ["{0}", "A{0}", "{0}A"], 1),
            _is_wide,
            _ASKED,
        ),
    }


def stages() -> dict[str, Stage]:
    """What is compared."""
    model = native_model(_MODEL)
    return wide_stages() | {
        "stem": Stage(
            lambda word: _words.stem_english(word.encode()).decode(),
            stem_english.stem,
            ascii_word,
            str.split,
        ),
        "words": Stage(
            lambda text: [word.decode() for word in _words.treebank_words(text.encode())],
            treebank.tokenize_sentence,
            ascii_sentence,
            sent_tokenize,
        ),
        "break": Stage(
            lambda text: model.has_break(text.encode()), has_break, ascii_snippet, snippets
        ),
    }


def to_ascii(text: str) -> str:
    """The text with an ASCII character for each other one."""
    text = text.translate(_ASCII)
    return text if text.isascii() else "".join(chr(ord(char) % 128) for char in text)


def ascii_word(rng: Random) -> str:
    """A word rich in suffixes, or soup."""
    kind = rng.random()
    if kind < 0.3:
        return to_ascii(random_word(rng))
    if kind < 0.7:
        return rng.choice(_STEMS) + "".join(rng.choices(_SUFFIXES, k=rng.randrange(1, 4)))
    letters = rng.choice(["aeiouybcdlst'", "abcdefghijklmnopqrstuvwxyz'", "yaY'e", "al\x00\x7f1-_"])
    soup = "".join(rng.choices(letters, k=rng.randrange(9)))
    return soup + rng.choice(["", *rng.choices(_SUFFIXES, k=2)])


def ascii_sentence(rng: Random) -> str:
    """A text like those for the Python rules, a soup, or a word with a little around it."""
    kind = rng.random()
    if kind < 0.3:
        return to_ascii(random_text(rng))
    if kind < 0.7:
        return "".join(rng.choices(rng.choice(_ALPHABETS), k=rng.randrange(12)))
    around = rng.choice(_ALPHABETS)
    before, after = (rng.choices(around, k=rng.randrange(4)) for _ in range(2))
    return "".join([*before, rng.choice(rng.choice(_WORDS)), *after])


def ascii_snippet(rng: Random) -> str:
    """Known words in all cases with marks between them, or a soup."""
    kind = rng.random()
    if kind < 0.15:
        return to_ascii(random_text(rng))
    if kind < 0.4:
        return "".join(rng.choices(rng.choice(_ALPHABETS), k=rng.randrange(10)))
    pieces = []
    for _ in range(rng.randrange(1, 4)):
        word = rng.choice(rng.choice(_WORDS))
        pieces.append(rng.choice([str.lower, str.title, str.upper, str.swapcase])(word))
        pieces.append(rng.choice([".", ".", ".", "..", "?", "!", ",", "-", "", ". . .", ".)", "."]))
        pieces.append(rng.choice([" ", " ", " ", "", "\n", ")", '"', "\x1c", "\t", "' "]))
    for first, second in rng.sample(sorted(_MODEL.collocations), k=rng.random() < 0.2):
        pieces.append(f"{first.replace('##number##', '-4,5')}. {second.title()}")
    return "".join(pieces)


def snippets(text: str) -> Iterator[str]:
    """Every two words of a text that the first might end a sentence between."""
    words = text.split(" ")
    for word, after in pairwise(words):
        if any(mark in word for mark in ".?!"):
            yield f"{word} {after}"


def triples(alphabet: str = Stage._field_defaults["triples"]) -> Iterator[str]:
    """Every three of the characters, by themselves and among letters."""
    for first, second, third in product(alphabet, repeat=3):
        text = first + second + third
        yield from (text, f"a{text}", f"{text}s ", f"a{first} {second}n{third}b")


def differences(stage: Stage, texts: Iterable[str], keep: BinaryIO | None = None) -> Iterator[str]:
    """Inputs for which the two do not agree; each other input and its result goes to `keep`."""
    for text in texts:
        found = stage.native(text)
        if found is None:
            if stage.asked.isdisjoint(text):
                yield text
            continue
        expected = stage.python(text)
        if keep:
            result = "\n".join(expected) if isinstance(expected, list) else str(expected)
            for part in (encoded(text), encoded(result)):
                keep.write(len(part).to_bytes(4, "little") + part)
        if found != expected:
            yield text


def write_facts(folder: Path) -> None:
    """Keep what Python says of each code point, as csrc/wide_chars.hpp asks for it."""
    with (folder / "facts.bin").open("wb") as file:
        facts = array("I")
        for char in map(chr, range(sys.maxunicode + 1)):
            lower = 0 if char in "\u0130\u03a3" else ord(char.lower())
            classes = (char.isalnum(), char.islower(), char.isupper(), char.isspace())
            facts.append(lower | sum(is_in << 24 + bit for bit, is_in in enumerate(classes)))
        facts.tofile(file)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.kernels.words_sweep", description=__doc__
    )
    parser.add_argument("--count", type=int, default=0, help="random inputs for each stage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stages", nargs="+", default=list(stages()))
    parser.add_argument("--triples", action="store_true")
    parser.add_argument("--code-points", nargs=2, metavar=("FIRST", "LAST"))
    parser.add_argument("--files", nargs="*", type=Path, default=[])
    parser.add_argument("--write", type=Path, help="a folder for inputs and results")
    args = parser.parse_args()
    if args.write:
        write_facts(args.write)
    found = 0
    for name in args.stages:
        stage = stages()[name]
        found += sweep(name, stage, _inputs(stage, args), args.write)
    return found > 0


def sweep(name: str, stage: Stage, inputs: Iterable[str], folder: Path | None) -> int:
    """Run one stage, keeping results where a folder is given; the number of differences."""
    start, seen, found = time.monotonic(), 0, 0

    def counted() -> Iterator[str]:
        nonlocal seen
        for text in inputs:
            seen += 1
            yield text

    keep = (folder / f"{name}.bin").open("wb") if folder else None
    for text in differences(stage, counted(), keep):
        found += 1
        if found <= EXAMPLES:
            native, python = stage.native(text), stage.python(text)
            sys.stdout.write(f"{name}: {text!a}\n  native {native!a}\n  python {python!a}\n")
    if keep:
        keep.close()
    spent = time.monotonic() - start
    sys.stdout.write(f"{name}: {found} differences in {seen} inputs, {spent:.0f} s\n")
    sys.stdout.flush()
    return found


def _inputs(stage: Stage, args: argparse.Namespace) -> Iterator[str]:
    """The inputs for one stage."""
    rng = Random(args.seed)
    for _ in range(args.count):
        yield stage.random(rng)
    if args.triples:
        yield from triples(stage.triples)
    if args.code_points:
        first, last = (int(code, 16) for code in args.code_points)
        yield from stage.code_points(range(first, last + 1))
    for path in args.files:
        for text in file_texts(path):
            yield from filter(stage.takes, stage.of_text(text))


if __name__ == "__main__":
    sys.exit(main())
