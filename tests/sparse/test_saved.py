"""Saved files: damaged ones are errors that name the file, writing is all or nothing."""

import json

import pytest

from embedfn.sparse import BM25EmbeddingFunction

GOOD = {
    "version": "v1",
    "corpus_size": 2,
    "avgdl": 1.5,
    "idf_word": ["a", "b"],
    "idf_value": [0.5, 1],
    "k1": 1.5,
    "b": 0.75,
    "epsilon": 0.25,
}


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_good_file_loads(tmp_path):
    ef = BM25EmbeddingFunction(str.split)
    ef.load(write(tmp_path / "bm25.json", GOOD))
    assert ef.idf == {"a": [0.5, 0], "b": [1.0, 1]}
    assert (ef.corpus_size, ef.avgdl, ef.average_idf) == (2, 1.5, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "v2"}, "version is 'v2'"),
        ({"idf_value": [0.5]}, "lists of the same length"),
        ({"idf_word": ["a", 5]}, "idf_word must hold strings"),
        ({"idf_value": [0.5, True]}, "idf_value numbers"),
        ({"idf_value": [0.5, float("nan")]}, "not finite"),
        ({"idf_word": ["a", "a"]}, "the term 'a' stands twice"),
        ({"corpus_size": 1.5}, "corpus_size 1.5"),
        ({"avgdl": 0}, "avgdl 0"),
        ({"k1": None}, "k1 must be a finite number"),
        ({"epsilon": "0.25"}, "epsilon must be a finite number"),
    ],
)
def test_a_wrong_value_is_named(tmp_path, change, message):
    path = write(tmp_path / "bm25.json", GOOD | change)
    with pytest.raises(ValueError, match=rf"bm25\.json is not a saved .*: .*{message}"):
        BM25EmbeddingFunction(str.split).load(path)


@pytest.mark.parametrize("name", list(GOOD))
def test_a_missing_value_is_an_error(tmp_path, name):
    content = {key: value for key, value in GOOD.items() if key != name}
    path = write(tmp_path / "bm25.json", content)
    ef = BM25EmbeddingFunction(str.split)
    if name == "version":  # files older than the field
        ef.load(path)
        return
    with pytest.raises(ValueError, match=r"bm25\.json is not a saved"):
        ef.load(path)


def test_a_file_cut_anywhere_is_an_error_and_changes_nothing(tmp_path):
    ef = BM25EmbeddingFunction(str.split, ["x"])
    whole = json.dumps(GOOD)
    for end in range(len(whole)):
        with pytest.raises(ValueError, match="is not a saved BM25EmbeddingFunction"):
            ef.load(write(tmp_path / "bm25.json", whole[:end]))
    assert list(ef.idf) == ["x"]


@pytest.mark.parametrize("content", ["[]", "1", '"v1"', "[" * 100_000, "\x00\xff"])
def test_other_files_are_errors(tmp_path, content):
    with pytest.raises(ValueError, match="is not a saved BM25EmbeddingFunction"):
        BM25EmbeddingFunction(str.split).load(write(tmp_path / "bm25.json", content))


def test_a_missing_file_and_a_missing_folder(tmp_path):
    ef = BM25EmbeddingFunction(str.split, ["x"])
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        ef.load(tmp_path / "nowhere.json")
    with pytest.raises(FileNotFoundError):
        ef.save(tmp_path / "no" / "folder.json")


def test_a_failed_write_leaves_the_old_file_alone(tmp_path, monkeypatch):
    ef = BM25EmbeddingFunction(str.split, ["x"])
    ef.save(tmp_path / "bm25.json")
    before = (tmp_path / "bm25.json").read_bytes()

    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    ef.fit(["another"])
    with pytest.raises(OSError, match="No space left"):
        ef.save(tmp_path / "bm25.json")
    assert (tmp_path / "bm25.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["bm25.json"]
