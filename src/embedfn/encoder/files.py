"""JSON files of a model's folder, with errors that name the file."""

import json
from pathlib import Path
from typing import Any


def read_json(file: Path) -> Any:
    """Return the value in a JSON file.

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where it is not JSON.
    """
    if not file.is_file():
        message = f"{file} is missing; the folder is not a whole model: copy or download it again"
        raise FileNotFoundError(message)
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        message = f"{file} is not readable as JSON: {error}"
        raise ValueError(message) from error


def read_object(file: Path, optional: bool = False) -> dict[str, Any]:
    """Return the object in a JSON file; where it is optional, an absent file is an empty object.

    Raises
    ------
    FileNotFoundError
        Where there is no such file and it is not optional.
    ValueError
        Where it is not JSON or holds something else than an object.
    """
    if optional and not file.is_file():
        return {}
    values = read_json(file)
    if not isinstance(values, dict):
        message = f"{file} must hold a JSON object, not {type(values).__name__}"
        raise ValueError(message)
    return values
