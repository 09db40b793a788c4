"""Forms of output, streams, duplicates and counts, on the front that has them all."""

import threading
from itertools import count, islice

import numpy as np
import pytest
from sentence_transformers.util.quantization import quantize_embeddings

from embedfn.dense import SentenceTransformerEmbeddingFunction
from tests.dense.test_sentence_transformer import run
from tests.encoder.models import Recipe, build, peer_vectors
from tests.encoder.texts import HARD, random_texts

MAX_TOKENS = 20


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return build(tmp_path_factory.mktemp("outputs"), Recipe(max_seq_length=MAX_TOKENS))


@pytest.fixture(scope="module")
def embed(model):
    return SentenceTransformerEmbeddingFunction(
        model, device="cpu", query_instruction="hello ", doc_instruction="world: "
    )


@pytest.fixture(scope="module")
def vectors(embed):
    return embed(random_texts(200, seed=41), output="array")


def methods(embed):
    return {
        "text": embed,
        "query": embed.encode_queries,
        "document": embed.encode_documents,
    }


def test_array_and_list_are_the_same_numbers(embed):
    texts = random_texts(20, seed=42)
    for method in methods(embed).values():
        rows, array = method(texts), method(texts, output="array")
        assert type(rows) is list
        assert array.shape == (20, 48)
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(np.array(rows), array)
    assert embed([], output="array").shape == (0, 48)
    assert embed([], output="array", output_dtype="ubinary").shape == (0, 6)


def test_formats_on_request(embed, vectors):
    texts = random_texts(200, seed=41)
    ranges = embed.calibrate(texts, kind="text")
    np.testing.assert_array_equal(ranges, [vectors.min(axis=0), vectors.max(axis=0)])
    for name in ("int8", "uint8", "binary", "ubinary"):
        bounds = ranges if name.endswith("int8") else None
        wanted = quantize_embeddings(vectors, name, ranges=bounds)
        got = embed(texts, output="array", output_dtype=name, ranges=bounds)
        np.testing.assert_array_equal(got, wanted)
        rows = embed(texts, output_dtype=name, ranges=bounds)
        np.testing.assert_array_equal(rows, wanted)
    half = embed(texts, output="array", output_dtype="float16")
    np.testing.assert_array_equal(half, vectors.astype(np.float16))


def test_wrong_forms_are_refused_before_any_work(embed, monkeypatch):
    monkeypatch.setattr(embed._model, "encode", lambda *_: pytest.fail("the model was run"))
    for method in methods(embed).values():
        with pytest.raises(ValueError, match="output must be"):
            method(["a"], output="tensor")
        with pytest.raises(ValueError, match="output_dtype must be"):
            method(["a"], output_dtype="fp8")
        with pytest.raises(ValueError, match="needs ranges"):
            method(["a"], output_dtype="int8")
    with pytest.raises(ValueError, match="sample of texts, thousands if possible; got 1"):
        embed.calibrate(["a"])


def test_duplicates_are_encoded_once(embed, monkeypatch):
    base = random_texts(15, seed=43)
    texts = [base[i] for i in np.random.default_rng(5).integers(0, 15, 200)]
    wanted = np.array([embed([text])[0] for text in texts])
    seen = []
    tokenise = embed._model._tokeniser.tokenise
    monkeypatch.setattr(
        embed._model._tokeniser,
        "tokenise",
        lambda texts: (seen.extend(texts), tokenise(texts))[1],
    )
    np.testing.assert_allclose(embed(texts, output="array"), wanted, rtol=0, atol=1e-6)
    assert sorted(seen) == sorted(set(texts))
    seen.clear()
    got = np.concatenate(list(embed.encode_iter(iter(texts), kind="text", block_size=50)))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-6)
    assert len(seen) < 4 * 16
    rows = embed(["same", "same"])
    rows[0][:] = 0  # a row of its own
    assert rows[1].any()


