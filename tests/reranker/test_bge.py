"""BGE's rerankers beside transformers on ids put together as FlagEmbedding documents it.

FlagEmbedding cuts the query first, then the document alone: ``only_second``.
"""

import numpy as np
import pytest
import torch

from embedfn.reranker import BGERerankFunction
from tests.encoder.models import Recipe, build_classifier, quiet
from tests.encoder.texts import HARD


def reference(folder, query, texts, query_max_length, max_length):
    with quiet():
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        tokenizer = AutoTokenizer.from_pretrained(folder)
    start, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    first = tokenizer(query, add_special_tokens=False)["input_ids"][
        : min(query_max_length, max_length - 4)
    ]
    scores = []
    for text in texts:
        second = tokenizer(text, add_special_tokens=False)["input_ids"]
        second = second[: max(0, max_length - len(first) - 4)]
        ids = torch.tensor([[start, *first, end, end, *second, end]])
        with torch.inference_mode():
            scores.append(model(input_ids=ids).logits[0, 0].item())
    return np.array(scores)


@pytest.mark.parametrize("lengths", [(256, 512), (10, 40), (3, 20)])
def test_scores(tmp_path, lengths):
    folder = build_classifier(tmp_path / "model", Recipe(family="xlm-roberta"))
    texts = [*HARD, "long text " * 100, ""]
    for query in ("a query", "many words " * 20):
        want = reference(folder, query, texts, lengths[0], min(lengths[1], 64))
        for normalize in (False, True):
            ours = BGERerankFunction(
                folder,
                False,
                32,
                normalize,
                "cpu",
                query_max_length=lengths[0],
                max_length=lengths[1],
            )
            got = np.empty(len(texts))
            for result in ours(query, texts, top_k=None):
                got[result.index] = result.score
            expected = 1 / (1 + np.exp(-want)) if normalize else want
            np.testing.assert_allclose(got, expected, atol=1e-5, rtol=0)


def test_arguments(tmp_path):
    folder = build_classifier(tmp_path / "model", Recipe(family="xlm-roberta"))
    ours = BGERerankFunction(folder, devices=["cpu"])
    assert len(ours("q", ["a", "b", "c"], top_k=2)) == 2
    with pytest.raises(ValueError, match="one device"):
        BGERerankFunction(folder, device=["cpu", "cuda:0"])
    with pytest.raises(TypeError, match="cannot be passed on"):
        BGERerankFunction(folder, device="cpu", peft_path="x")
