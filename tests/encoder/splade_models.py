"""Checkpoints for SPLADE's parity and benchmarks: the real one, random ones of larger shapes."""

import torch

from embedfn.encoder.resolve import resolve_model
from tests.encoder.models import Recipe, quiet, tokenizer_of

TINY, BASE, DISTILBERT = "BERT-tiny", "BERT-base shape", "DistilBERT shape"
ROBERTA = "RoBERTa shape"
FAMILIES = {BASE: "bert", DISTILBERT: "distilbert", ROBERTA: "roberta"}
# RoBERTa's own size, of which the tokenizer of bytes knows a few words only.
_SETTINGS = {ROBERTA: {"vocab_size": 50_265, "max_position_embeddings": 514, "pad_token_id": 1}}
# Where logits must lie above their mean to count, in standard deviations: random weights then give
# rows about as sparse as a trained model's.
_ABOVE = 2.9


def checkpoint(name, folder, **options):
    """The folder of a model; a random one is saved in `folder`."""
    return resolve_model("splade-tiny") if name == TINY else random_model(name, folder, **options)


def random_model(name, folder, words=None, **options):
    """Save a random masked language model of BERT's, DistilBERT's or RoBERTa's shape.

    `words` is the size of its vocabulary: the real tokenizer's or larger, which all but RoBERTa
    have; `options` are of the model's configuration.
    """
    from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer

    torch.manual_seed(0)
    family = FAMILIES[name]
    with quiet():
        if name == ROBERTA:
            tokenizer, _ = tokenizer_of(Recipe(family, config={"max_position_embeddings": 514}))
        else:
            tokenizer = AutoTokenizer.from_pretrained(resolve_model("splade-tiny"))
        settings = {"vocab_size": words or len(tokenizer)} | _SETTINGS.get(name, {}) | options
        model = AutoModelForMaskedLM.from_config(AutoConfig.for_model(family, **settings))
        for tensor in model.parameters():
            if tensor.shape == (model.config.vocab_size,):  # the words' biases
                torch.nn.init.constant_(tensor, -_ABOVE * 0.02 * model.config.hidden_size**0.5)
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
