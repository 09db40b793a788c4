"""The public surface against the committed table of upstream's signatures.

The table is made by tools/read_upstream_signatures.py from pymilvus.model 0.3.4.
"""

import inspect
import json
from importlib import import_module
from pathlib import Path

import pytest

TABLE = json.loads((Path(__file__).parent / "data" / "upstream_signatures.json").read_text())

# Whose default is None here: the best choice for the machine (docs/differences.md).
CHOSEN_BY_US = {"device", "use_fp16", "num_workers"}


def our_name(module):
    return f"embedfn.{module}" if module else "embedfn"


def present():
    """(module, name, what the table says) of everything that must be here."""
    return [
        pytest.param(module, name, described, id=f"{module}.{name}")
        for module, names in TABLE["modules"].items()
        for name, described in names.items()
        if name != "__all__"
    ]


def check_signature(ours, theirs):
    """Ours must take every call that upstream's takes, and mean the same by it."""
    scope: dict[str, object] = {}
    exec(f"def upstream(self, {theirs}): pass", scope)  # the table is ours and committed
    wanted = list(inspect.signature(scope["upstream"]).parameters.values())[1:]
    got = list(inspect.signature(ours).parameters.values())
    if got and got[0].name == "self":
        got = got[1:]
    # Keywords of ours stand before upstream's **kwargs, as Python wants; each has a default.
    names = {p.name for p in wanted}
    ours_only = [p for p in got if p.kind == p.KEYWORD_ONLY and p.name not in names]
    assert all(p.default is not p.empty for p in ours_only)
    got = [p for p in got if p not in ours_only]
    assert [p.name for p in got][: len(wanted)] == [p.name for p in wanted]
    for mine, upstream in zip(got, wanted, strict=False):
        assert mine.kind == upstream.kind, mine.name
        if upstream.name in CHOSEN_BY_US:
            assert mine.default is None, mine.name
        else:
            assert mine.default == upstream.default, mine.name
    for extra in got[len(wanted) :]:
        variadic = extra.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        assert variadic or extra.default is not inspect.Parameter.empty, extra.name


@pytest.mark.parametrize(("module", "name", "described"), present())
def test_upstream_calls_are_taken(module, name, described):
    ours = getattr(import_module(our_name(module)), name)
    if isinstance(described, str):
        check_signature(ours, described)
        return
    for method, signature in described.items():
        if signature is None:
            assert isinstance(inspect.getattr_static(ours, method), property)
        else:
            check_signature(getattr(ours, method), signature)


@pytest.mark.parametrize(
    "module", [m for m, names in TABLE["modules"].items() if "__all__" in names]
)
def test_packages_export_what_upstream_exports(module):
    ours = import_module(our_name(module))
    for name in TABLE["modules"][module]["__all__"]:
        assert name in ours.__all__
        assert hasattr(ours, name), name
