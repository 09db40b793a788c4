"""Words, sentences and snippets with characters beyond ASCII, from a seeded generator."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random

from tests.lexical.languages import LETTERS, SENTENCES, random_text_of, random_word_of
from tests.lexical.strings import random_text, random_word

QUOTES = "«»“”‘’„‚‛‟‹›＂"
# What may stand for a character of ASCII; letters not listed have the last line's.
_LIKE = {
    **dict.fromkeys("'\"`", f"{QUOTES}´ʼ′"),
    **{
        "-": "‐‑‒–—―−",
        " ": "\xa0\x85\u1680\u2009\u2028\u202f\u3000\u200b",
        ".": "…。．",
        ",": "，、،",
    },
    **{"k": "\u212aк", "K": "\u212aК", "s": "ſßśş", "S": "ŚẞΣ", "i": "ıíïi", "I": "İÍ"},
    **dict.fromkeys("0123456789", "٣५０²½Ⅷ\U0001d7d9\U00011de0"),
    **dict.fromkeys("({[<)}]>", "（）「」⟨⟩"),
}
# Letters of all cases and none, marks that some rules take for letters, numerals, neither.
_LETTERS = (
    "éÉßàñøŒжЖΩως中한ªºǅⅧⓐ\u0301\u0345\u20dd\u0903\u200c\u200d\U0001e030\U0001f642\ud800\udfff\xad"
)
PIECES = [
    *(*QUOTES, *"‒–—―‐−", *"\xa0\u2009\x85\u3000", *"ſıİKΣ", *_LETTERS, *"٣²½…。"),
    *(*" \n\t\x1c.,:;?!*()[]{}<>@'\"`-_aAsStTnN13", "''", "``", "--", "..", " ", " ", "'", "."),
    *[
        "gimme",
        "gımme",
        "GİMME",
        "cannot",
        "wanna",
        "'tıſ",
        "'twaſ",
        "more'n",
        "d'ye",
        "'ll",
        "n't",
    ],
]
_CODES = sorted(SENTENCES)


def widened(rng: Random, text: str) -> str:
    """The text with others in place of some ASCII characters, or of many."""
    share = rng.choice([0.1, 0.3, 1])
    return "".join(
        rng.choice(_LIKE.get(char, _LETTERS if char.isalpha() else char))
        if rng.random() < share
        else char
        for char in text
    )


def soup(rng: Random, longest: int) -> str:
    """Any of a few pieces, again and again."""
    return "".join(rng.choices(rng.sample(PIECES, k=rng.randrange(1, 9)), k=rng.randrange(longest)))


def damaged(rng: Random) -> str:
    """Real prose of some language with pieces put in, lost, doubled and in other case."""
    chars = list(rng.choice(SENTENCES[rng.choice(_CODES)]))
    for _ in range(rng.randrange(8)):
        at = rng.randrange(len(chars))
        chars[at] = rng.choice(["", chars[at] * 2, chars[at].swapcase(), rng.choice(PIECES), " "])
    return "".join(chars)


def text_maker(ascii_text: Callable[[Random], str]) -> Callable[[Random], str]:
    """A maker of texts: soups, prose, texts of tests/lexical, and ASCII ones with others put in."""

    def make(rng: Random) -> str:
        kind = rng.random()
        if kind < 0.15:
            return random_text(rng)
        if kind < 0.25:
            return random_text_of(rng, rng.choice(_CODES))
        if kind < 0.4:
            return damaged(rng)
        return soup(rng, 12) if kind < 0.7 else widened(rng, ascii_text(rng))

    return make


def wide_word(rng: Random) -> str:
    """A word in any case."""
    kind = rng.random()
    if kind < 0.3:
        return soup(rng, 8)
    word = random_word_of(rng, rng.choice(sorted(LETTERS))) if kind < 0.8 else random_word(rng)
    return rng.choice([str.upper, str.title, str.swapcase, str])(word)


def code_point_texts(codes: Sequence[int], templates: Iterable[str], size: int) -> Iterator[str]:
    """Each code point in each template, some to a text."""
    templates = list(templates)
    for start in range(0, len(codes), size):
        chars = [chr(code) for code in codes[start : start + size]]
        for template in templates:
            yield "".join(template.format(char) for char in chars)
