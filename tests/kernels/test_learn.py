"""What a fit learns of documents: the vocabulary and document frequencies."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from embedfn.kernels import Terms
from tests.kernels.samples import as_buffer, as_terms, in_lists, random_documents


def documents_of(rng, n_docs, n_terms, longest=60):
    """Random documents as lists of bytes, short and long ones."""
    term_ids, indptr = random_documents(rng, n_docs, n_terms, longest)
    names = [b"t%d" % i if i % 7 else b"a-longer-term-%d" % i for i in range(n_terms)]
    terms = [names[i] for i in term_ids.tolist()]  # of -1 the last
    return [terms[start:end] for start, end in pairwise(indptr.tolist())]


def assert_learnt(twin, vocabulary, df, documents):
    assert df.dtype == np.int64
    wanted = Counter(term for document in documents for term in dict.fromkeys(document))
    order = list(dict.fromkeys(term for document in documents for term in document))
    assert as_terms(*vocabulary.terms()) == order
    assert df.tolist() == [wanted[term] for term in order]


def test_by_hand(twin):
    vocabulary = twin.Vocabulary()
    vocabulary.add(*as_buffer([b"old", b"b"]), 1)
    found = [
        Terms(*as_buffer([b"a", b"b", b"a"]), np.array([0, 2, 2, 3])),
        Terms(*as_buffer([b"c", b"a"]), np.array([0, 3, 4]), np.array([0, 1, 1, 0], np.int32)),
        Terms(*as_buffer([b"c", b"c"]), np.array([0, 2]), np.array([0, 1], np.int32)),
    ]
    df = twin.learn(vocabulary, found, 1)
    assert as_terms(*vocabulary.terms()) == [b"old", b"b", b"a", b"c"]
    assert df.tolist() == [0, 1, 3, 3]


@pytest.mark.parametrize("found", [[], [Terms(*as_buffer([]), np.array([0]))]])
def test_nothing(twin, found):
    vocabulary = twin.Vocabulary()
    df = twin.learn(vocabulary, found, 2)
    assert (df.dtype, df.tolist(), len(vocabulary)) == (np.int64, [], 0)


@pytest.mark.parametrize(("n_docs", "n_terms"), [(1, 3), (400, 50), (3000, 20_000), (70_000, 300)])
@pytest.mark.parametrize("n_lists", [1, 2, 7])
def test_random_documents(twin, n_threads, n_docs, n_terms, n_lists):
    """With more than 65,535 documents, where the native counters begin anew."""
    rng = np.random.default_rng(n_docs + n_lists)
    documents = documents_of(rng, n_docs, n_terms, 60 if n_docs < 10_000 else 6)
    vocabulary = twin.Vocabulary()
    df = twin.learn(vocabulary, in_lists(rng, documents, n_lists), n_threads)
    assert_learnt(twin, vocabulary, df, documents)


def test_lists_with_codes_alone(twin, n_threads):
    """As an analysis finds them: documents are counted while terms get ids."""
    rng = np.random.default_rng(5)
    documents = documents_of(rng, 70_000, 900, 6)
    found = [in_lists(rng, part, 2)[1] for part in (documents[:30_000], documents[30_000:])]
    learnt = [document for terms in found for document in spelled(terms)]
    vocabulary = twin.Vocabulary()
    df = twin.learn(vocabulary, found, n_threads)
    assert_learnt(twin, vocabulary, df, learnt)


def spelled(terms):
    """Each document's terms."""
    listed = as_terms(terms.buffer, terms.offsets)
    flat = [listed[code] for code in terms.codes.tolist()]
    return [flat[a:b] for a, b in pairwise(terms.indptr.tolist())]


@pytest.mark.parametrize("beyond", [-1, 2, np.iinfo(np.int32).max])
def test_a_code_beyond_the_list_is_an_error(twin, beyond):
    codes = np.array([0, beyond], dtype=np.int32)
    with pytest.raises(IndexError):
        twin.learn(twin.Vocabulary(), [Terms(*as_buffer([b"a", b"b"]), np.array([0, 2]), codes)], 1)


def test_lists_of_one_source_begin_alike(twin):
    """Ids of what was added are not looked up again: shorter and longer lists, many sources."""
    vocabulary = twin.Vocabulary()
    for source in range(1, 200):
        names = [b"%d-%d" % (source % 90, i) for i in range(20)]
        for n, look_up in ((12, vocabulary.add), (20, vocabulary.add), (5, vocabulary.find)):
            listed = as_buffer(names[:n])
            assert look_up(*listed, 1, source).tolist() == vocabulary.find(*listed, 1).tolist()
        assert vocabulary.find(*as_buffer([*names, b"new"]), 1, source).tolist()[-1] == -1
    assert len(vocabulary) == 90 * 20
