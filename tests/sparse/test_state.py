"""BM25's own file: what was saved and loaded goes on as if nothing had happened."""

import copy
import functools
import json
import os
import pickle
import random
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from embedfn import kernels
from embedfn.lexical.analyzer import Analyzer, build_default_analyzer
from embedfn.lexical.components import LowercaseFilter, StandardTokenizer, StopwordFilter
from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse import state_files
from tests.sparse.models import STRANGERS, analyzer, assert_same_model, run_all
from tests.sparse.test_bm25 import assert_same_bits, random_corpus, split_at_bars


def reloaded(ef, path, **options):
    ef.save(path, format="binary")
    other = BM25EmbeddingFunction(ef.analyzer, **options)
    other.load(path)
    return other


def check_life(seed, folder):
    """Random additions, removals and mergers, a save and load between any two: as without."""
    rng = random.Random(seed)
    parameters = {
        **{"k1": rng.choice([1.5, 0.9]), "b": rng.choice([0.75, 0.3])},
        **({"idf": "lucene"} if seed % 3 == 0 else {"epsilon": 0.1 * (seed % 4)}),
    }
    parts = [random_corpus(1000 * seed + i, rng.randint(1, 30)) for i in range(8)]
    kept = BM25EmbeddingFunction(analyzer, parts[0], **parameters)
    saved = BM25EmbeddingFunction(analyzer, parts[0], **parameters)
    learnt = [parts[0]]
    for i, part in enumerate(parts[1:]):
        saved = reloaded(saved, folder / f"{seed}-{i}")
        assert_same_model(saved, kept, STRANGERS[:8])
        what = rng.choice(["partial_fit", "partial_fit", "remove", "merge", "nothing"])
        for ef, again in ((kept, False), (saved, True)):
            if what == "partial_fit":
                ef.partial_fit(part)
            elif what == "remove" and learnt:
                ef.remove(learnt[-1])
            elif what == "merge":
                other = BM25EmbeddingFunction(analyzer, part, **parameters)
                ef.merge(reloaded(other, folder / f"{seed}-other") if again else other)
        if what in ("partial_fit", "merge"):
            learnt.append(part)
        elif what == "remove" and learnt:
            learnt.pop()
        assert (saved.epsilon, saved.idf_formula) == (kept.epsilon, kept.idf_formula)
    assert_same_model(saved, kept)


@pytest.mark.parametrize("seed", range(40))
def test_a_life_with_saves_equals_one_without(seed, tmp_path):
    check_life(seed, tmp_path)


def on(kernels_name, code, *arguments):
    """Run code on other kernels."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"EMBEDFN_KERNELS": kernels_name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", ["python", "numba"])
def test_a_life_on_the_other_kernels(name, tmp_path):
    code = (
        "import sys, pathlib; from tests.sparse.test_state import check_life; "
        "[check_life(seed, pathlib.Path(sys.argv[1])) for seed in range(4)]"
    )
    on(name, code, tmp_path)


def check_file(path, words_path):
    """A file of another's is what it should be, and grows as it should."""
    corpus = random_corpus(7, 200)
    ef = BM25EmbeddingFunction(split_at_bars)
    ef.load(path)
    assert_same_model(ef, BM25EmbeddingFunction(split_at_bars, corpus))
    ef.partial_fit(["new|w1", "é|\ud800"])
    wanted = BM25EmbeddingFunction(split_at_bars, [*corpus, "new|w1", "é|\ud800"])
    assert_same_model(ef, wanted)
    ef.save(words_path, format="binary")


@pytest.mark.parametrize("writer", ["python", "numba", "native"])
def test_a_file_of_one_twin_loads_in_the_others(writer, tmp_path):
    write = (
        "import sys; from embedfn.sparse import BM25EmbeddingFunction; "
        "from tests.sparse.test_bm25 import random_corpus, split_at_bars; "
        "ef = BM25EmbeddingFunction(split_at_bars, random_corpus(7, 200)); "
        "ef.save(sys.argv[1], format='binary')"
    )
    check = "import sys; from tests.sparse.test_state import check_file; check_file(*sys.argv[1:])"
    on(writer, write, tmp_path / "first")
    for reader in {"python", "numba", "native"} - {writer}:
        on(reader, check, tmp_path / "first", tmp_path / "second")
    assert kernels.implementation == "native"
    check_file(tmp_path / "first", tmp_path / "second")


