"""The main job end to end: build, reuse, rebuild, interruption, and errors of one line.

The real model and real Milvus Lite, on a corpus of a few passages.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

TEXTS = {
    "cat": "The cat sat on the mat and purred.",
    "dog": "Dogs chase balls in the garden.",
    "money": "Stocks fell sharply on Monday after the central bank spoke.",
    "rain": "Heavy rain flooded the valley.",
}


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.jsonl"
    path.write_text("".join(json.dumps({"id": i, "text": t}) + "\n" for i, t in TEXTS.items()))
    return path


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def demo(*arguments, **environment):
    """Run the command in a process of its own, as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "embedfn.cli", "demo", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def answers(output):
    """Query -> list of (fused, dense, sparse, source)."""
    found, query = {}, None
    for line in output.splitlines():
        if line.startswith("  fused "):
            *ranks, source = line.split()
            found[query].append((*ranks[1::2], source))
        elif line and not line.startswith(" "):
            query = line
            found[query] = []
    return {query: hits for query, hits in found.items() if hits}


def test_build_then_reuse_then_rebuild(corpus, store):
    queries = ["--query", "a feline animal", "--query", "rain in the garden"]
    first = demo("--corpus", corpus, "--store", store, "--top", 2, *queries)
    assert first.returncode == 0, first.stderr
    assert "there is none yet" in first.stdout
    found = answers(first.stdout)
    # No word in common with the passage: only the dense vector can find it.
    assert found["a feline animal"][0] == ("1", "1", "-", "cat")
    # One word of each: both kinds of rank are there.
    assert {hit[3] for hit in found["rain in the garden"]} == {"rain", "dog"}
    assert all(hit[1] != "-" and hit[2] != "-" for hit in found["rain in the garden"])
    for figure in ("read ", "BM25 ", "dense ", "store ", "queries ", "peak memory "):
        assert figure in first.stdout.splitlines()[-1]

    second = demo("--corpus", corpus, "--store", store, "--top", 2, *queries)
    assert "Reusing the index" in second.stdout
    assert answers(second.stdout) == found

    with corpus.open("a") as file:
        file.write(json.dumps({"id": "lion", "text": "Lions are large feline animals."}) + "\n")
    third = demo("--corpus", corpus, "--store", store, "--top", 1, *queries)
    assert "it was made with another corpus" in third.stdout
    assert answers(third.stdout)["a feline animal"][0][3] == "lion"
    assert "--rebuild was given" in demo("--corpus", corpus, "--store", store, "--rebuild").stdout


def damage_manifest(store):
    (store / "manifest.json").write_text("{")


def drop_manifest(store):
    (store / "manifest.json").unlink()


def damage_bm25(store):
    (store / "bm25.json").write_text((store / "bm25.json").read_text().replace("0.7", "0.8", 1))


def drop_passages(store):
    manifest = json.loads((store / "manifest.json").read_text())
    (store / "manifest.json").write_text(json.dumps(manifest | {"passages": 5}))


def test_a_damaged_index_is_built_again(corpus, store):
    whole = demo("--corpus", corpus, "--store", store, "--query", "cat")
    for damage, reason in [
        (damage_manifest, "its manifest is damaged"),
        (drop_manifest, "there is none yet"),
        (damage_bm25, "its BM25 file is damaged"),
        (drop_passages, "passages are missing"),
    ]:
        damage(store)
        again = demo("--corpus", corpus, "--store", store, "--query", "cat")
        assert reason in again.stdout, (again.stdout, again.stderr)
        assert answers(again.stdout) == answers(whole.stdout)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_build_is_not_trusted(tmp_path, store, how):
    corpus = tmp_path / "long.jsonl"
    lines = [json.dumps({"text": f"passage {i} " + "about many things " * 25}) for i in range(2000)]
    corpus.write_text("\n".join(lines))
    arguments = ["-m", "embedfn.cli", "demo", "--corpus", str(corpus), "--store", str(store)]
    process = subprocess.Popen([sys.executable, *arguments], stderr=subprocess.PIPE, text=True)
    building = store.with_name("store.building")
    deadline = time.monotonic() + 60
    while not building.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(how)
    error = process.communicate()[1]
    assert not store.exists()
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert error.splitlines()[-1] == "embedfn: interrupted; nothing half-built is kept"
        assert not building.exists()
    corpus.write_text(json.dumps({"text": "short"}))
    after = demo("--corpus", corpus, "--store", store, "--query", "short")
    assert "there is none yet" in after.stdout
    # In one document every term is in "most": its idf is negative, and Milvus takes none such.
    assert answers(after.stdout)["short"] == [("1", "1", "-", "1")]
    assert not building.exists()


def test_a_store_in_use_is_an_error(corpus, store):
    filelock = pytest.importorskip("filelock")
    with filelock.FileLock(f"{store}.lock"):
        done = demo("--corpus", corpus, "--store", store)
    assert_one_line_error(done, "is in use by another process")
    assert not store.exists()


HOLD = (
    "import sys; from pymilvus import MilvusClient; client = MilvusClient(sys.argv[1]); "
    "print('open', flush=True); sys.stdin.read()"
)


def test_a_database_that_another_program_has_open_is_left_alone(corpus, store):
    whole = demo("--corpus", corpus, "--store", store, "--query", "cat")
    arguments = [sys.executable, "-c", HOLD, str(store / "vectors.db")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"open\n"
        done = demo("--corpus", corpus, "--store", store, "--query", "cat")
        holder.stdin.close()
    assert_one_line_error(done, "close what has it open, or give --rebuild")
    again = demo("--corpus", corpus, "--store", store, "--query", "cat")
    assert "Reusing the index" in again.stdout
    assert answers(again.stdout) == answers(whole.stdout)


# Writing fails as on a full disk once a file reaches 20 kB; the signal must not kill the process.
LIMITED = (
    "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); "
    "from embedfn.cli import main; sys.exit(main(sys.argv[1:]))"
)


def test_no_room_for_the_store_is_an_error(tmp_path, store):
    corpus = tmp_path / "c.jsonl"
    corpus.write_text("\n".join(json.dumps({"text": f"number {i}"}) for i in range(60)))
    arguments = ["demo", "--corpus", str(corpus), "--store", str(store)]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments], capture_output=True, text=True, check=False
    )
    assert_one_line_error(done, "File too large")
    assert not store.exists()
    assert not store.with_name("store.building").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"text": "a"}\n{"text": 1}\n', "corpus.jsonl, line 2: it must be a JSON object"),
        ("", "corpus.jsonl has no text"),
        ('{"text": "  "}', "corpus.jsonl has no text"),
    ],
)
def test_a_bad_corpus_is_one_line(corpus, store, content, message):
    corpus.write_text(content)
    assert_one_line_error(demo("--corpus", corpus, "--store", store), message)
    assert not store.exists()


def test_other_errors_are_one_line(corpus, store, tmp_path):
    common = ["--corpus", corpus, "--store", store]
    assert_one_line_error(demo("--corpus", tmp_path / "no.jsonl"), "no corpus at")
    assert_one_line_error(demo(*common, "--query", " "), "a query is empty")
    missing = demo(*common, "--model", "no-such-model", HF_HUB_OFFLINE="1")
    assert_one_line_error(missing, "no-such-model")
    assert demo(*common, "--top", "0").returncode == 2


def assert_one_line_error(done, message):
    assert done.returncode == 1, (done.stdout, done.stderr)
    shown = [line for line in done.stderr.splitlines() if "passages" not in line and line.strip()]
    assert len(shown) == 1, done.stderr
    assert shown[0].startswith("embedfn: error: ")
    assert message in shown[0]
