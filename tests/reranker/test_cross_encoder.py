"""Cross-encoders beside sentence-transformers' own, on random checkpoints in the real format."""

import numpy as np
import pytest
import torch

from embedfn.reranker import CrossEncoderRerankFunction
from tests.encoder.models import Recipe, build_classifier, edit_json, quiet
from tests.encoder.texts import HARD

FAMILIES = ["bert", "roberta", "xlm-roberta", "distilbert", "camembert"]
IDENTITY = "torch.nn.modules.linear.Identity"


def peer_scores(folder, query, texts, **options):
    """The reference, one pair at a time: nothing is padded."""
    with quiet():
        from sentence_transformers import CrossEncoder

        model = CrossEncoder(str(folder), device="cpu", **options)
        pairs = [[query, text] for text in texts]
        return np.array(model.predict(pairs, batch_size=1, show_progress_bar=False))


def our_scores(results, count):
    scores = np.empty(count, np.float32)
    for result in results:
        scores[result.index] = result.score
    return scores


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("identity", [False, True])
def test_scores_are_the_peers(family, identity, tmp_path):
    folder = build_classifier(tmp_path / "model", Recipe(family=family))
    if identity:
        edit_json(folder / "config.json", sbert_ce_default_activation_function=IDENTITY)
    texts = [*HARD, "long text " * 200, ""]
    ours = CrossEncoderRerankFunction(folder, device="cpu")
    for query in ("a query", "", "many words " * 40):
        results = ours(query, texts, top_k=0)
        want = peer_scores(folder, query, texts)
        np.testing.assert_allclose(our_scores(results, len(texts)), want, atol=1e-5, rtol=0)
        scores = [result.score for result in results]
        assert scores == sorted(scores, reverse=True)
        assert [result.text for result in results] == [texts[r.index] for r in results]


def test_the_types_matter(tmp_path):
    """BERT's second text is of another type, and the random checkpoint's types differ."""
    folder = build_classifier(tmp_path / "model", Recipe())
    one = CrossEncoderRerankFunction(folder, device="cpu")._model.logits("a b", ["c d"])
    with quiet():
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        inputs = AutoTokenizer.from_pretrained(folder)("a b", "c d", return_tensors="pt")
        with torch.inference_mode():
            right = model(**inputs).logits.numpy()
            wrong = model(
                **{**inputs, "token_type_ids": inputs["token_type_ids"] * 0}
            ).logits.numpy()
    np.testing.assert_allclose(one, right, atol=1e-5, rtol=0)
    assert np.abs(right - wrong).max() > 1e-4


def test_top_k_and_activation(tmp_path):
    folder = build_classifier(tmp_path / "model", Recipe())
    plain = CrossEncoderRerankFunction(folder, "cpu", activation_fct=torch.nn.Identity())
    texts = list(HARD)
    assert len(plain("q", texts)) == 5
    assert plain("q", []) == []
    best = plain("q", texts, top_k=1)[0]
    want = peer_scores(folder, "q", texts, activation_fn=torch.nn.Identity())
    assert want[best.index] == pytest.approx(want.max(), abs=1e-6)  # some texts are one to a model
    assert best.score == pytest.approx(want.max(), abs=1e-5)


def test_wrong_arguments(tmp_path):
    with pytest.raises(ValueError, match="model_name is needed"):
        CrossEncoderRerankFunction()
    folder = build_classifier(tmp_path / "model", Recipe())
    ours = CrossEncoderRerankFunction(folder, "cpu")
    for query, documents in ((1, ["a"]), ("a", "b"), ("a", [None]), ("a\ud800", ["b"])):
        with pytest.raises((TypeError, ValueError)):
            ours(query, documents)
    with pytest.raises(TypeError, match="cannot be passed on"):
        CrossEncoderRerankFunction(folder, "cpu", tokenizer_args={})
    many = build_classifier(tmp_path / "many", Recipe(config={"num_labels": 3}))
    with pytest.raises(ValueError, match="has 3 labels"):
        CrossEncoderRerankFunction(many, "cpu")("a", ["b"])
