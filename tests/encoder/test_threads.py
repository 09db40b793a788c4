"""One object and 16 threads; ``python -m bench.dense_threads`` is the same for a minute."""

import pytest

from embedfn.dense import SentenceTransformerEmbeddingFunction
from tests.encoder.soak import soak
from tests.encoder.texts import HARD, random_texts


@pytest.mark.parametrize("options", [{}, {"dtype": "int8"}, {"devices": ["cpu", "cpu"]}])
def test_16_threads_get_the_vectors_of_one(small_model, options):
    options = {"device": "cpu"} | options if "devices" not in options else options
    embed = SentenceTransformerEmbeddingFunction(small_model, **options)
    texts = [text[:400] for text in [*HARD, *random_texts(40, seed=41)]]
    assert soak(embed, texts, n_threads=16, seconds=1.5) > 16
