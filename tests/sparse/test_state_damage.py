"""Files that are damaged, cut, or forged with right checksums: an error, or what the file says."""

import json
import math
import os
import random
import struct
import subprocess
import sys
import warnings
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from embedfn.sparse import BM25EmbeddingFunction
from tests.sparse import state_files
from tests.sparse.state_files import PLACES, SECTIONS, assert_says, read, sealed, signed, table

CORPUS = ["a|b|a", "b|longer than eight|é", "", "中文|\ud800|a|long enough to go on for two words"]
TEXTS = [*CORPUS, "never|a|a|é", "longer than eight|b|b"]


def split(text):
    return text.split("|") if text else []


def binary_file(folder, **options):
    ef = BM25EmbeddingFunction(split, CORPUS, **options)
    ef.remove(CORPUS[1:2])  # so that a term is not in use
    ef.save(folder / "good", format="binary")
    return (folder / "good").read_bytes()


def weights_file(folder):
    BM25EmbeddingFunction(split, CORPUS).save(folder / "json")
    ef = BM25EmbeddingFunction(split)
    ef.load(folder / "json")
    ef.save(folder / "good", format="binary")
    return (folder / "good").read_bytes()


def loaded(path, content, **options):
    """The object, or None where the file was refused; refusing names the file, changes nothing."""
    path.unlink(missing_ok=True)  # some file systems are slow to cut a file to no length
    path.write_bytes(content)
    ef = BM25EmbeddingFunction(split, num_workers=1)
    ef.k1 = 9.0
    try:
        ef.load(path, **options)
    except ValueError as caught:
        error = caught
    else:
        return ef
    assert str(error).startswith(f"{path} ")
    assert (ef.dim, ef.k1) == (0, 9.0)
    return None


def damaged(content):
    """Each bit of each byte, each byte as other bytes, each length, and more at the end."""
    for i in range(len(content)):
        for byte in {content[i] ^ 1 << bit for bit in range(8)} | {0, 255, ord("0"), ord("9")}:
            if byte != content[i]:
                yield content[:i] + bytes([byte]) + content[i + 1 :]
    for end in range(len(content)):
        yield content[:end]
        if end % 64 == 0:
            yield content[:end] + bytes(64) + content[end:]
            yield content[:end] + content[end + 64 :]
    for more in (b"\0", b"\n", bytes(64), content):
        yield content + more


def check_damage(folder, stride):
    for content in (binary_file(folder), weights_file(folder)):
        n = 0
        assert loaded(folder / "file", content) is not None
        for changed in islice(damaged(content), 0, None, stride):
            assert loaded(folder / "file", changed) is None
            n += 1
        assert n > 10 * len(content) // stride


def test_any_damage_is_an_error(tmp_path):
    check_damage(tmp_path, 1)


