"""The encoder's vectors against the real sentence-transformers', each text alone."""

import os
import pickle
import random
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from embedfn.encoder import families
from embedfn.encoder.attention import padded
from embedfn.encoder.engine import Encoder
from embedfn.encoder.forward import NativeForward, TorchForward
from tests.encoder.models import (
    Recipe,
    build,
    edit_json,
    peer_vectors,
    rename_tensors,
    to_pickle,
)
from tests.encoder.texts import HARD, random_texts

CANONICAL = "Artificial intelligence was founded as an academic discipline in 1956."
# First components that Milvus's documentation prints for this text and all-MiniLM-L6-v2.
CANONICAL_VECTOR = [-3.09392996e-02, -1.80662833e-02, 1.34775648e-02, 2.77156215e-02]


def old_settings(lower: bool):
    """Edit sentence_bert_config.json to what Sentence Transformers 2 wrote."""

    def edit(folder: Path) -> None:
        (folder / "sentence_bert_config.json").unlink()
        edit_json(folder / "sentence_bert_config.json", max_seq_length=20, do_lower_case=lower)

    return edit


def old_names(folder: Path) -> None:
    rename_tensors(
        folder,
        lambda name: (
            "bert."
            + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
                "LayerNorm.bias", "LayerNorm.beta"
            )
        ),
    )


def prompted(folder: Path) -> None:
    edit_json(
        folder / "config_sentence_transformers.json",
        prompts={"query": "hello world: ", "document": ""},
        default_prompt_name="query",
        truncate_dim=17,
    )


def plain(folder: Path) -> None:
    for name in ("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"):
        (folder / name).unlink()


def old_tokenizer(folder: Path) -> None:
    """tokenizer.json says one thing, tokenizer_config.json another; transformers heeds this one."""
    edit_json(
        folder / "tokenizer_config.json",
        do_lower_case=None,
        tokenize_chinese_chars=False,
        strip_accents=False,
    )


def other_class(folder: Path) -> None:
    edit_json(
        folder / "tokenizer_config.json",
        tokenizer_class="PreTrainedTokenizerFast",
        do_lower_case=True,
        truncation_side="left",
    )


def nested(folder: Path) -> None:
    """The layout of the oldest models: the transformer in a folder of its own."""
    inner = folder / "0_Transformer"
    inner.mkdir()
    stay = {"modules.json", "README.md", "config_sentence_transformers.json"}
    for file in [file for file in folder.iterdir() if file.is_file() and file.name not in stay]:
        file.rename(inner / file.name)
    modules = (folder / "modules.json").read_text()
    (folder / "modules.json").write_text(modules.replace('"path": ""', '"path": "0_Transformer"'))


RECIPES = {
    "mean": Recipe(normalize=False),
    "mean-unit": Recipe(),
    "cls": Recipe(pooling="cls", normalize=False),
    "cls-unit": Recipe(pooling="cls"),
    "max": Recipe(pooling="max", normalize=False),
    "joined": Recipe(pooling=("max", "mean", "cls")),
    "relu": Recipe(config={"hidden_act": "relu"}),
    "gelu_new": Recipe(config={"hidden_act": "gelu_new"}),
    "eps": Recipe(config={"layer_norm_eps": 1e-3, "type_vocab_size": 1}),
    "wide": Recipe(config={"hidden_size": 60, "num_attention_heads": 5, "num_hidden_layers": 1}),
    "cut-16": Recipe(max_seq_length=16),
    "cut-3": Recipe(max_seq_length=3),
    "cased": Recipe(lower_case=False),
    "lower": Recipe(lower_case=False, edit=old_settings(lower=True)),
    "not-lower": Recipe(lower_case=False, edit=old_settings(lower=False)),
    "old-names": Recipe(edit=old_names),
    "pickle": Recipe(edit=to_pickle),
    "prompted": Recipe(edit=prompted),
    "plain": Recipe(edit=plain),
    "old-tokenizer": Recipe(lower_case=False, edit=old_tokenizer),
    "other-class": Recipe(lower_case=False, max_seq_length=12, edit=other_class),
    "nested": Recipe(max_seq_length=30, edit=nested),
    "xlm-roberta": Recipe(family="xlm-roberta"),
    "roberta": Recipe(family="roberta", pooling="cls"),
    "camembert": Recipe(family="camembert", config={"hidden_act": "relu"}),
}


