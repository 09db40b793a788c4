"""The choice of a device."""

import pytest
import torch

from embedfn.encoder.device import choose_device, choose_dtype, default_dtype


@pytest.fixture
def machine(monkeypatch):
    """Pretend what torch sees."""

    def pretend(cuda: int = 0, mps: bool = False) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"),
    [(0, False, "cpu"), (0, True, "mps"), (2, False, "cuda"), (1, True, "cuda")],
)
def test_none_takes_the_best(machine, cuda, mps, expected):
    machine(cuda, mps)
    assert choose_device(None).type == expected


def test_what_is_there_can_be_asked_for(machine):
    machine(cuda=2, mps=True)
    for name in ("cpu", "cuda", "cuda:1", "mps"):
        assert choose_device(name) == choose_device(torch.device(name)) == torch.device(name)


@pytest.mark.parametrize(
    ("name", "cuda"), [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2), ("mps", 1), ("cpu:1", 0)]
)
def test_what_is_missing_is_an_error(machine, name, cuda):
    machine(cuda)
    with pytest.raises(RuntimeError, match=f"device '{name}' was asked for, but torch sees"):
        choose_device(name)


@pytest.mark.parametrize("name", ["", "gpu", "cuda:x", "CUDA", "meta", "xpu"])
def test_unknown_names(name):
    with pytest.raises(ValueError, match="is not one of 'cpu', 'cuda'"):
        choose_device(name)


@pytest.mark.parametrize("device", [0, b"cpu", ["cpu"]])
def test_other_types(device):
    with pytest.raises(TypeError, match="device must be a str such as 'cpu' or None"):
        choose_device(device)


def test_precision():
    assert default_dtype(torch.device("cpu")) == torch.float32
    assert default_dtype(torch.device("cuda")) == torch.float16
    assert default_dtype(torch.device("mps")) == torch.float16


def test_int8_is_for_cpus():
    assert choose_dtype("int8", torch.device("cpu")) == torch.int8
    for device in ("cuda", "mps"):
        with pytest.raises(ValueError, match=f"for CPUs, not for device '{device}'"):
            choose_dtype("int8", torch.device(device))
