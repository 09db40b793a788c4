"""Sentence Transformers' Router: other modules for queries than for documents."""

import ast
from pathlib import Path
from typing import Any

from embedfn.encoder.chain import module_entry
from embedfn.encoder.files import read_object

# What a text may be; "text" is neither.
KINDS = ("query", "document", "text")
_MODALITY = "text"


def read_routes(folder: Path, supported: tuple[str, ...]) -> dict[str, list[tuple[str, Path]]]:
    """Return, for each of :data:`KINDS`, class and folder of the modules that it goes through.

    Raises
    ------
    FileNotFoundError
        For a missing file; it is named.
    ValueError
        For a module of no supported kind and for texts without a way; the file is named.
    """
    file = folder / "router_config.json"
    if not file.is_file():
        file = folder / "config.json"  # of old releases
    values = read_object(file)
    structure, types, options = (values.get(k) for k in ("structure", "types", "parameters"))
    if not isinstance(structure, dict) or not isinstance(types, dict) or not structure:
        message = f"{file} must say types and structure, as Sentence Transformers' Router does"
        raise ValueError(message)
    if not isinstance(options, dict):
        options = {}
    ways = {kind: _way(kind, file, structure, options) for kind in KINDS}
    routes = {}
    for kind, way in ways.items():
        names = structure[way]
        if not isinstance(names, list) or not all(name in types for name in names):
            message = f"{file}: route {way!r} must list modules that types names, not {names!r}"
            raise ValueError(message)
        routes[kind] = [module_entry(file, types[name], name, supported) for name in names]
    return routes


def _way(kind: str, file: Path, structure: dict[str, Any], options: dict[str, Any]) -> str:
    """The route of one kind of text, by the first rule that names one."""
    task = None if kind == "text" else kind
    mapped = {_key(key): way for key, way in (options.get("route_mappings") or {}).items()}
    ways = [
        mapped.get(key)
        for key in ((task, _MODALITY), (task, None), (None, _MODALITY), (None, None))
    ]
    ways += [name for name in (task, _MODALITY) if name in structure]
    if task is None:  # which alone falls back
        ways.append(options.get("default_route"))
        if options.get("allow_empty_key", True):
            ways.append(next(iter(structure)))
    for way in ways:
        if way is not None:
            if way not in structure:
                message = f"{file} sends texts to {way!r}, which is none of {', '.join(structure)}"
                raise ValueError(message)
            return str(way)
    what = "texts that are neither query nor document" if task is None else f"a {task}"
    message = f"{file} has no route for {what}; it has {', '.join(structure)}"
    raise ValueError(message)


def _key(written: str) -> Any:
    """A (task, modality) that the file writes as Python does."""
    try:
        return ast.literal_eval(written)
    except (ValueError, SyntaxError):
        return written
