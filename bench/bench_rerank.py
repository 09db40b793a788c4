"""Pairs through a cross-encoder of MiniLM's shape, against sentence-transformers.

all-MiniLM-L6-v2's own weights and tokenizer, under a head with random weights: the shape, the
vocabulary and the work are those of the cross-encoders that were made from it.
"""

import re
from importlib.metadata import version

import numpy as np
import pytest
import torch
from tests.encoder.models import quiet
from tests.shared_data import SHARED, read_lines

from bench.paired import paired
from embedfn.encoder.resolve import resolve_model
from embedfn.jobs.corpus import PythonDocs
from embedfn.reranker import CrossEncoderRerankFunction

MODEL = "all-MiniLM-L6-v2"
# Documents, and of how many words each is at least where it is cut behind a sentence; a passage of
# 40 is about as long as MS MARCO's.
WORK = {"passages": (1000, 40), "abstracts": (250, None)}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    with quiet():
        from sentence_transformers import CrossEncoder
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        torch.manual_seed(0)
        base = resolve_model(MODEL)
        model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1)
        with torch.no_grad():
            model.classifier.weight.mul_(30)  # so that scores differ
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(base).save_pretrained(folder)
        peer = CrossEncoder(str(folder), device="cpu")
    return CrossEncoderRerankFunction(folder, "cpu"), peer


def sample(kind):
    """(what it is, query, documents): Cranfield's, or Python's documentation."""
    count, least = WORK[kind]
    if (SHARED / "cranfield.docs.jsonl.gz").exists():
        name, query = "Cranfield", read_lines("cranfield.queries.jsonl.gz")[0]["text"]
        texts = [document["text"] for document in read_lines("cranfield.docs.jsonl.gz")]
    else:
        name, query = "Python docs", "how are the items of a dict removed while it is iterated over"
        texts = [passage.text for passage in PythonDocs().passages()]
    texts = [text for text in texts if text.strip()]
    texts = texts[:: max(1, len(texts) // count)][:count]
    return name, query, texts if least is None else [beginning(text, least) for text in texts]


def beginning(text, least):
    """A text's first sentences, until they are of ``least`` words."""
    result = ""
    for sentence in re.split(r"(?<=[.:])\s", text):
        result = f"{result} {sentence}".strip()
        if len(result.split()) >= least:
            break
    return result


@pytest.mark.parametrize("kind", WORK)
def bench_rerank(benchmark, models, kind):
    ours, peer = models
    name, query, texts = sample(kind)
    pairs = [[query, text] for text in texts]

    def theirs():
        return peer.predict(pairs, batch_size=32, show_progress_bar=False)

    got = np.empty(len(texts))
    for result in ours(query, texts, top_k=0):
        got[result.index] = result.score
    expected = theirs()
    assert np.abs(got - expected).max() < 1e-5
    assert expected.std() > 0.01
    tokens = len(ours._model._tokeniser.pairs(query, texts, ours._model._cut)[0].ids)
    paired(
        benchmark,
        lambda: ours(query, texts),
        theirs,
        work=f"{len(texts)} pairs of {tokens / len(texts):.0f} tokens, a cross-encoder of MiniLM's "
        f"shape, {kind} of {name}",
        peer_name=f"sentence-transformers {version('sentence-transformers')}, batch size 32",
        rounds=5,
    )
