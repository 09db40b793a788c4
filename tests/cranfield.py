"""The Cranfield collection, and how well a ranking of it does; the data are beside the checkout.

1,400 abstracts and 225 queries with graded judgements. nDCG@10 with gain 2^grade - 1; fusion by
reciprocal rank with k = 60 over whole rankings.
"""

import numpy as np

from tests.shared_data import read_lines, shared_file


def read_documents():
    return [f"{doc['title']} {doc['text']}" for doc in read_lines("cranfield.docs.jsonl.gz")]


def read_queries():
    return [query["text"] for query in read_lines("cranfield.queries.jsonl.gz")]


def read_gains():
    """Gain of each document for each query, shape (queries, documents)."""
    place = {
        kind: {str(row["id"]): i for i, row in enumerate(read_lines(f"cranfield.{kind}.jsonl.gz"))}
        for kind in ("docs", "queries")
    }
    matrix = np.zeros((len(place["queries"]), len(place["docs"])))
    for line in shared_file("cranfield.qrels.tsv").read_text().splitlines():
        query, document, grade = line.split("\t")
        matrix[place["queries"][query], place["docs"][document]] = 2 ** int(grade) - 1
    return matrix


def sparse_scores(function, queries, documents):
    """Products of a sparse function's vectors, (queries, documents)."""
    return (function.encode_queries(queries) @ function.encode_documents(documents).T).toarray()


def dense_scores(function, queries, documents):
    """Products of a dense function's vectors, (queries, documents)."""
    return (
        function.encode_queries(queries, output="array")
        @ function.encode_documents(documents, output="array").T
    )


def ranking(scores):
    """Documents of each query, best first; equal scores by position."""
    return np.argsort(-scores, axis=1, kind="stable")


def fused(*score_matrices):
    """Reciprocal-rank fusion."""
    total = np.zeros(score_matrices[0].shape)  # float32 would round close ranks into ties
    for scores in score_matrices:
        ranks = np.argsort(ranking(scores), axis=1)
        total += 1 / (61 + ranks)
    return total


def ndcg_at_10(scores, gains):
    discounts = 1 / np.log2(np.arange(2, 12))
    got = np.take_along_axis(gains, ranking(scores)[:, :10], axis=1) @ discounts
    best = -np.sort(-gains, axis=1)[:, :10] @ discounts
    return float(np.mean(np.divide(got, best, out=np.zeros_like(got), where=best > 0)))
