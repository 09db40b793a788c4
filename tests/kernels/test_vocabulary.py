"""Term ids: first seen, first numbered, whatever the bytes, the twin and the number of threads."""

import threading

import numpy as np
import pytest

from embedfn.kernels import _lexical
from tests.kernels.samples import as_buffer, as_terms, zipf_terms


def test_ids_are_in_first_seen_order(twin):
    vocabulary = twin.Vocabulary()
    ids = vocabulary.add(*as_buffer([b"b", b"a", b"b", b"", b"c", b"a"]), 1)
    assert ids.dtype == np.int32
    assert ids.tolist() == [0, 1, 0, 2, 3, 1]
    assert vocabulary.add(*as_buffer([b"c", b"d", b"a"]), 1).tolist() == [3, 4, 1]
    assert len(vocabulary) == 5
    assert as_terms(*vocabulary.terms()) == [b"b", b"a", b"", b"c", b"d"]


def test_find_adds_nothing(twin):
    vocabulary = twin.Vocabulary()
    assert vocabulary.find(*as_buffer([b"a", b""]), 1).tolist() == [-1, -1]
    vocabulary.add(*as_buffer([b"a"]), 1)
    assert vocabulary.find(*as_buffer([b"aa", b"a", b""]), 1).tolist() == [-1, 0, -1]
    assert len(vocabulary) == 1


def test_nothing_in_nothing_out(twin):
    vocabulary = twin.Vocabulary()
    assert vocabulary.add(*as_buffer([]), 2).tolist() == []
    assert vocabulary.find(*as_buffer([]), 2).tolist() == []
    assert as_terms(*vocabulary.terms()) == []


@pytest.mark.parametrize("seed", range(3))
def test_numbering_of_many_terms(twin, n_threads, seed):
    rng = np.random.default_rng(seed)
    terms = zipf_terms(rng, 150_000, 30_000)
    expected: dict[bytes, int] = {}
    wanted = [expected.setdefault(term, len(expected)) for term in terms]
    vocabulary = twin.Vocabulary()
    half = len(terms) // 3  # the second call meets both known and new terms
    ids = [vocabulary.add(*as_buffer(part), n_threads) for part in (terms[:half], terms[half:])]
    assert np.concatenate(ids).tolist() == wanted
    assert as_terms(*vocabulary.terms()) == list(expected)
    strangers = [term + b"?" for term in terms]
    wanted = [expected.get(term, -1) for term in strangers + terms]
    assert vocabulary.find(*as_buffer(strangers + terms), n_threads).tolist() == wanted


def test_terms_that_differ_in_one_byte_stay_apart(twin):
    terms = [b"x" * length + bytes([i]) for length in range(20) for i in range(256)]
    assert twin.Vocabulary().add(*as_buffer(terms), 1).tolist() == list(range(len(terms)))


@pytest.mark.parametrize("offsets", [[], [1, 3], [0, 2], [0, 5]])
def test_native_refuses_offsets_beside_the_buffer(offsets):
    buffer = np.frombuffer(b"abc", dtype=np.uint8)
    with pytest.raises(ValueError, match="offsets must run from 0 to 3"):
        _lexical.Vocabulary().add(buffer, np.array(offsets, dtype=np.int64), 1)


def test_lookups_bear_a_thread_that_adds(twin):
    """What was there before is found meanwhile, under its id; what is new is not mixed up."""
    vocabulary = twin.Vocabulary()
    old, new = ([b"%s%d" % (kind, i) for i in range(60_000)] for kind in (b"old", b"new"))
    position = {term: i for i, term in enumerate([*old, *new])}
    vocabulary.add(*as_buffer(old), 1)
    # The last of the old ones: a table that grows gets them last.
    probe = [*old[-100:], *new[::5_000], b"never"]
    wanted = [position[term] for term in probe[:-1]]
    done, wrong = threading.Event(), []

    def look_up():
        buffer, offsets = as_buffer(probe)
        while not done.is_set():
            found = vocabulary.find(buffer, offsets, 1).tolist()
            if max(found) >= len(vocabulary):  # callers tell new terms by the size
                wrong.append(found)
            if found[:100] != wanted[:100] or found[-1] != -1:
                wrong.append(found)
            if any(got not in (-1, i) for got, i in zip(found[:-1], wanted, strict=True)):
                wrong.append(found)

    def spell():
        while not done.is_set():
            names = as_terms(*vocabulary.terms())
            if names != list(position)[: len(names)]:
                wrong.append(names[-3:])

    threads = [threading.Thread(target=work) for work in (look_up, look_up, spell)]
    for thread in threads:
        thread.start()
    half = len(new) // 2
    for start in range(0, half, 500):
        vocabulary.add(*as_buffer(new[start : start + 500]), 1)
    vocabulary.add(*as_buffer(new[half:]), 1)
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(vocabulary) == len(position)


def test_native_vocabulary_bears_concurrent_callers():
    rng = np.random.default_rng(7)
    parts = [as_buffer(zipf_terms(rng, 30_000, 5_000)) for _ in range(8)]
    vocabulary = _lexical.Vocabulary()
    results: dict[int, np.ndarray] = {}

    def work(part):
        results[part] = vocabulary.add(*parts[part], 2)
        vocabulary.find(*parts[-1 - part], 2)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(len(parts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = as_terms(*vocabulary.terms())
    assert len(set(names)) == len(names)
    for part, ids in results.items():
        assert [names[i] for i in ids] == as_terms(*parts[part])
