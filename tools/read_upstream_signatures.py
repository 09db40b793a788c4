"""Write tests/data/upstream_signatures.json from an installed pymilvus.model.

Reads the source by its syntax tree: importing it would import, and on a missing library install,
every model library. Folders of vendored model code (``*_embedding``) are not its public surface.

    python tools/read_upstream_signatures.py
"""

import ast
import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "tests" / "data" / "upstream_signatures.json"


def signature(function: ast.FunctionDef) -> str:
    """A function's parameters as they are written, without annotations and self."""
    arguments = function.args
    for argument in (*arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
        if argument is not None:
            argument.annotation = None
    return ast.unparse(arguments).removeprefix("self").removeprefix(", ")


def described(node: ast.ClassDef | ast.FunctionDef) -> str | dict[str, str | None]:
    """A function by its signature, a class by those of its public methods, None for a property."""
    if isinstance(node, ast.FunctionDef):
        return signature(node)
    functions = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    public = [item for item in functions if item.name.startswith("__") or item.name[0] != "_"]
    return {
        item.name: None if "property" in map(ast.unparse, item.decorator_list) else signature(item)
        for item in public
    }


def main() -> None:
    """Read every module and write the table."""
    root = Path(find_spec("pymilvus").submodule_search_locations[0]) / "model"
    table: dict[str, Any] = {}
    for path in sorted(root.rglob("*.py")):
        folders = path.relative_to(root).with_suffix("").parts
        if any(folder.endswith("_embedding") for folder in folders):
            continue
        module = ".".join(part for part in folders if part != "__init__")
        tree = ast.parse(path.read_text())
        names = {
            node.name: described(node)
            for node in tree.body
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_")
        }
        for node in tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                names["__all__"] = ast.literal_eval(node.value)
        table[module] = names
    content = {"source": f"pymilvus.model {version('pymilvus.model')}", "modules": table}
    TABLE.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
