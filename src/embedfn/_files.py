"""Writing files that are there whole or not at all."""

import os
import secrets
from os import PathLike
from pathlib import Path


def write_atomically(path: str | PathLike[str], *parts: bytes | memoryview) -> None:
    """Write a file under a temporary name beside it and rename it when it is complete on disk.

    Its content is that of the parts, one after the other.

    Raises
    ------
    OSError
        When the folder is missing or not writable, or the disk is full; what was at ``path``
        before is then still there.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
