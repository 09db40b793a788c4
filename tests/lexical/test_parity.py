"""A slice of what ``python -m tests.lexical.parity`` compares without end, and that it can fail."""

from collections import Counter
from random import Random

import pytest

from embedfn import kernels
from embedfn.lexical.terms import encode_terms
from tests.lexical import parity
from tests.lexical.languages import MARKED, NAMES, random_text_of

SIZES = {"en": 1000, "jp": 60}
# What the texts in every language must have.
PIECES = [
    *("'", '"', "`", "’", "”", "»", "…", "...", "—", "--"),
    *("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028", "\u2029", "\u3000"),
    *("\x01", "\x7f", "\xad", "\u200b", "\u200d", "\u202e", "\u2066", "\ufeff", "\u0301", "\u0308"),
    *("🙂", "👍🏽", "🇩🇪", "中", "日", "カ", "ー", "한", "ש", "م", "ह"),
    *(
        "http://",
        "www.",
        "@",
        "3.14",
        "1,000",
        "½",
        "٣",
        "n't",
        "'ll",
        "U.S.",
        "Mr.",
        "İ",
        "ſ",
        "ß",
    ),
]


@pytest.fixture
def compared(upstream_tokenizers):
    return parity.compare


@pytest.mark.parametrize("code", parity.SHARES)
@pytest.mark.parametrize("number", [0, 1])
def test_a_batch(code, number, compared):
    size = SIZES.get(code, 200)
    found = compared(parity.Batch(code, 0, number, size))
    assert found.differences == []
    assert found.counts["texts"] == size
    assert found.counts["distinct"] > 0.8 * size
    assert found.counts["vectors"] == (0 if number else 2 * min(size, parity.VECTORS))
    assert found.counts["refused"] == 0


@pytest.mark.skipif(kernels.Analysis is None, reason="a Python twin is forced")
def test_which_languages_are_native():
    assert [code for code in parity.SHARES if parity.is_native(code)] == ["en", *NAMES]


def test_it_sees_other_terms_and_other_weights(compared, monkeypatch, upstream_tokenizers):
    upstream = upstream_tokenizers.build_default_analyzer("en")
    texts = ["The cat sat.", "A dog sat", "two cats, one dog", "birds"]
    assert parity.vector_differences("en", upstream, texts, 1) == []
    found = parity.vector_differences("en", str.split, texts, 1)
    assert found[0] == "en: the vocabularies differ"
    assert "en: encode_queries fills other places" in found

    class Heavier(parity.BM25EmbeddingFunction):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, k1=1.50001, **kwargs)

    monkeypatch.setattr(parity, "BM25EmbeddingFunction", Heavier)
    found = parity.vector_differences("en", upstream, texts, 1)
    assert found == ["en: encode_documents has other weights"]
    monkeypatch.setattr(
        parity, "analyze", lambda texts, *_: iter([[encode_terms([["other"]] * len(texts))]])
    )
    assert len(compared(parity.Batch("en", 0, 1, 40)).differences) == 40


def test_the_batches_do_not_depend_on_the_languages_beside_them():
    batches = parity.batches_of(1_000_000, 3, list(parity.SHARES))
    sizes = Counter()
    for batch in batches:
        sizes[batch.code] += batch.size
    assert sizes["en"] == 400_000
    assert sum(sizes.values()) == 1_000_000
    assert {batch.code for batch in batches[:50]} == set(parity.SHARES)
    alone = parity.batches_of(400_000, 3, ["en"])
    assert alone == [batch for batch in batches if batch.code == "en"]
    assert batches[0].texts() == batches[0].texts() != batches[0]._replace(seed=4).texts()


@pytest.mark.parametrize("code", parity.SHARES)
def test_the_texts_have_everything(code):
    rng = Random(code)
    make = parity.makers_of(code)[1]
    joined = "\n".join(make(rng) for _ in range(12_000))
    wanted = [*PIECES, *MARKED.get(code, [])]
    if code != "jp":  # MeCab takes neither
        wanted += ["\ud800", "\udfff", "\0"]
    assert [ascii(piece) for piece in wanted if piece not in joined] == []


def test_korean_texts_too():
    assert len({random_text_of(Random(seed), "kr") for seed in range(50)}) > 40
