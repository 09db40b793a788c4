"""Threads that encode while others learn, and threads that learn at once."""

import copy
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse.models import STRANGERS, analyzer, parts_of, run_all, weights_by_term
from tests.sparse.test_bm25 import random_corpus, split_at_bars


def check_encoding_meanwhile():
    """Threads that encode while documents come and go see a state that was, whole."""
    parts = [[*random_corpus(seed, 25), f"fresh{seed}|w{seed}"] for seed in range(25)]
    texts = [*STRANGERS[:15], "|".join(f"fresh{i}" for i in range(25))]
    ef = BM25EmbeddingFunction(split_at_bars, parts[0])
    states = {}

    def add_state(model):
        matrices = model.encode_documents(texts), model.encode_queries(texts)
        for i, matrix in enumerate(matrices):
            states.setdefault(i, set()).add((matrix.shape, repr(parts_of(matrix))))

    reference = copy.deepcopy(ef)
    add_state(reference)
    for change in ("partial_fit", "remove"):
        for part in parts[1:] if change == "partial_fit" else reversed(parts[13:]):
            getattr(reference, change)(part)
            add_state(reference)
    seen, encoded, done = {0: set(), 1: set()}, threading.Event(), threading.Event()

    def encode():
        while not done.is_set():
            for i, method in enumerate((ef.encode_documents, ef.encode_queries)):
                matrix = method(texts)
                seen[i].add((matrix.shape, repr(parts_of(matrix))))
                encoded.set()

    def change():
        try:
            for part in parts[1:]:
                ef.partial_fit(part)
                encoded.clear()
                encoded.wait(60)
            for part in reversed(parts[13:]):
                ef.remove(part)
                encoded.clear()
                encoded.wait(60)
        finally:
            done.set()

    run_all(change, encode, encode)
    assert seen[0] <= states[0]
    assert seen[1] <= states[1]
    assert len(seen[0]) > 5
    add_state(ef)
    assert list(ef.idf.items()) == list(reference.idf.items())


def test_encoding_meanwhile_sees_whole_states():
    check_encoding_meanwhile()


@pytest.mark.parametrize("kernels", ["python", "numba"])
def test_encoding_meanwhile_on_the_other_kernels(kernels):
    code = (
        "from tests.sparse.test_threads import check_encoding_meanwhile; check_encoding_meanwhile()"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"EMBEDFN_KERNELS": kernels},
        check=True,
    )


def check_forks_meanwhile(n_threads):
    """A child, forked while threads fit and encode, does so with objects of its own."""
    texts = [" ".join(f"w{(i * 7919 + k * k) % 50_000}" for k in range(300)) for i in range(2000)]
    done = threading.Event()

    def fit_and_encode(some=texts):
        BM25EmbeddingFunction(corpus=some, num_workers=n_threads).encode_documents(some)

    def again():
        while not done.is_set():
            fit_and_encode()

    def fork():
        try:
            for _ in range(60):
                child = os.fork()
                if not child:
                    status = 1
                    try:
                        signal.alarm(60)
                        fit_and_encode(texts[:500])
                        status = 0
                    finally:
                        os._exit(status)
                assert os.waitpid(child, 0)[1] == 0, "a child failed, or waits for ever"
        finally:
            done.set()

    run_all(fork, again, again)


def check_fitted_before_forks(n_threads):
    """Children go on with the object that their parent fitted, each with a copy of its own."""
    texts = [" ".join(f"w{(i * 7919 + k * k) % 50_000}" for k in range(300)) for i in range(2000)]
    ef = BM25EmbeddingFunction(corpus=texts[:1500], num_workers=n_threads)
    vectors = [parts_of(ef.encode_documents(some)) for some in (texts, texts[:1500])]
    grown = copy.deepcopy(ef)
    grown.partial_fit(texts[1500:])
    children = []
    for number in range(4):
        child = os.fork()
        if child:
            children.append(child)
            continue
        status = 1
        try:
            signal.alarm(60)
            assert parts_of(ef.encode_documents(texts)) == vectors[0]
            if number % 2:
                ef.partial_fit(texts[1500:])
                expected = grown.encode_documents(texts)
                assert parts_of(ef.encode_documents(texts)) == parts_of(expected)
            status = 0
        finally:
            os._exit(status)
    assert parts_of(ef.encode_documents(texts[:1500])) == vectors[1]
    for child in children:
        assert os.waitpid(child, 0)[1] == 0, "a child failed, or waits for ever"
    assert parts_of(ef.encode_documents(texts)) == vectors[0]


def run_apart(check, n_threads):
    """A check of this file in a process of its own."""
    code = (
        "import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"
        f"from tests.sparse.test_threads import {check}; {check}({n_threads})"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork")
@pytest.mark.parametrize("n_threads", [1, 3])
def test_forks_meanwhile(n_threads):
    """Also while native threads work, and others wait for work: a child has none of them."""
    run_apart("check_forks_meanwhile", n_threads)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no os.fork")
@pytest.mark.parametrize("n_threads", [1, 3])
def test_fitted_before_forks(n_threads):
    run_apart("check_fitted_before_forks", n_threads)


def test_who_began_to_encode_before_a_change_ends_as_before():
    begun, go_on = threading.Event(), threading.Event()

    def waiting(text):
        if text.startswith("wait"):
            begun.set()
            assert go_on.wait(60)
        return text.split("|")

    ef = BM25EmbeddingFunction(waiting, ["a|b", "c"])
    wanted = ef.encode_documents(["a|new|b"]), ef.encode_queries(["c|new"])
    for i, method in enumerate((ef.encode_documents, ef.encode_queries)):
        found = []

        def encode(method=method, found=found, text=["a|new|b", "c|new"][i]):
            found.append(method([text, "wait"]))

        def change(i=i):
            assert begun.wait(60)
            ef.partial_fit([f"new|wai{i}"])
            go_on.set()

        run_all(encode, change)
        assert found[0].shape == (2, 3)
        assert found[0].data.tobytes() == wanted[i].data.tobytes()
        ef.fit(["a|b", "c"])
        begun.clear()
        go_on.clear()


def test_many_threads_may_add_and_remove():
    parts = [[*random_corpus(seed, 40), f"fresh{seed}"] for seed in range(8)]
    ef = BM25EmbeddingFunction(split_at_bars, ["w1|w2"], idf="lucene")

    def work(part):
        ef.partial_fit(part)
        ef.remove(part[:10])

    run_all(*(lambda part=part: work(part) for part in parts))
    kept = ["w1|w2"] + [text for part in parts for text in part[10:]]
    one = BM25EmbeddingFunction(split_at_bars, kept, idf="lucene")
    assert {t: idf for t, (idf, _) in ef.idf.items()} == {t: v for t, (v, _) in one.idf.items()}
    assert (ef.corpus_size, ef.avgdl) == (one.corpus_size, one.avgdl)
    ids = [i for _, i in ef.idf.values()]
    assert ids == sorted(set(ids))
    assert list(weights_by_term(ef, STRANGERS)) == list(weights_by_term(one, STRANGERS))


def test_two_may_merge_each_other_at_once():
    first = BM25EmbeddingFunction(analyzer, ["a|b"])
    second = BM25EmbeddingFunction(analyzer, ["b|c"])
    run_all(lambda: first.merge(second), lambda: second.merge(first))
    assert {first.corpus_size, second.corpus_size} <= {2, 3}
    assert set(first.idf) == set(second.idf) == {"a", "b", "c"}
