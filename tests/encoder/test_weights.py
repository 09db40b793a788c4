"""Reading weights, and what is said of weights that do not fit."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from embedfn.encoder.folder import read_folder
from embedfn.encoder.weights import load_weights, wanted_shapes
from tests.encoder.models import rename_tensors, to_pickle


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
