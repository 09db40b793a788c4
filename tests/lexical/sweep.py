"""Compare any number of random texts, or the texts of files, with NLTK and upstream.

``python -m tests.lexical.sweep --count 1000000 --seed 1`` tries random texts, ``--code-points 0
10FFFF`` a range of code points in the places where a character's class matters, and ``--files`` the
texts of .jsonl.gz files (the strings of all their fields); ``--language de`` does so for the parts
of another language. Prints the differences; exits with 1 when there are any.
"""

import argparse
import gzip
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

from embedfn.lexical.analyzer import build_default_analyzer
from embedfn.lexical.components import StemmingFilter
from embedfn.lexical.punkt import sent_tokenize
from embedfn.lexical.stem_english import stem
from embedfn.lexical.treebank import tokenize_sentence, word_tokenize
from tests.lexical import peer
from tests.lexical.languages import NAMES, random_text_of, random_word_of
from tests.lexical.strings import random_text, random_word

Pair = tuple[Callable[[str], object], Callable[[str], object]]

CODE_POINT_TEMPLATES = (
    *(
        "{0}. Bach {0}. the\n",
        "x. {0}he\n",
        "a.{0}b. C.{0}\n",
        "x. .{0}. .{0}. y\n",
        "-{0}3,{0}. x\n",
    ),
    *(
        "Mr.{0}X {0}r. X\n",
        "x.{0} Y\n",
        "No.) {0} X\n",
        "'{0} {0}'x x'{0}y\n",
        "'s{0} '{0}e 'l{0} \n",
    ),
    *(
        ",{0} :{0} {0},\n",
        "wanna{0} cannot{0} {0}cannot\n",
        "c{0}nnot g{0}mme '{0}is 't{0}s 'ti{0}\n",
    ),
    *("ga{0}ng ya{0}s {0}ied {0}{0}{0}ation\n", "{0}'s x{0}' x'{0} \n"),
)
EXAMPLES = 10


def stages() -> dict[str, list[Pair]]:
    """For each stage our functions and the peers' they must agree with; NLTK needs its data."""
    from nltk.stem.snowball import EnglishStemmer
    from nltk.tokenize import sent_tokenize as nltk_sent_tokenize
    from nltk.tokenize import word_tokenize as nltk_word_tokenize
    from nltk.tokenize.destructive import NLTKWordTokenizer

    return {
        "sentence": [(sent_tokenize, nltk_sent_tokenize)],
        "word": [
            (tokenize_sentence, NLTKWordTokenizer().tokenize),
            (word_tokenize, nltk_word_tokenize),
        ],
        "stem": [(stem, EnglishStemmer().stem)],
        "analyzer": [
            (build_default_analyzer("en"), peer.import_upstream().build_default_analyzer("en"))
        ],
    }


def stages_of(code: str) -> dict[str, list[Pair]]:
    """The same for what is a language's own; ``code`` is upstream's."""
    if code == "en":
        return stages()
    from nltk.stem.snowball import SnowballStemmer

    upstream = peer.import_upstream().build_default_analyzer(code)
    pairs = {"analyzer": [(build_default_analyzer(code), upstream)]}
    if code not in NAMES:
        return pairs
    ours = StemmingFilter(NAMES[code])
    return {
        "stem": [(lambda word: ours.apply([word])[0], SnowballStemmer(NAMES[code]).stem)]
    } | pairs


def makers_of(code: str) -> tuple[Callable[[Random], str], Callable[[Random], str]]:
    """What makes random words and texts of a language."""
    if code == "en":
        return random_word, random_text
    return (lambda rng: random_word_of(rng, code)), (lambda rng: random_text_of(rng, code))


def differences(
    pairs: Iterable[Pair], texts: Iterable[str]
) -> Iterator[tuple[str, object, object]]:
    """Texts for which a pair does not agree, with both outcomes."""
    for text in texts:
        for ours, theirs in pairs:
            got, expected = ours(text), peer.outcome(theirs, text)
            if got != expected:
                yield text, got, expected


def code_point_texts(codes: Sequence[int], size: int = 64) -> Iterator[str]:
    """Each code point in each template, some to a text."""
    for start in range(0, len(codes), size):
        for template in CODE_POINT_TEMPLATES:
            yield "".join(template.format(chr(code)) for code in codes[start : start + size])


def file_texts(path: Path) -> Iterator[str]:
    """All strings in a file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield from (value for value in json.loads(line).values() if isinstance(value, str))


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.lexical.sweep", description=__doc__)
    parser.add_argument("--count", type=int, default=0, help="random texts for each stage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stages", nargs="+", default=["sentence", "word", "stem", "analyzer"])
    parser.add_argument("--language", default="en", help="upstream's code of the language")
    parser.add_argument("--code-points", nargs=2, metavar=("FIRST", "LAST"))
    parser.add_argument("--files", nargs="*", type=Path, default=[])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        peer.write_nltk_data(Path(folder))
        with peer.using_nltk_data(Path(folder)):
            pairs_of = stages_of(args.language)
            return sum(_sweep(name, pairs, args) for name, pairs in pairs_of.items()) > 0


def _sweep(stage: str, pairs: list[Pair], args: argparse.Namespace) -> int:
    """Run one stage, if it was asked for; the number of differences."""
    if stage not in args.stages:
        return 0
    start, seen, found = time.monotonic(), Counter[str](), 0

    def counted() -> Iterator[str]:
        for text in _texts(stage, args):
            seen["texts"] += 1
            seen["characters"] += len(text)
            yield text

    for text, got, expected in differences(pairs, counted()):
        found += 1
        if found <= EXAMPLES:
            sys.stdout.write(f"{stage}: {text!a}\n  ours  {got!a}\n  peer  {expected!a}\n")
    sys.stdout.write(
        f"{stage}: {found} differences in {seen['texts']} texts, {seen['characters']} characters, "
        f"{time.monotonic() - start:.0f} s\n"
    )
    sys.stdout.flush()
    return found


def _texts(stage: str, args: argparse.Namespace) -> Iterator[str]:
    """The texts for one stage; for the stemmer words of them."""
    rng = Random(args.seed)
    make_word, make_text = makers_of(args.language)
    for _ in range(args.count):
        if stage != "stem":
            yield make_text(rng)
        elif rng.random() < 0.8:
            yield make_word(rng)
        else:
            yield from make_text(rng).split()[:1]
    first, last = (int(code, 16) for code in args.code_points or ("0", "-1"))
    for texts in (code_point_texts(range(first, last + 1)), *map(file_texts, args.files)):
        for text in texts:
            if stage == "stem":
                yield from text.split()
            else:
                yield text


if __name__ == "__main__":
    sys.exit(main())
