"""Models that several files of these tests use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from embedfn.hybrid import BGEM3EmbeddingFunction
from tests.hybrid.models import build_gte, build_m3


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Small models gain nothing from more, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def m3_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random BGE-M3; not to be changed."""
    return build_m3(tmp_path_factory.mktemp("m3"))


@pytest.fixture(scope="session")
def gte_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random mGTE as published, with scaled rotations; not to be changed."""
    scaling = {"type": "ntk", "factor": 8.0}
    folder = tmp_path_factory.mktemp("gte")
    return build_gte(folder, rope_theta=20_000.0, rope_scaling=scaling)


@pytest.fixture(scope="session")
def m3(m3_folder: Path) -> BGEM3EmbeddingFunction:
    """Ours, with every kind of vector."""
    return BGEM3EmbeddingFunction(
        m3_folder, device="cpu", return_colbert_vecs=True, passage_max_length=8192
    )
