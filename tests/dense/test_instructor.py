"""Instructor models against upstream's own code and against sentence-transformers."""

import numpy as np
import pytest

from embedfn.dense import InstructorEmbeddingFunction, SentenceTransformerEmbeddingFunction
from tests.dense.instructor_models import DIM, LIMIT, UpstreamModel, build_instructor
from tests.encoder.models import edit_json, peer_vectors
from tests.encoder.texts import HARD, random_texts

TEXTS = [*HARD, *random_texts(30, seed=71)]
QUERY, DOCUMENT = "find the world: ", " the text of a document:"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return build_instructor(tmp_path_factory.mktemp("instructor"))


@pytest.fixture(scope="module")
def upstream(model):
    return UpstreamModel(model)


def made(model, **options):
    options = {"query_instruction": QUERY, "doc_instruction": DOCUMENT, "device": "cpu"} | options
    return InstructorEmbeddingFunction(model, **options)


@pytest.fixture(scope="module")
def embed(model):
    return made(model)


def test_vectors_are_upstreams(embed, upstream):
    assert embed.dim == DIM
    for method, instruction in (
        (embed, DOCUMENT),
        (embed.encode_documents, DOCUMENT),
        (embed.encode_queries, QUERY),
    ):
        vectors, expected = method(TEXTS, output="array"), upstream.vectors(instruction, TEXTS)
        np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
        assert np.abs(expected - expected[0]).max() > 0.1


@pytest.mark.parametrize(
    "instruction",
    [
        "",
        " \n",
        "the",
        "\u2003Represent the question for retrieval:\x1f",
        "hello wor",  # its last tokens and a text's first can make one token together
        "x </s> y",
        "中文 é ½ \u0301",
        "the world " * 50,  # more than the model reads
        "a" * (LIMIT - 2),
        "a" * (LIMIT - 1),
        "a" * LIMIT,
    ],
)
def test_any_instruction(model, upstream, instruction):
    texts = [*TEXTS, "ld", "ld of the", "  hello\u00a0"]
    vectors = made(model, doc_instruction=instruction)(texts)
    np.testing.assert_allclose(vectors, upstream.vectors(instruction, texts), rtol=0, atol=1e-5)


def test_of_a_text_nothing_may_be_left(model, upstream):
    """The instruction has five tokens by itself, and with this text only three."""
    pair = "hello wor", "ld"
    counts = made(model, doc_instruction=pair[0]).count_tokens(["", pair[1]])
    assert counts.tokens.tolist() == [6, 3]
    (vector,) = made(model, doc_instruction=pair[0])([pair[1]])
    assert not vector.any()
    assert not upstream.vectors(pair[0], [pair[1]]).any()


def test_instructions_matter_and_are_not_pooled(model, embed):
    queries, documents = (
        method(TEXTS, output="array") for method in (embed.encode_queries, embed.encode_documents)
    )
    assert np.abs(queries - documents).max(axis=1).min() > 1e-3
    glued = SentenceTransformerEmbeddingFunction(
        model, device="cpu", query_instruction=QUERY.strip()
    ).encode_queries([text.strip() for text in TEXTS])
    assert np.abs(queries - np.array(glued)).max() > 0.05


@pytest.mark.parametrize("said", [None, True, False])
def test_sentence_transformers_without_the_prompt(tmp_path, said):
    """Whatever the folder says of it here; there it must say so."""
    folder = build_instructor(tmp_path, seed=2)
    texts = [text.strip() for text in TEXTS]
    edit_json(folder / "1_Pooling" / "config.json", include_prompt=False)
    expected = peer_vectors(folder, texts, prompt=QUERY.strip())
    edit_json(folder / "1_Pooling" / "config.json", include_prompt=said)
    np.testing.assert_allclose(made(folder).encode_queries(texts), expected, rtol=0, atol=1e-5)


def test_a_default_prompt_of_the_folder_is_not_put_before(tmp_path, upstream):
    folder = build_instructor(tmp_path)
    edit_json(
        folder / "config_sentence_transformers.json",
        prompts={"query": "hello hello"},
        default_prompt_name="query",
    )
    expected = upstream.vectors("", TEXTS[:12])
    vectors = made(folder, doc_instruction="")(TEXTS[:12])
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)


def test_neighbours_do_not_matter(model, embed):
    alone = np.concatenate([embed([text], output="array") for text in TEXTS])
    for function in (
        embed,
        made(model, batch_size=1),
        made(model, device=None, devices=["cpu"] * 2),
    ):
        for order in (slice(None), slice(None, None, -1)):
            together = function(TEXTS[order], output="array")[order]
            np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["text", "query", "document"])
def test_streams_and_counts(embed, kind):
    whole = embed.encode_queries if kind == "query" else embed
    blocks = embed.encode_iter(iter(TEXTS), kind=kind, block_size=7)
    np.testing.assert_allclose(np.concatenate(list(blocks)), whole(TEXTS), rtol=0, atol=1e-6)
    counts = embed.count_tokens([" hello world", "a " * 100], kind=kind)
    before = len(embed._model._tokeniser.tokenise([embed._prompt(kind)]).ids)
    assert counts.tokens[0] > before > 3
    assert counts.truncated.tolist() == [False, True]


def test_the_usual_contracts(embed):
    assert embed([]) == embed.encode_queries(iter(())) == []
    with pytest.raises(TypeError, match="queries must be a list of str, not one str"):
        embed.encode_queries("bare")
    with pytest.raises(TypeError, match=r"texts\[1\] must be a str"):
        embed(["a", None])
    bits = embed.encode_documents(["hello", "hello"], output="array", output_dtype="ubinary")
    assert bits.shape == (2, 3)
    assert bits.dtype == np.uint8


def test_wrong_arguments(model, monkeypatch):
    with pytest.raises(TypeError, match="doc_instruction must be str, not None"):
        made(model, doc_instruction=None)
    with pytest.raises(TypeError, match="no_such_option cannot be passed on"):
        made(model, no_such_option=1)
    with pytest.raises(ValueError, match="int8"):
        made(model, dtype="int8")
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install 'embedfn\[transformers\]'"):
        made(model)
