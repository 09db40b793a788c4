"""Texts that come again: the native analysis remembers what became of them."""

from random import Random

import pytest

from embedfn import kernels
from embedfn.lexical.analyzer import build_default_analyzer, build_standard_analyzer
from embedfn.lexical.fast import analysis_of
from tests.lexical.strings import random_text
from tests.lexical.test_fast import terms_of

pytestmark = pytest.mark.skipif(kernels.Analysis is None, reason="a Python twin is forced")

ANALYZERS = {"default": build_default_analyzer, "standard": build_standard_analyzer}


@pytest.mark.parametrize("kind", ANALYZERS)
@pytest.mark.parametrize("n_threads", [1, 3])
def test_texts_that_come_again(kind, n_threads):
    """In any order, any number of times, beside new ones, short ones and empty ones."""
    rng = Random(3)
    analyzer = ANALYZERS[kind]()
    texts = [" ".join(random_text(rng) for _ in range(rng.randrange(12))) for _ in range(300)]
    expected = {text: analyzer(text) for text in texts}
    analysis = analysis_of(analyzer)
    for _ in range(6):
        chosen = rng.choices(texts, k=200)
        assert terms_of(analysis, chosen, n_threads) == [expected[text] for text in chosen]


@pytest.mark.parametrize("kind", ANALYZERS)
def test_terms_in_the_order_met_before_and_then_not(kind):
    """Terms of a result are numbered as they come, whatever numbers they have in memory."""
    rng = Random(5)
    words = [f"word{i}" for i in range(2000)]
    analyzer = ANALYZERS[kind]()
    analysis = analysis_of(analyzer)
    for begins_as_before, step in [(0, 1), (1500, 1), (700, 3), (1, 2), (2000, 1), (0, 7)]:
        rest = words[begins_as_before:][::-step]
        order = words[:begins_as_before] + rest + rng.sample(words, 100)
        texts = [" ".join(order[i : i + 9]) for i in range(0, len(order), 9)]
        result = analysis.run(texts, 1)
        distinct = list(dict.fromkeys(term for text in texts for term in analyzer(text)))
        assert len(result[0][1]) - 1 == len(distinct)
        assert terms_of(analysis, texts) == [analyzer(text) for text in texts]


def test_texts_of_the_same_bytes():
    """What a str keeps does not tell its characters without their width."""
    stored = ("\xe9a" * 50 + "ab" * 50 + " b" * 50).encode("latin-1")
    texts = [stored.decode("latin-1"), stored.decode("utf-16-le")]
    analyzer = build_default_analyzer()
    analysis = analysis_of(analyzer)
    for some in (texts, texts[::-1]):
        assert terms_of(analysis, some) == [analyzer(text) for text in some]


@pytest.mark.parametrize("n_threads", [1, 2])
def test_more_than_is_remembered(n_threads):
    """Texts of 5 million terms, one of 200,000 among them, three times; then some of them."""
    rng = Random(4)
    words = [f"w{i}" for i in range(5000)]
    sizes = [rng.randrange(1, 40_000) for _ in range(250)]
    texts = [" ".join(rng.choices(words, k=size)) for size in [*sizes, 200_000, 1 << 16, 1 << 15]]
    split = [text.split() for text in texts]
    analysis = analysis_of(build_standard_analyzer())
    for start in (0, 0, 0, 200, 100):
        assert terms_of(analysis, texts[start:], n_threads) == split[start:]


@pytest.mark.parametrize("kind", ANALYZERS)
def test_a_text_that_comes_again_when_memory_is_emptied(kind):
    """More forms than are remembered wait to be looked up just then."""
    analyzer = ANALYZERS[kind]()
    again = (
        "a text of some words which is long enough to be remembered as a whole: alpha beta gamma"
    )
    many = " ".join(f"w{i}" for i in range((1 << 19) + 300))
    texts = [again, many, again, "omega", again]
    (result,) = analysis_of(analyzer).run(texts, 1)
    buffer, offsets, indptr, codes, _ = result
    for place in (0, 2, 4):
        found = [
            buffer[offsets[code] : offsets[code + 1]].tobytes().decode()
            for code in codes[indptr[place] : indptr[place + 1]]
        ]
        assert found == analyzer(again)


@pytest.mark.parametrize("kind", ANALYZERS)
def test_texts_without_terms_that_come_again(kind):
    analyzer = ANALYZERS[kind]()
    texts = ["... !!! " * 20, "some words " * 20, "", "... !!! " * 20]
    analysis = analysis_of(analyzer)
    for some in (texts[:1], texts, texts[::-1], texts[:1], texts):
        assert terms_of(analysis, some) == [analyzer(text) for text in some]


@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_was_found_stays_as_it_is(n_threads):
    """Results lie where memory finds the texts again: in whole, in part, and beside new ones."""
    rng = Random(6)
    words = [f"w{i}" for i in range(5000)]
    texts = [" ".join(rng.choices(words, k=200)) for _ in range(2000)]
    analysis = analysis_of(build_standard_analyzer())
    chosen = [
        texts,
        texts,
        texts[500:1500],
        texts[900:] + texts[:900],
        [*texts[:50], "new ones", *texts],
    ]
    results = [(some, analysis.run(some, n_threads)) for some in chosen]
    for some, runs in results:
        found = [
            buffer[offsets[code] : offsets[code + 1]].tobytes().decode()
            for buffer, offsets, _, codes, _ in runs
            for code in codes
        ]
        assert found == " ".join(some).split()
    assert not any(codes.flags.writeable for _, runs in results for _, _, _, codes, _ in runs)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_lists_of_one_source_begin_alike(n_threads):
    """Texts again, some of them, others between, and so many others that all is forgotten."""
    rng = Random(7)
    words = [f"w{i}" for i in range(9000)]
    texts = [" ".join(rng.choices(words, k=100)) for _ in range(1000)]
    many = [" ".join(f"n{i}" for i in range(k, k + 100)) for k in range(0, (1 << 19) + 300, 100)]
    analysis = analysis_of(build_standard_analyzer())
    lists = {}
    chosen = [texts, texts, texts[:300], texts[300:], texts[:100] + many[:9] + texts]
    for some in (*chosen, texts, many, texts, texts):
        for buffer, offsets, _, _, source in analysis.run(some, n_threads):
            if source:
                lists.setdefault(source, []).append((buffer.tobytes(), offsets.tolist()))
    assert max(map(len, lists.values())) >= 3
    for alike in lists.values():
        longest = max(alike, key=lambda one: len(one[1]))
        for text, offsets in alike:
            assert longest[0].startswith(text)
            assert longest[1][: len(offsets)] == offsets