@pytest.mark.parametrize("kernels", ["python", "numba"])
def test_any_damage_is_an_error_on_the_other_kernels(kernels, tmp_path):
    code = (
        "import sys, pathlib; from tests.sparse import test_state_damage as tests; "
        "folder = pathlib.Path(sys.argv[1]); "
        "tests.check_damage(folder, 61); tests.check_forgeries(folder, 61)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"EMBEDFN_KERNELS": kernels},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


NUMBERS = [0, 1, 2, 3, 255, 256, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**33, 2**61 - 1, 2**61]
NUMBERS += [2**62, 2**63 - 1, 2**63, 2**64 - 256, 2**64 - 64, 2**64 - 8, 2**64 - 1]
FLOATS = [0.0, -0.0, 1.0, -1.0, 1e-300, 5e-324, math.nan, math.inf, -math.inf]


def other_values(code, now):
    if code == "d":
        return [*FLOATS, math.nextafter(now, 9), 2 * now]
    top = 2**32 if code == "I" else 2**64
    near = [now + step for step in (-64, -8, -1, 1, 8, 64)]
    return [value % top for value in [*NUMBERS, *near, 2 * now]]


def forgeries(content):
    """Files with right checksums and wrong content; True beside those that must be refused."""

    def put(place, code, value, sign=signed):
        changed = bytearray(content)
        struct.pack_into(f"<{code}", changed, place, value)
        return sign(changed)

    for name, (place, code) in PLACES.items():
        (now,) = struct.unpack_from(f"<{code}", content, place)
        if name.endswith("checksum"):
            for value in other_values(code, now):
                if value != now:
                    yield put(place, code, value, bytes if name == "checksum" else sealed), True
            continue
        for value in other_values(code, now):
            if struct.pack(f"<{code}", value) != struct.pack(f"<{code}", now):
                free = name in ("n_docs", "sum_doc_len", "k1", "b", "epsilon", "avgdl", "formula")
                yield put(place, code, value), not free
    for section in ("offsets", "slots", "values"):
        start, size = table(content)[SECTIONS.index(section)]
        for place in range(start, start + size, 8):
            (now,) = struct.unpack_from("<Q", content, place)
            for value in {*other_values("Q", now), *(now ^ 1 << bit for bit in range(64))} - {now}:
                yield put(place, "Q", value), section != "values"
    for section in ("specification", "terms"):
        start, size = table(content)[SECTIONS.index(section)]
        for place in range(start, start + size):
            for bit in range(8):
                yield put(place, "B", content[place] ^ 1 << bit), True
    for (start, size), (other, more) in zip(table(content), table(content)[1:], strict=False):
        for place in range(start + size, other):  # between the sections
            yield put(place, "B", 1, sealed), True
        at = 128 + 24 * table(content).index((other, more))
        for overlap in (1, 8, 64, size):
            changed = bytearray(content)
            struct.pack_into("<QQ", changed, at, other - overlap, more)
            yield signed(changed), True
            struct.pack_into("<QQ", changed, at, other - overlap, more + overlap)
            yield signed(changed), True
    for sizes in ([0] * 5, [2**64 - 64] * 5, [2**63] * 5):
        changed = bytearray(content)
        for i, size in enumerate(sizes):
            struct.pack_into("<Q", changed, 128 + 24 * i + 8, size)
        yield signed(changed), True
    for end in range(256, len(content)):
        changed = bytearray(content[:end])
        struct.pack_into("<Q", changed, 16, end)
        yield signed(changed), True
    for more in (b"\0", bytes(64)):
        changed = bytearray(content + more)
        struct.pack_into("<Q", changed, 16, len(changed))
        yield signed(changed), True


def check_forgeries(folder, stride):
    for content in (binary_file(folder), binary_file(folder, idf="lucene"), weights_file(folder)):
        refused = taken = 0
        for changed, must_be_refused in islice(forgeries(content), 0, None, stride):
            if check_says(folder / "file", changed):
                taken += 1
                assert not must_be_refused
            else:
                refused += 1
        assert refused > 3_500 // stride
        assert taken > 50 // stride


def check_says(path, content):
    """Whether a file is taken; if so, its vectors are those that it describes."""
    ef = loaded(path, content)
    if ef is None:
        return False
    try:
        wanted = read(content)
    except OverflowError:  # of math.log, in a file of more documents than a double counts
        return True
    if math.isfinite(wanted[3]) and abs(wanted[3]) < 1e100:
        assert_says(ef, wanted, TEXTS, split)
    return True


def test_forgeries_are_refused_or_read_as_they_are(tmp_path):
    check_forgeries(tmp_path, 1)


@pytest.mark.parametrize("seed", range(10))
def test_random_forgeries(seed, tmp_path):
    rng = random.Random(seed)
    content = rng.choice([binary_file, weights_file])(tmp_path)
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(128) if rng.random() < 0.3 else rng.randrange(len(content))
            changed[place] = rng.choice([0, 1, 255, 128, rng.randrange(256)])
        check_says(tmp_path / "file", signed(changed))


def test_a_whole_file_made_by_hand_is_taken(tmp_path):
    """The forger's checksums are right: what was refused above, was refused for its content."""
    content = binary_file(tmp_path)
    assert signed(content) == content
    changed = bytearray(content)
    start, _ = table(content)[SECTIONS.index("values")]
    struct.pack_into("<Q", changed, start, 1)  # of two documents, one
    assert check_says(tmp_path / "file", signed(changed))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("version", 2, "its version is 2, this embedfn reads 1"),
        ("kind", 2, "it has kind 2 and formula 0, which are unknown"),
        ("formula", 2, "it has kind 0 and formula 2, which are unknown"),
        ("file_size", 5, "it has 696 bytes and should have 5"),
        ("n_terms", 3, "its sections are not those of 3 terms"),
        ("n_docs", 1, "no 1 documents of 7 terms have the document frequencies"),
        ("sum_doc_len", 2, "no 3 documents of 2 terms have the document frequencies"),
        ("sum_doc_len", 2**63, f"no 3 documents of {2**63} terms"),
        ("n_docs", 2**63, f"no {2**63} documents"),
        ("avgdl", 1.0, "beside these, the avgdl 1.0"),
        ("k1", math.nan, r"cannot be \(nan, 0.75, 0.25, 0.0\)"),
        ("seed", 5, "its table of terms is not that of its terms"),
        ("terms offset", 64, "its sections do not follow each other to its end"),
        ("slots size", 0, "its sections do not follow each other to its end"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, name, value, message):
    place, code = PLACES[name]
    changed = bytearray(binary_file(tmp_path))
    struct.pack_into(f"<{code}", changed, place, value)
    (tmp_path / "file").write_bytes(signed(changed))
    with pytest.raises(ValueError, match=f"is not a saved BM25EmbeddingFunction: .*{message}"):
        BM25EmbeddingFunction(split).load(tmp_path / "file")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_damaged_section_is_named(tmp_path, section):
    content = binary_file(tmp_path)
    start, size = table(content)[SECTIONS.index(section)]
    changed = bytearray(content)
    changed[start + size // 2] ^= 4
    (tmp_path / "file").write_bytes(changed)
    with pytest.raises(ValueError, match=f"its section {section} is damaged: the checksum"):
        BM25EmbeddingFunction(split).load(tmp_path / "file")


@pytest.mark.parametrize(
    "described",
    [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000, b'{"form":' + b"[" * 900 + b"]" * 900 + b"}"],
)
def test_a_specification_that_is_none(tmp_path, described):
    content = binary_file(tmp_path)
    places = table(content)
    pieces = [described] + [content[start : start + size] for start, size in places[1:]]
    changed = bytearray(content[:256])
    for i, piece in enumerate(pieces):
        changed += bytes(-len(changed) % 64)
        struct.pack_into("<QQ", changed, 128 + 24 * i, len(changed), len(piece))
        changed += piece
    struct.pack_into("<Q", changed, 16, len(changed))
    assert loaded(tmp_path / "file", signed(changed)) is None
    ef = loaded(tmp_path / "file", signed(changed), any_analyzer=True)
    assert_says(ef, read(content), TEXTS, split)


# Upstream's JSON. A changed digit or letter cannot be told from what was meant.


def json_says(content):
    said = json.loads(content)
    weights = {
        term: [float(idf), i]
        for i, (term, idf) in enumerate(zip(said["idf_word"], said["idf_value"], strict=True))
    }
    return weights, said["corpus_size"], float(said["avgdl"]), said["k1"], said["b"]


def test_damaged_json_is_an_error_or_read_as_it_is(tmp_path):
    BM25EmbeddingFunction(split, CORPUS).save(tmp_path / "json")
    content = (tmp_path / "json").read_bytes()
    refused = taken = 0
    for changed in damaged(content):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            ef = loaded(tmp_path / "file", changed)
        if ef is None:
            refused += 1
            continue
        taken += 1
        assert_says(ef, json_says(changed), TEXTS, split)
    assert refused > 2_000
    assert taken > 1_000


@pytest.mark.parametrize(
    "change",
    [
        {"avgdl": 10**400},
        {"k1": 10**400},
        {"idf_value": [10**400, 1]},
        {"corpus_size": 10**400},
        {"corpus_size": 2**63},
        {"idf_value": [1e999, 1]},
    ],
)
def test_json_numbers_that_are_too_large(tmp_path, change):
    content = {"corpus_size": 2, "avgdl": 1.5, "idf_word": ["a", "b"], "idf_value": [0.5, 1]}
    content |= {"k1": 1.5, "b": 0.75, "epsilon": 0.25}
    assert loaded(tmp_path / "file", json.dumps(content).encode()) is not None
    assert loaded(tmp_path / "file", json.dumps(content | change).encode()) is None


def test_the_tests_reader_is_not_the_library():
    assert "embedfn.lexical" not in Path(state_files.__file__).read_text()
    assert np.dtype("<u8").itemsize == 8