@pytest.mark.parametrize("block_size", [1, 7, 64, 1000])
def test_stream(embed, block_size):
    texts = [*HARD, *random_texts(100, seed=44)]
    for kind, method in methods(embed).items():
        wanted = method(texts, output="array")
        for given in (texts, iter(texts), np.array(texts, dtype=object)):
            blocks = list(embed.encode_iter(given, kind=kind, block_size=block_size))
            sizes = [len(block) for block in blocks]
            assert sizes[:-1] == [block_size] * (len(blocks) - 1)
            assert 0 < sizes[-1] <= block_size
            np.testing.assert_allclose(np.concatenate(blocks), wanted, rtol=0, atol=2e-6)
    assert list(embed.encode_iter([])) == list(embed.encode_iter(iter(()))) == []


def test_stream_defaults_to_documents_and_takes_formats(embed):
    texts = random_texts(30, seed=45)
    (block,) = embed.encode_iter(texts, output_dtype="ubinary")
    np.testing.assert_array_equal(
        block, embed.encode_documents(texts, output="array", output_dtype="ubinary")
    )


def test_stream_reads_no_further_than_it_must(embed):
    taken = []
    endless = (taken.append(n) or f"hello {n}" for n in count())
    blocks = embed.encode_iter(endless, block_size=10)
    assert not taken
    assert [len(block) for block in islice(blocks, 3)] == [10] * 3
    assert len(taken) == 30
    blocks.close()
    assert next(endless) == "hello 30"  # the source is the caller's still


@pytest.fixture(params=["in step", "ahead"])
def either(request, embed, monkeypatch):
    """Tokenising in step, as on a CPU, or ahead, as on a GPU, in small parts."""
    monkeypatch.setattr(embed._model, "_tokenises_ahead", request.param == "ahead")
    monkeypatch.setattr("embedfn.encoder.engine.GPU_TEXTS", 16)
    return embed


def test_tokenising_ahead_changes_nothing(embed, either, vectors):
    texts = random_texts(200, seed=41)
    np.testing.assert_allclose(either(texts, output="array"), vectors, rtol=0, atol=2e-6)
    blocks = list(either.encode_iter(iter(texts), kind="text", block_size=33))
    np.testing.assert_allclose(np.concatenate(blocks), vectors, rtol=0, atol=2e-6)
    assert either([]) == []
    before = threading.active_count()
    stream = either.encode_iter((f"hello {n}" for n in count()), block_size=5)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_stream_errors_name_the_place_in_the_whole(either):
    embed = either
    good = random_texts(25, seed=46)
    for given in ([*good, None], iter([*good, None])):
        with pytest.raises(TypeError, match=r"texts\[25\] must be a str, not NoneType"):
            list(embed.encode_iter(given, block_size=10))
    for given in ([*good, "\ud800"], iter([*good, "\ud800"])):
        blocks = embed.encode_iter(given, block_size=10)
        assert [len(next(blocks)) for _ in range(2)] == [10, 10]
        with pytest.raises(ValueError, match=r"texts\[25\] has a lone surrogate"):
            next(blocks)

    def source():
        yield from good
        raise OSError("the file is gone")

    blocks = embed.encode_iter(source(), block_size=10)
    assert [len(next(blocks)) for _ in range(2)] == [10, 10]
    with pytest.raises(OSError, match="the file is gone"):
        next(blocks)


@pytest.mark.parametrize(
    ("texts", "options", "error", "text"),
    [
        ("bare", {}, TypeError, "must be a list of str, not one str"),
        (None, {}, TypeError, "not NoneType"),
        (["a"], {"kind": "passage"}, ValueError, "kind must be 'text', 'query' or 'document'"),
        (["a"], {"block_size": 0}, ValueError, "block_size must be at least 1, not 0"),
        (["a"], {"block_size": 2.0}, TypeError, "block_size must be int, not float"),
        (["a"], {"block_size": True}, TypeError, "block_size must be int, not bool"),
        (["a"], {"output_dtype": "int8"}, ValueError, "needs ranges"),
    ],
)
def test_wrong_streams_are_refused_at_once(embed, texts, options, error, text):
    with pytest.raises(error, match=text):
        embed.encode_iter(texts, **options)