def test_the_file_is_as_the_page_describes_it(tmp_path):
    corpus = [text for text in random_corpus(3, 50) if "\r" not in text]
    for options in ({}, {"idf": "lucene"}, {"epsilon": 0.1, "k1": 2.0, "b": 0.4}):
        ef = BM25EmbeddingFunction(split_at_bars, corpus, **options)
        ef.remove(corpus[:3])
        ef.save(tmp_path / "bm25", format="binary")
        content = state_files.read((tmp_path / "bm25").read_bytes())
        state_files.assert_says(ef, content, STRANGERS[:10], split_at_bars)
        assert (
            state_files.signed((tmp_path / "bm25").read_bytes()) == (tmp_path / "bm25").read_bytes()
        )


def test_both_formats_hold_the_same_weights(tmp_path):
    ef = BM25EmbeddingFunction(split_at_bars, random_corpus(5, 80), k1=1.1)
    ef.save(tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_bytes())["version"] == "v1"
    binary = reloaded(ef, tmp_path / "b")
    binary.save(tmp_path / "c.json")
    assert (tmp_path / "c.json").read_bytes() == (tmp_path / "a.json").read_bytes()


def test_weights_from_json_stay_weights(tmp_path):
    BM25EmbeddingFunction(split_at_bars, random_corpus(5, 80), b=0.5).save(tmp_path / "a.json")
    weights = BM25EmbeddingFunction(split_at_bars, idf="lucene")
    weights.load(tmp_path / "a.json")
    assert weights.idf_formula == "lucene"  # that file does not tell
    again = reloaded(weights, tmp_path / "b")
    assert_same_model(again, weights)
    assert (again.idf_formula, again.b) == ("lucene", 0.5)
    with pytest.raises(RuntimeError, match=r"partial_fit needs the counts .* weights only"):
        again.partial_fit(["a"])
    content = state_files.read((tmp_path / "b").read_bytes())
    state_files.assert_says(again, content, STRANGERS[:10], split_at_bars)


def test_what_no_file_of_json_can_hold(tmp_path):
    ef = BM25EmbeddingFunction(analyzer, ["a|b", ""])
    ef.remove(["a|b", ""])
    again = reloaded(ef, tmp_path / "nothing left")
    assert_same_model(again, ef, ["a|b|c"])
    again.partial_fit(["b|c"])
    ef.partial_fit(["b|c"])
    assert_same_model(again, ef, ["a|b|c"])
    with pytest.raises(RuntimeError, match=r"not fitted; call fit\(corpus\)"):
        BM25EmbeddingFunction().save(tmp_path / "unfitted", format="binary")
    assert not (tmp_path / "unfitted").exists()


def test_what_was_set_after_the_fit(tmp_path):
    ef = BM25EmbeddingFunction(analyzer, random_corpus(9, 30), epsilon=0.25)
    ef.k1, ef.b = 1.2, 0.6
    assert_same_model(reloaded(ef, tmp_path / "bm25"), ef)


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda ef: pickle.loads(pickle.dumps(ef))]
)
def test_copies_of_a_loaded_one(duplicate, tmp_path):
    corpus = random_corpus(8, 30)
    ef = reloaded(BM25EmbeddingFunction(split_at_bars, corpus), tmp_path / "bm25")
    other = duplicate(ef)
    ef.partial_fit(["x|y"])
    other.partial_fit(["y|z|w1"])
    for model, added in [(ef, "x|y"), (other, "y|z|w1")]:
        assert_same_model(model, BM25EmbeddingFunction(split_at_bars, [*corpus, added]))


def test_the_format_is_told_by_the_content(tmp_path):
    ef = BM25EmbeddingFunction(analyzer, ["a|b"])
    for name, options in [("x.bm25", {}), ("x.json", {"format": "binary"})]:
        ef.save(tmp_path / name, **options)
        loaded = BM25EmbeddingFunction(analyzer)
        loaded.load(str(tmp_path / name))
        assert list(loaded.idf) == ["a", "b"]
    with pytest.raises(ValueError, match="format must be 'json' or 'binary', not 'v1'"):
        ef.save(tmp_path / "y", format="v1")
    assert not (tmp_path / "y").exists()


