"""Upstream's package as files."""

import ast
from importlib import import_module
from pathlib import Path


def source_of(name):
    """An upstream module's source; importing some of them installs packages."""
    parent = Path(import_module("pymilvus.model").__file__).parent
    return ast.parse((parent / name).read_text())
