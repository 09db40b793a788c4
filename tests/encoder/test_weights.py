"""Reading weights, and what is said of weights that do not fit."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from embedfn.encoder.folder import read_folder
from embedfn.encoder.names import wanted_shapes
from embedfn.encoder.weights import load_weights
from tests.encoder.models import Recipe, build, edit_json, rename_tensors, to_pickle


def weights_of(folder):
    return load_weights(folder, read_folder(folder).config)


def change(folder, edit):
    tensors = load_file(folder / "model.safetensors")
    edit(tensors)
    save_file(tensors, folder / "model.safetensors")


def test_every_spelling_gives_the_same(own_model):
    expected = load_file(own_model / "model.safetensors")
    wanted = wanted_shapes(read_folder(own_model).config)

    def check():
        weights = weights_of(own_model)
        assert set(weights) == set(wanted)
        assert all(torch.equal(weights[name], expected[name]) for name in wanted)

    check()
    rename_tensors(own_model, lambda name: f"bert.{name}")
    check()
    rename_tensors(own_model, lambda name: name.replace("LayerNorm.weight", "LayerNorm.gamma"))
    check()
    rename_tensors(own_model, lambda name: name.replace("LayerNorm.bias", "LayerNorm.beta"))
    check()
    to_pickle(own_model)
    check()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_single(own_model, dtype):
    change(own_model, lambda tensors: tensors.update({n: t.to(dtype) for n, t in tensors.items()}))
    assert {tensor.dtype for tensor in weights_of(own_model).values()} == {torch.float32}


@pytest.mark.parametrize("pickled", [False, True])
@pytest.mark.parametrize(
    "name", ["encoder.layer.1.output.dense.bias", "embeddings.LayerNorm.weight"]
)
def test_missing_tensor(own_model, name, pickled):
    change(own_model, lambda tensors: tensors.pop(name))
    if pickled:
        to_pickle(own_model)
    file = "pytorch_model.bin" if pickled else "model.safetensors"
    with pytest.raises(ValueError, match=f"{file} has no tensor '{name}', with or without 'bert.'"):
        weights_of(own_model)


def test_wrong_shape(own_model):
    name = "encoder.layer.0.attention.self.key.weight"
    change(own_model, lambda tensors: tensors.update({name: torch.zeros(48, 47)}))
    text = rf"tensor '{name}' has shape \(48, 47\), where config\.json makes it \(48, 48\)"
    with pytest.raises(ValueError, match=text) as caught:
        weights_of(own_model)
    assert "model.safetensors" in str(caught.value)


def test_no_weights(own_model):
    (own_model / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"neither model\.safetensors nor pytorch_model"):
        weights_of(own_model)


@pytest.mark.parametrize("size", [0, 5, 1000])
@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_cut_short(own_model, name, size):
    if name == "pytorch_model.bin":
        to_pickle(own_model)
    file = own_model / name
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(ValueError, match=f"{name} is not a readable"):
        weights_of(own_model)


def test_pickles_run_no_code(own_model):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was run",))

    (own_model / "model.safetensors").unlink()
    torch.save({"a": Bomb()}, own_model / "pytorch_model.bin")
    with pytest.raises(ValueError, match="is not a readable PyTorch checkpoint"):
        weights_of(own_model)


def test_pickle_of_something_else(own_model):
    (own_model / "model.safetensors").unlink()
    torch.save([torch.zeros(2)], own_model / "pytorch_model.bin")
    with pytest.raises(ValueError, match="holds a list, not a mapping"):
        weights_of(own_model)


def shard(folder, pickled):
    """Split the weights as transformers does with large models; returns the index."""
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    stem, ending = ("pytorch_model", "bin") if pickled else ("model", "safetensors")
    places = {}
    for number in range(3):
        part = dict(list(tensors.items())[number::3])
        name = f"{stem}-{number + 1:05d}-of-00003.{ending}"
        torch.save(part, folder / name) if pickled else save_file(part, folder / name)
        places |= dict.fromkeys(part, name)
    index = folder / f"{stem}.{ending}.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return index


@pytest.mark.parametrize("pickled", [False, True])
def test_shards(own_model, pickled):
    expected = weights_of(own_model)
    index = shard(own_model, pickled)
    weights = weights_of(own_model)
    assert set(weights) == set(expected)
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    places = json.loads(index.read_text())["weight_map"]
    last = sorted(own_model.glob("*-00003-of-00003.*"))[0]
    name = next(name for name, place in places.items() if place == last.name)

    other = next(place for place in places.values() if place != last.name)
    edit_json(index, weight_map={**places, name: other})
    with pytest.raises(ValueError, match=f"{other} has no tensor '{name}', which .* puts there"):
        weights_of(own_model)
    edit_json(index, weight_map={**places, name: f"../{last.name}"})
    with pytest.raises(ValueError, match="is not a file beside it"):
        weights_of(own_model)
    for wrong in (None, [], {"a": 1}):
        edit_json(index, weight_map=wrong)
        with pytest.raises(ValueError, match="weight_map must be an object of file names"):
            weights_of(own_model)
    edit_json(index, weight_map=places)
    last.write_bytes(last.read_bytes()[:50])
    with pytest.raises(ValueError, match=f"{last.name} is not a readable"):
        weights_of(own_model)
    last.unlink()
    with pytest.raises(FileNotFoundError, match=f"{last.name} is missing, which .* names"):
        weights_of(own_model)


@pytest.mark.parametrize("prefix", ["bert.", "module.encoder.", "model.", ""])
@pytest.mark.parametrize("family", ["bert", "distilbert", "mpnet", "modernbert"])
def test_any_prefix(tmp_path, family, prefix):
    folder = build(tmp_path, Recipe(family))
    expected = weights_of(folder)
    rename_tensors(folder, lambda name: prefix + name)
    weights = weights_of(folder)
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


def test_what_is_no_tensor(own_model):
    to_pickle(own_model)
    file = own_model / "pytorch_model.bin"
    tensors = torch.load(file, weights_only=True)
    name = "embeddings.LayerNorm.weight"
    for wrong in ("text", 1.0, torch.zeros(48, dtype=torch.complex64), torch.zeros(48).to_sparse()):
        torch.save({**tensors, name: wrong}, file)
        with pytest.raises(ValueError, match=f"'{name}' is not a tensor of plain numbers"):
            weights_of(own_model)