def test_counts(embed, model):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    texts = [*HARD, *random_texts(100, seed=47), "hello " * 500]
    for kind, before in (("text", ""), ("query", "hello "), ("document", "world: ")):
        counts = embed.count_tokens(iter(texts), kind=kind)
        wanted = [len(tokenizer(before + text, truncation=False)["input_ids"]) for text in texts]
        assert counts.tokens.tolist() == wanted
        assert counts.truncated.tolist() == [n > MAX_TOKENS for n in wanted]
    assert any(counts.truncated)
    assert not all(counts.truncated)
    assert [array.shape for array in embed.count_tokens([])] == [(0,), (0,)]
    with pytest.raises(ValueError, match="kind must be"):
        embed.count_tokens(["a"], kind="none")
    with pytest.raises(TypeError, match=r"texts\[1\] must be a str"):
        embed.count_tokens(["a", 3])


def test_sixteen_threads_of_everything(embed, model):
    """One object, every method at once: no shared state is ever changed."""
    texts = [*random_texts(40, seed=48), "hello " * 200]
    wanted = embed(texts, output="array")
    np.testing.assert_allclose(
        wanted, peer_vectors(model, texts, normalize=True), rtol=0, atol=1e-5
    )
    counts = embed.count_tokens(texts)
    good = []

    def work(number):
        for turn in range(4):
            if (number + turn) % 3 == 0:
                got = embed(texts, output="array")
            elif (number + turn) % 3 == 1:
                blocks = embed.encode_iter(iter(texts), kind="text", block_size=9)
                got = np.concatenate(list(blocks))
            else:
                got = wanted
                assert np.array_equal(embed.count_tokens(texts).tokens, counts.tokens)
            good.append(np.allclose(got, wanted, rtol=0, atol=2e-6))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert good == [True] * 64


@pytest.mark.parametrize(
    ("name", "field", "slot"),
    [
        ("float16", "FLOAT16_VECTOR", "float16_vector"),
        ("bfloat16", "BFLOAT16_VECTOR", "bfloat16_vector"),
        ("int8", "INT8_VECTOR", "int8_vector"),
        ("ubinary", "BINARY_VECTOR", "binary_vector"),
    ],
)
def test_pymilvus_sends_the_rows_as_they_are(embed, vectors, name, field, slot):
    """What reaches a Milvus server; Milvus Lite does not know these fields."""
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes")
    prepare = pytest.importorskip("pymilvus.client.prepare").Prepare
    from pymilvus import DataType

    ranges = [vectors.min(axis=0), vectors.max(axis=0)] if name == "int8" else None
    options = {"output_dtype": name, "ranges": ranges}
    texts = random_texts(200, seed=41)
    fields = [
        {"name": "id", "type": DataType.INT64, "is_primary": True, "params": {}},
        {"name": "vector", "type": getattr(DataType, field), "params": {"dim": embed.dim}},
    ]
    rows = [{"id": i, "vector": row} for i, row in enumerate(embed(texts, **options))]
    request = prepare.row_insert_param("c", rows, "", fields_info=fields)
    (sent,) = [data for data in request.fields_data if data.field_name == "vector"]
    array = embed(texts, output="array", **options)
    assert sent.vectors.dim == embed.dim
    assert getattr(sent.vectors, slot) == array.tobytes()


def test_a_stream_takes_no_more_memory_when_it_is_longer(model, tmp_path):
    code = (
        "import resource, torch\n"
        "from embedfn.dense import SentenceTransformerEmbeddingFunction as Made\n"
        "torch.set_num_threads(1)\n"
        f"embed = Made({str(model)!r}, device='cpu')\n"
        "def peak(n):\n"
        "    texts = (f'hello {k} world {k * 7919 % 10007}' for k in range(n))\n"
        "    assert sum(map(len, embed.encode_iter(texts, block_size=256))) == n\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "print(peak(1000), peak(20000))"
    )
    first, second = map(float, run(code, tmp_path).split())
    assert second - first < 30  # the texts alone would have taken that, their vectors less