@pytest.fixture
def through_torch(monkeypatch):
    """Encoders made from here on take the way of torch."""
    monkeypatch.setattr(
        families,
        "choose_forward",
        lambda bert, device, _, relative: TorchForward(bert, device, relative),
    )


@pytest.fixture(params=["native", "torch"])
def way(request):
    """The ways through an encoder on a CPU."""
    if request.param == "torch":
        request.getfixturevalue("through_torch")
    return {"native": NativeForward, "torch": TorchForward}[request.param]


@pytest.mark.parametrize("name", RECIPES)
def test_small_models_as_peer(name, tmp_path, way):
    folder = build(tmp_path, RECIPES[name], seed=len(name))
    texts = [*HARD, *random_texts(60, seed=3)]
    expected = peer_vectors(folder, texts)
    encoder = Encoder(folder, "cpu")
    assert type(encoder._forward) is way
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32
    assert vectors.flags.c_contiguous
    assert vectors.shape == expected.shape
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)
    # Not all alike, or the comparison would say nothing.
    assert np.abs(expected - expected[0]).max() > 1e-2


def test_normalise_as_peer(small_model):
    texts = random_texts(30, seed=4)
    expected = peer_vectors(small_model, texts, normalize=True)
    vectors = Encoder(small_model, "cpu").encode(texts, normalise=True)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.fixture(scope="module")
def minilm_encoder(minilm):
    return Encoder(minilm, "cpu")


def test_minilm_as_peer(minilm, minilm_encoder):
    texts = [*HARD, *random_texts(260, seed=5)]
    expected = peer_vectors(minilm, texts)
    np.testing.assert_allclose(minilm_encoder.encode(texts), expected, rtol=0, atol=1e-5)


def test_minilm_as_documented(minilm_encoder):
    vector = minilm_encoder.encode([CANONICAL])[0]
    np.testing.assert_allclose(vector[:4], CANONICAL_VECTOR, rtol=0, atol=1e-5)


def test_minilm_does_not_depend_on_neighbours(minilm, minilm_encoder):
    texts = [*HARD, *random_texts(80, seed=6)]
    alone = np.concatenate([minilm_encoder.encode([text]) for text in texts])
    order = list(range(len(texts)))
    random.Random(7).shuffle(order)
    for batch_size in (1, 3, 1000):
        encoder = Encoder(minilm, "cpu", batch_size=batch_size)
        vectors = encoder.encode([texts[i] for i in order])
        np.testing.assert_allclose(vectors, alone[order], rtol=0, atol=1e-6)


def test_small_model_does_not_depend_on_neighbours(small_model, way):
    encoder = Encoder(small_model, "cpu")
    texts = random_texts(300, seed=8)
    alone = np.concatenate([encoder.encode([text], normalise=True) for text in texts])
    rng = random.Random(9)
    for _ in range(10):
        chosen = rng.choices(range(len(texts)), k=rng.randint(1, 200))
        vectors = encoder.encode([texts[i] for i in chosen], normalise=True)
        np.testing.assert_allclose(vectors, alone[chosen], rtol=0, atol=1e-6)


@pytest.mark.usefixtures("through_torch")
def test_threads_of_torch_do_not_matter(minilm):
    encoder = Encoder(minilm, "cpu")
    texts = [*HARD, *random_texts(40, seed=14)]
    expected = encoder.encode(texts)
    torch.set_num_threads(2)
    try:
        vectors = encoder.encode(texts)
    finally:
        torch.set_num_threads(1)
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)


