"""What the BM25 benchmarks share: fresh objects, sizes, queries, and checks of what peers index."""

import re
from collections import Counter
from random import Random

from embedfn.lexical.analyzer import build_default_analyzer
from embedfn.lexical.fast import analysis_of
from embedfn.lexical.stem_english import stem
from embedfn.sparse import BM25EmbeddingFunction


def fit_and_encode(texts, n_threads=1, function=BM25EmbeddingFunction, **arguments):
    """A new object, fitted on the texts, then their matrix. A new analyzer remembers nothing."""
    return function(corpus=texts, num_workers=n_threads, **arguments).encode_documents(texts)


def forget():
    """Drop what outlives an object: the stems that the Python rules remember."""
    stem.__wrapped__.cache_clear()


def check_that_new_is_fresh():
    """An error if objects share what analysis remembers: each round would find it filled."""
    first, second = build_default_analyzer("en"), build_default_analyzer("en")
    assert analysis_of(first) is not analysis_of(second)


def megabytes(texts):
    """The texts' size in UTF-8, in millions of bytes."""
    return sum(len(text.encode()) for text in texts) / 1e6


def one_line_queries(texts, count, seed=1):
    """Two to ten words in a row from random sentences of random texts, `count` times."""
    rng, queries = Random(seed), []
    while len(queries) < count:
        words = rng.choice(re.split(r"(?<=[.?!:])\s+", rng.choice(texts))).split()
        size = rng.randint(2, 10)
        start = rng.randrange(max(1, len(words) - size + 1))
        if words:
            queries.append(" ".join(words[start : start + size]))
    return queries


def rare_words(texts, count, seed=1):
    """Words of six letters or more that 3 to 100 of the texts hold."""
    held = Counter(word for text in texts for word in set(re.findall(r"\b[a-z]{6,}\b", text)))
    return Random(seed).sample(sorted(w for w, n in held.items() if 3 <= n <= 100), count)


def check_index(texts, n_docs, best_hit, count=5):
    """An index must hold all texts, and its best hit for a word a form of that word.

    `best_hit(word)` is the position of the text.
    """
    assert n_docs == len(texts)
    for word in rare_words(texts, count):
        found = re.findall(r"[a-z]+", texts[best_hit(word)].lower())
        assert stem(word) in map(stem, found), f"{word} is not in the best hit"
