"""BM25's fit and encode_documents beside libraries that index the same texts.

Each works by its own rules, so only what they agree on is checked: the number of documents, and
that a rare word finds a text with that word. Ours reads every text twice, to fit and to encode.
"""

from importlib.metadata import version

import pytest

from bench.bm25_work import check_index, fit_and_encode, forget, megabytes
from bench.paired import paired
from embedfn.sparse import BM25EmbeddingFunction


def with_bm25s(texts):
    """Tokenise, stem, index: (number of documents, word -> position)."""
    import bm25s
    import Stemmer

    stemmer = Stemmer.Stemmer("english")
    tokens = bm25s.tokenize(texts, stopwords="en", stemmer=stemmer, show_progress=False)
    index = bm25s.BM25(backend="numba")
    index.index(tokens, show_progress=False)

    def best_hit(word):
        query = bm25s.tokenize([word], stemmer=stemmer, show_progress=False)
        return int(index.retrieve(query, k=1, show_progress=False)[0][0, 0])

    return index.scores["num_docs"], best_hit


def with_tantivy(texts):
    """Index in memory with frequencies, no positions, and commit."""
    import tantivy

    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", tokenizer_name="en_stem", index_option="freq")
    schema.add_unsigned_field("id", stored=True)
    index = tantivy.Index(schema.build())
    writer = index.writer(num_threads=1)
    for position, text in enumerate(texts):
        writer.add_document(tantivy.Document(id=position, text=text))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def best_hit(word):
        ((_, address),) = searcher.search(index.parse_query(word, ["text"]), 1).hits
        return searcher.doc(address)["id"][0]

    return searcher.num_docs, best_hit


def with_scikit_learn(name):
    """CountVectorizer or TfidfVectorizer as they come: no stems, no stopwords."""

    def run(texts):
        from sklearn.feature_extraction import text

        vectorizer = getattr(text, name)()
        matrix = vectorizer.fit_transform(texts)
        columns = vectorizer.vocabulary_
        return matrix.shape[0], lambda word: int(matrix[:, [columns[word]]].argmax())

    return run


def check_ours(texts):
    ours = BM25EmbeddingFunction(corpus=texts)
    matrix = ours.encode_documents(texts)
    check_index(
        texts, matrix.shape[0], lambda word: (matrix @ ours.encode_queries([word]).T).argmax()
    )


SKLEARN = f"scikit-learn {version('scikit-learn')}"
PEERS = {
    f"bm25s {version('bm25s')} (Numba), tokenize + index, PyStemmer, stopwords": with_bm25s,
    f"tantivy {version('tantivy')}, en_stem, 1 thread beside the caller's, commit": with_tantivy,
    f"{SKLEARN}, CountVectorizer.fit_transform": with_scikit_learn("CountVectorizer"),
    f"{SKLEARN}, TfidfVectorizer.fit_transform": with_scikit_learn("TfidfVectorizer"),
}


@pytest.mark.parametrize("peer_name", PEERS)
def bench_peer(benchmark, passages, peer_name):
    name, texts = passages
    run = PEERS[peer_name]
    check_ours(texts)
    check_index(texts, *run(texts))  # this also compiles what Numba compiles
    size = megabytes(texts)
    paired(
        benchmark,
        lambda: fit_and_encode(texts),
        lambda: run(texts),
        work=f"BM25 fit + encode_documents, {size:.1f} MB of {name}, 1 thread",
        peer_name=peer_name,
        rounds=5,
        amounts=(size, size),
        unit="MB",
        before=forget,
    )
