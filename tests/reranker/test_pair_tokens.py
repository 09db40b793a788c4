"""Pairs put together from their texts' tokens, beside the tokenizer's own pairs."""

import numpy as np
import pytest
from tokenizers import Tokenizer

from embedfn.encoder.pair_tokens import Cut, PairTokeniser
from tests.encoder.models import Recipe, build_classifier
from tests.encoder.texts import HARD, random_texts

QUERIES = ["a query", "", "many words " * 40, "[SEP] [CLS] hello", " \n"]


def by_the_tokenizer(folder, max_tokens, query, texts):
    """Ids and types of each pair, one after another."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    pairs = [(query, text) for text in texts]
    return [(each.ids, each.type_ids) for each in tokenizer.encode_batch(pairs)]


@pytest.fixture(scope="module", params=["bert", "distilbert"])
def folder(request, tmp_path_factory):
    return build_classifier(tmp_path_factory.mktemp(request.param), Recipe(family=request.param))


@pytest.mark.parametrize("max_tokens", [3, 4, 6, 16, 66])
def test_pairs_are_the_tokenizers(folder, max_tokens):
    ours = PairTokeniser(folder, max_tokens)
    assert (ours._pair_around is not None) == (max_tokens > 4)  # or nothing is left of two words
    texts = ["", *HARD, *random_texts(20, seed=41), "long text " * 300, ""]
    # The tokenizer makes a piece of every few tokens that it cuts off: long texts take it minutes.
    texts = [text for text in texts if len(text) < 20 * max_tokens]
    for query in QUERIES:
        tokens, second = ours.pairs(query, texts, Cut(max_tokens, None))
        assert tokens.ids.dtype == np.int32
        expected = by_the_tokenizer(folder, max_tokens, query, texts)
        assert len(tokens.indptr) == len(texts) + 1
        for row, (ids, types) in enumerate(expected):
            of_pair = slice(tokens.indptr[row], tokens.indptr[row + 1])
            assert tokens.ids[of_pair].tolist() == ids
            assert second[of_pair].tolist() == [bool(each) for each in types]


def test_a_query_that_is_cut_goes_the_tokenizers_way(folder):
    ours = PairTokeniser(folder, 66)
    texts = [*HARD, *random_texts(10, seed=42)]
    tokens, _ = ours.pairs("many words " * 40, texts, Cut(40, 8))
    lengths = np.diff(tokens.indptr)
    assert lengths.max() == 40
    assert (lengths >= 8 + 3).all()


def test_other_tokenizers_go_their_own_way(tmp_path):
    folder = build_classifier(tmp_path, Recipe(family="roberta"))
    ours = PairTokeniser(folder, 40)
    assert ours._pair_around is None
    texts = [*HARD, "long text " * 300]
    tokens, second = ours.pairs("a query", texts, Cut(40, None))
    expected = by_the_tokenizer(folder, 40, "a query", texts)
    assert tokens.ids.tolist() == [token for ids, _ in expected for token in ids]
    assert second.tolist() == [bool(kind) for _, types in expected for kind in types]
