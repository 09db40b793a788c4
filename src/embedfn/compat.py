"""Let code that imports ``pymilvus.model`` get embedfn instead, without editing it."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from types import ModuleType

_UPSTREAM = "pymilvus.model"


class _Alias(Loader):
    """Gives an embedfn module out under upstream's name: the same object, not a copy."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._own_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Import the embedfn module."""
        module = import_module(self._target)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Undo what the import system wrote over: the module has already run."""
        module.__spec__ = self._own_spec


class _Finder(MetaPathFinder):
    """Finds ``pymilvus.model`` and what lies below it in embedfn."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a module that embedfn has under upstream's name."""
        if fullname != _UPSTREAM and not fullname.startswith(f"{_UPSTREAM}."):
            return None
        ours = "embedfn" + fullname.removeprefix(_UPSTREAM)
        return spec_from_loader(fullname, _Alias(ours)) if find_spec(ours) else None


_finder = _Finder()


def install() -> None:
    """Make ``from pymilvus import model`` and ``pymilvus.model.*`` resolve to embedfn.

    Call it before anything imports ``pymilvus.model``; ``pymilvus`` itself must be installed.
    Calling it again changes nothing.

    Raises
    ------
    RuntimeError
        When upstream's ``pymilvus.model`` is already imported: what was imported from it would
        stay upstream's.
    """
    if _finder in sys.meta_path:
        return
    loaded = sys.modules.get(_UPSTREAM)
    if loaded is not None:
        message = (
            f"pymilvus.model is already imported from {loaded.__file__}; call "
            "embedfn.compat.install() before anything imports it"
        )
        raise RuntimeError(message)
    sys.meta_path.insert(0, _finder)


def uninstall() -> None:
    """Undo `install`; what was imported in between keeps working."""
    if _finder not in sys.meta_path:
        return
    sys.meta_path.remove(_finder)
    for name in list(sys.modules):
        if name == _UPSTREAM or name.startswith(f"{_UPSTREAM}."):
            del sys.modules[name]
    parent = sys.modules.get("pymilvus")
    if parent is not None and "model" in vars(parent):
        del parent.model
