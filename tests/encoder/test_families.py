"""Every family's vectors against the real sentence-transformers', each text alone."""


import numpy as np
import pytest

from embedfn.encoder.engine import Encoder
from tests.encoder.models import Recipe, build, peer_vectors
from tests.encoder.texts import HARD, random_texts

TEXTS = [*HARD, "x", "漢字 🎉", *["the same text"] * 3, *random_texts(40, seed=31)]
RECIPES = {
    "bert": Recipe("bert"),
    "roberta": Recipe("roberta"),
    "xlm-roberta": Recipe("xlm-roberta"),
    "camembert": Recipe("camembert"),
    "distilbert": Recipe("distilbert"),
    "mpnet": Recipe("mpnet"),
    "mpnet-long": Recipe("mpnet", config={"max_position_embeddings": 514}, pooling="cls"),
    "modernbert": Recipe("modernbert"),
    "modernbert-long": Recipe("modernbert", config={"max_position_embeddings": 900}),
    "albert": Recipe("albert"),
    "electra": Recipe("electra"),
    "t5": Recipe("t5"),
}


@pytest.mark.parametrize("name", RECIPES)
def test_as_peer(tmp_path, name, monkeypatch):
    folder = build(tmp_path, RECIPES[name])
    expected = peer_vectors(folder, TEXTS)
    encoder = Encoder(folder, "cpu")
    vectors = encoder.encode(TEXTS)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