def test_sixteen_threads(small_model):
    encoder = Encoder(small_model, "cpu")
    texts = random_texts(64, seed=10)
    expected = encoder.encode(texts)
    results: dict[int, list[np.ndarray]] = {}
    start = threading.Barrier(16)

    def work(number: int) -> None:
        start.wait()
        shifted = texts[number:] + texts[:number]
        results[number] = [np.roll(encoder.encode(shifted), number, axis=0) for _ in range(4)]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 16
    for vectors in results.values():
        for each in vectors:
            np.testing.assert_allclose(each, expected, rtol=0, atol=1e-6)


def test_no_texts(small_model):
    vectors = Encoder(small_model, "cpu").encode([])
    assert vectors.shape == (0, 48)
    assert vectors.dtype == np.float32


@pytest.mark.usefixtures("through_torch")
def test_the_route_of_gpus(small_model, monkeypatch):
    """Attention over padded groups, which GPUs take, computed on the CPU."""
    texts = [*HARD, *random_texts(200, seed=15)]
    encoder = Encoder(small_model, "cpu")
    expected = encoder.encode(texts, normalise=True)
    monkeypatch.setattr(encoder._forward, "_attention", padded)
    monkeypatch.setattr(encoder, "_budget", 32 * 66)
    np.testing.assert_allclose(encoder.encode(texts, normalise=True), expected, rtol=0, atol=1e-6)


def test_encoders_can_be_pickled(small_model, way):
    encoder = Encoder(small_model, "cpu")
    again = pickle.loads(pickle.dumps(encoder))
    texts = random_texts(20, seed=16)
    np.testing.assert_array_equal(again.encode(texts), encoder.encode(texts))


def test_half_precision_is_near(small_model):
    """The precision of GPUs, computed on the CPU: rounding errors, nothing else."""
    texts = [*HARD, *random_texts(40, seed=11)]
    single = Encoder(small_model, "cpu").encode(texts, normalise=True)
    half = Encoder(small_model, "cpu", dtype=torch.float16).encode(texts, normalise=True)
    assert half.dtype == np.float32
    worst = np.abs(half - single).max()
    assert 0 < worst < 1e-2


def test_tokenizer_of_another_model(own_model):
    edit_json(own_model / "config.json", vocab_size=20)
    file = own_model / "model.safetensors"
    tensors = load_file(file)
    name = "embeddings.word_embeddings.weight"
    tensors[name] = tensors[name][:20].clone()
    save_file(tensors, file)
    encoder = Encoder(own_model, "cpu")
    with pytest.raises(ValueError, match=r"the weights have 20; they do not belong together"):
        encoder.encode(["hello world"])


def test_global_state_is_left_alone(small_model):
    before = (torch.get_num_threads(), torch.is_grad_enabled(), dict(os.environ))
    Encoder(small_model, "cpu").encode(["hello world"] * 3)
    assert (torch.get_num_threads(), torch.is_grad_enabled(), dict(os.environ)) == before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
class TestCuda:
    """Half precision against the CPU's single; run where there is a GPU."""

    def test_near_cpu(self, minilm, minilm_encoder):
        texts = [*HARD, *random_texts(200, seed=12)]
        encoder = Encoder(minilm)
        assert encoder.device.type == "cuda"
        cosine = np.sum(encoder.encode(texts, True) * minilm_encoder.encode(texts, True), axis=1)
        assert cosine.min() > 0.9995

    def test_single_precision_as_cpu(self, minilm, minilm_encoder):
        texts = [*HARD, *random_texts(100, seed=13)]
        encoder = Encoder(minilm, "cuda", dtype=torch.float32)
        np.testing.assert_allclose(
            encoder.encode(texts), minilm_encoder.encode(texts), rtol=0, atol=1e-5
        )
