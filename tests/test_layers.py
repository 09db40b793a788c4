"""Who may import whom: a floor imports only floors below it, engines not each other.

Also what ``import embedfn`` costs: none of the heavy libraries.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import embedfn

ROOT = Path(embedfn.__file__).parent
ENGINES = {"lexical", "encoder", "remote"}
FRONTS = {"dense", "sparse", "hybrid", "reranker"}
FLOOR = (
    {"kernels": 1}
    | dict.fromkeys(ENGINES, 2)
    | dict.fromkeys(FRONTS, 3)
    | {"base": 3, "compat": 3, "utils": 3}
    | {"jobs": 4, "cli": 4, "integrations": 4, "__init__": 4}
)
HEAVY = ["torch", "transformers", "tokenizers", "numba", "nltk", "pyarrow", "pymilvus"]
HTTP_CLIENTS = ["requests", "httpx", "httpx2", "urllib3", "aiohttp", "huggingface_hub", "openai"]


def part_of(module):
    """The part of the house a dotted name in embedfn belongs to; leaves start with a "_"."""
    return module.split(".")[1] if "." in module else "__init__"


def imports(path):
    """Names in embedfn that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "embedfn":
            yield from (f"embedfn.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down(path):
    here = path.relative_to(ROOT).with_suffix("").parts[0]
    for name in imports(path):
        if name.split(".")[0] != "embedfn" or name.startswith("embedfn.__"):
            continue
        there = part_of(name)
        if there == "__init__" and here in ("cli", "jobs"):
            continue
        if here.startswith("_") and here != "__init__":
            assert there.startswith("_"), f"the leaf {path} imports {name}"
            assert there != "__init__", f"the leaf {path} imports {name}"
        elif not there.startswith("_"):
            assert FLOOR[there] <= FLOOR[here], f"{path} reaches up to {name}"
            if here in ENGINES:
                assert there == here or FLOOR[there] < 2, f"{path} reaches sideways to {name}"
            if here in FRONTS:
                assert there in {here, "base"} or FLOOR[there] < 3, f"{path} reaches {name}"


def test_every_part_of_the_house_has_a_floor():
    parts = {path.relative_to(ROOT).with_suffix("").parts[0] for path in FILES}
    assert {part for part in parts if not part.startswith("_")} <= set(FLOOR)


def test_only_csr_builds_scipy_arrays():
    """One builder of sparse arrays; sparse/utils.py stacks those it is given."""
    for path in FILES:
        if path.name != "_csr.py":
            calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
            assert "csr_array" not in {ast.unparse(call.func) for call in calls}, path


def loaded_by(code):
    """Top-level names of the modules that a fresh interpreter holds after some code."""
    code += "; import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_is_light():
    loaded = loaded_by("import embedfn")
    assert loaded.isdisjoint(HEAVY + HTTP_CLIENTS)
    assert loaded.isdisjoint(["numpy", "scipy"])


def test_bm25_needs_numpy_and_scipy_only():
    code = "import embedfn; embedfn.sparse.BM25EmbeddingFunction(corpus=['one text'])"
    assert loaded_by(code).isdisjoint(HEAVY + HTTP_CLIENTS)
