"""What the tests of BM25's life after a fit share."""

import copy
import sys
import threading

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.test_bm25 import assert_same_bits, random_corpus

STRANGERS = random_corpus(999, 40)  # texts that no model here was fitted on


def analyzer(text):
    return text.split("|") if text else []


def fitted_on(texts, **parameters):
    """A fit; on no texts, an object that learnt an empty one and forgot it again."""
    ef = BM25EmbeddingFunction(analyzer, texts or [""], **parameters)
    if not texts:
        ef.remove([""])
    return ef


def merged(first, second):
    ef = copy.deepcopy(first)
    ef.merge(second)
    return ef


def assert_same_model(ours, wanted, texts=STRANGERS):
    assert list(ours.idf.items()) == list(wanted.idf.items())
    for name in ("dim", "corpus_size", "avgdl", "average_idf"):
        assert getattr(ours, name) == getattr(wanted, name), name
    assert_same_bits(ours.encode_documents(texts), wanted.encode_documents(texts))
    assert_same_bits(ours.encode_queries(texts), wanted.encode_queries(texts))


def parts_of(matrix):
    return matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tobytes()


def weights_by_term(ef, texts):
    names = {i: term for term, (_, i) in ef.idf.items()}
    for matrix in (ef.encode_documents(texts), ef.encode_queries(texts)):
        for row in matrix:
            entries = zip(row.indices.tolist(), row.data.tolist(), strict=True)
            yield {names[i]: weight for i, weight in entries}


def run_all(*work):
    """Run functions in threads of their own; the first error is raised here.

    Threads take turns often: more orders are met, and one that gives Python's lock back at each
    step, as NumPy does, need not wait 5 ms for it each time beside others that never pause.
    """
    errors, interval = [], sys.getswitchinterval()

    def guarded(function):
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(function,), daemon=True) for function in work]
    sys.setswitchinterval(1e-4)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(300)
            assert not thread.is_alive(), "deadlock"
    finally:
        sys.setswitchinterval(interval)
    if errors:
        raise errors[0]
