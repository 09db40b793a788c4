"""Corpora that may lie beside the checkout; tests that need one skip where it is absent."""

import gzip
import json
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


def shared_file(name):
    """The path of a file of the shared data; skips the test without it."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the checkout")
    return path


def read_lines(name):
    """The objects of a gzipped JSON lines file of the shared data."""
    with gzip.open(shared_file(name), "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
