"""Reading corpora: the built-in one, JSON lines, folders; and cutting them into passages."""

import gzip
import json
import random

import pytest

from embedfn.jobs.corpus import PythonDocs, open_corpus, split_passages


def test_python_docs_are_thousands_of_passages():
    passages = list(PythonDocs().passages())
    assert len(passages) > 1500
    assert max(len(passage.text) for passage in passages) <= 600
    sources = {passage.source for passage in passages}
    assert {"reference: with", "collections.Counter", "argparse"} <= sources
    assert not any(source.startswith(("test.", "site-packages.")) for source in sources)


def test_json_lines(tmp_path):
    lines = [{"text": "plain"}, {"id": 7, "title": "Head", "text": "body"}, {"text": ""}]
    content = "\n\n".join(json.dumps(line) for line in lines).encode()
    (tmp_path / "c.jsonl").write_bytes(content)
    with gzip.open(tmp_path / "c.jsonl.gz", "wb") as file:
        file.write(content)
    for name in ("c.jsonl", "c.jsonl.gz"):
        passages = list(open_corpus(str(tmp_path / name)).passages())
        assert passages == [("1", "plain"), ("7", "Head\n\nbody")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{not json}", "line 2: Expecting property name"),
        (b'"text"', "line 2: it must be a JSON object with a string 'text'"),
        (b'{"text": 5}', "line 2: it must be a JSON object with a string 'text'"),
        (b'{"body": "x"}', "line 2: it must be"),
        (b'{"text": "\xff"}', "line 2: 'utf-8' codec can't decode"),
        (b'{"text": "\\ud800"}', "line 2: 'utf-8' codec can't encode"),
        (b'{"id": "' + b"x" * 1001 + b'", "text": "x"}', "line 2: its 'id' has 1001 characters"),
        (b"[" * 100_000, "line 2: "),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b'{"text": "good"}\n' + line + b"\n")
    with pytest.raises(ValueError, match=rf"corpus\.jsonl, {message}"):
        list(open_corpus(str(path)).passages())


def test_damaged_gzip_is_named(tmp_path):
    path = tmp_path / "c.jsonl.gz"
    whole = gzip.compress(b'{"text": "good"}\n' * 10_000)
    for content in (whole[:-10], b"not gzip", whole[:50] + b"\0" * 50 + whole[100:]):
        path.write_bytes(content)
        with pytest.raises(
            ValueError, match=r"c\.jsonl\.gz, after line \d+: the gzip data is damaged"
        ):
            list(open_corpus(str(path)).passages())


def test_a_folder_of_texts(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "b.md").write_text("second")
    (tmp_path / "sub" / "a.txt").write_text("third")
    (tmp_path / "a.rst").write_text("first")
    (tmp_path / "picture.png").write_bytes(b"\xff")
    passages = list(open_corpus(str(tmp_path)).passages())
    assert passages == [("a.rst", "first"), ("b.md", "second"), ("sub/a.txt", "third")]


def test_a_file_that_is_not_utf8_is_named(tmp_path):
    (tmp_path / "latin.txt").write_bytes("é".encode("latin-1"))
    with pytest.raises(ValueError, match=r"latin\.txt is not UTF-8 text"):
        list(open_corpus(str(tmp_path)).passages())


def test_a_missing_corpus():
    with pytest.raises(FileNotFoundError, match=r"no corpus at nowhere\.jsonl"):
        open_corpus("nowhere.jsonl")


def test_fingerprints_follow_the_content(tmp_path):
    file = tmp_path / "a.txt"
    corpus = open_corpus(str(tmp_path))
    seen = set()
    for name, content in [("a.txt", "x"), ("a.txt", "y"), ("b.txt", "x")]:
        file.unlink(missing_ok=True)
        file = tmp_path / name
        file.write_text(content)
        seen.add(corpus.fingerprint())
    assert len(seen) == 3
    assert corpus.fingerprint() in seen


def test_passages_keep_every_word():
    rng = random.Random(3)
    breaks = [" ", "\n", ". ", "\n\n", "\r\n\r\n", "\t"]
    for _ in range(200):
        words = ["w" * rng.randint(1, 30) + str(i) for i in range(rng.randint(0, 400))]
        text = "".join(word + rng.choice(breaks) for word in words)
        passages = list(split_passages(text, 200))
        assert " ".join(passages).replace(".", " ").split() == text.replace(".", " ").split()
        assert all(0 < len(passage) <= 200 for passage in passages)


def test_a_word_longer_than_a_passage_is_cut():
    assert "".join(split_passages("x" * 1000, 300)) == "x" * 1000