def test_encoding_while_others_learn_save_and_load(tmp_path):
    """A loaded one, whose terms lie in the file, under all kinds of use at once."""
    parts = [[*random_corpus(seed, 25), f"fresh{seed}"] for seed in range(12)]
    ef = reloaded(BM25EmbeddingFunction(split_at_bars, parts[0]), tmp_path / "bm25")
    reference = BM25EmbeddingFunction(split_at_bars, parts[0])
    texts = [*STRANGERS[:10], "|".join(f"fresh{i}" for i in range(12))]
    states, done = set(), threading.Event()
    for part in parts:
        matrix = reference.encode_queries(texts)
        states.add((matrix.shape, matrix.indices.tobytes(), matrix.data.tobytes()))
        if part is not parts[0]:
            reference.partial_fit(part)
    matrix = reference.encode_queries(texts)
    states.add((matrix.shape, matrix.indices.tobytes(), matrix.data.tobytes()))

    def encode():
        while not done.is_set():
            matrix = ef.encode_queries(texts)
            assert (matrix.shape, matrix.indices.tobytes(), matrix.data.tobytes()) in states

    def save():
        n = 0
        while not done.is_set() or not n:
            n += 1
            other = reloaded(ef, tmp_path / "copy")
            assert other.dim <= reference.dim

    def learn():
        try:
            for part in parts[1:]:
                ef.partial_fit(part)
        finally:
            done.set()

    run_all(learn, encode, encode, save)
    assert_same_model(ef, reference)


# Analyzers.


def default_like(*filters):
    return Analyzer("any name", StandardTokenizer(), filters=list(filters))


@pytest.mark.parametrize(
    ("saved_with", "loaded_with", "difference"),
    [
        (
            build_default_analyzer("en"),
            build_default_analyzer("fr"),
            r'analyzer\.filters\[2\]\.language was "english" and is "french"',
        ),
        (
            build_default_analyzer("en"),
            default_like(LowercaseFilter()),
            r'analyzer\.filters\[1\] was \{.*"PunctuationFilter"} and is nothing',
        ),
        (
            default_like(StopwordFilter("english")),
            default_like(StopwordFilter("english", ["mat"])),
            r"analyzer\.filters\[0\]\.stopwords\.length was 198 and is 199",
        ),
        (
            str.split,
            str.splitlines,
            'name was "builtins:str.split" and is "builtins:str.splitlines"',
        ),
        (split_at_bars, analyzer, 'name was "tests.sparse.test_bm25:split_at_bars" and is'),
        (
            functools.partial(re.split, r"\W+"),
            functools.partial(re.split, r"\w+"),
            r'state\[1\]\[0\] was "\\\\W\+" and is "\\\\w\+"',
        ),
        (str.split, lambda text: text.split(), "the present one cannot be identified: .*lambda"),
        (lambda text: text.split(), str.split, "the saved one cannot be identified: .*lambda"),
    ],
)
def test_another_analyzer_is_refused_and_named(tmp_path, saved_with, loaded_with, difference):
    path = tmp_path / "bm25"
    BM25EmbeddingFunction(saved_with, ["a cat\non the mat"], k1=1.2).save(path, format="binary")
    ef = BM25EmbeddingFunction(loaded_with, ["unchanged"], idf="lucene")
    before = ef.idf
    with pytest.raises(ValueError, match=difference) as caught:
        ef.load(path)
    assert str(caught.value).startswith(f"{path} was not saved with this analyzer")
    assert "any_analyzer=True" in str(caught.value)
    assert (ef.idf, ef.k1, ef.idf_formula) == (before, 1.5, "lucene")
    ef.load(path, any_analyzer=True)
    assert (ef.k1, ef.idf_formula) == (1.2, "okapi")
    assert ef.idf == BM25EmbeddingFunction(saved_with, ["a cat\non the mat"]).idf


@pytest.mark.parametrize("make", [lambda: build_default_analyzer("de"), lambda: str.split])
def test_an_equal_analyzer_is_taken(tmp_path, make):
    corpus = ["Ein Hund bellt.", "Die Katze schläft."]
    BM25EmbeddingFunction(make(), corpus).save(tmp_path / "bm25", format="binary")
    ef = BM25EmbeddingFunction(make())
    ef.load(tmp_path / "bm25")
    assert_same_bits(
        ef.encode_documents(corpus), BM25EmbeddingFunction(make(), corpus).encode_documents(corpus)
    )
    if isinstance(ef.analyzer, Analyzer):
        ef.analyzer.name = "for people only"
        ef.load(tmp_path / "bm25")
        ef.analyzer.filters.pop()
        with pytest.raises(ValueError, match=r"filters\[3\] was .* and is nothing"):
            ef.load(tmp_path / "bm25")
