"""Checkpoints for SPLADE's benchmarks: the real one, and random ones of larger models' shapes."""

import torch
from tests.encoder.models import quiet

from embedfn.encoder.resolve import resolve_model

TINY, BASE, DISTILBERT = "BERT-tiny", "BERT-base shape", "DistilBERT shape"
# Where logits must lie above their mean to count, in standard deviations: random weights then give
# rows about as sparse as a trained model's.
_ABOVE = 2.9


def checkpoint(name, folder):
    """The folder of a model; a random one is saved in `folder`, with the real tokenizer."""
    return resolve_model("splade-tiny") if name == TINY else random_model(name, folder)


def random_model(name, folder, words=None, **options):
    """Save a random masked language model of BERT's or DistilBERT's shape.

    `words` is the size of its vocabulary, the real tokenizer's or larger.
    """
    from transformers import (
        AutoTokenizer,
        BertConfig,
        BertForMaskedLM,
        DistilBertConfig,
        DistilBertForMaskedLM,
    )

    torch.manual_seed(0)
    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(resolve_model("splade-tiny"))
        size = words or len(tokenizer)
        if name == DISTILBERT:
            model = DistilBertForMaskedLM(DistilBertConfig(vocab_size=size, **options))
            bias = model.vocab_projector.bias
        else:
            model = BertForMaskedLM(BertConfig(vocab_size=size, **options))
            bias = model.cls.predictions.bias
        torch.nn.init.constant_(bias, -_ABOVE * 0.02 * model.config.hidden_size**0.5)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


def table_for_queries(folder):
    """Save a SparseEncoder whose queries are looked up in a table of random weights."""
    from sentence_transformers import SparseEncoder
    from sentence_transformers.base.modules import Router
    from sentence_transformers.base.modules.transformer import Transformer
    from sentence_transformers.sparse_encoder.modules import SparseStaticEmbedding, SpladePooling

    with quiet():
        documents = Transformer(str(resolve_model("splade-tiny")), transformer_task="fill-mask")
        weights = torch.rand(len(documents.tokenizer), generator=torch.Generator().manual_seed(0))
        queries = SparseStaticEmbedding(tokenizer=documents.tokenizer, weight=weights)
        router = Router.for_query_document([queries], [documents, SpladePooling()])
        SparseEncoder(modules=[router], device="cpu").save(str(folder))
    return folder
