"""Vectors that were paid for, on disk."""

import hashlib
import sqlite3
import threading
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ASKED = 500  # keys in one query; SQLite takes at least 999
_SECONDS = 60.0  # to wait for another process that writes


class VectorCache:
    """A SQLite file of vectors by text, model and parameters; several processes may share it.

    A vector is in it when its request's transaction is: a process killed at any moment loses what
    was in flight and nothing else. Neither texts nor keys to services are in it.

    Parameters
    ----------
    path : str or os.PathLike
        The file; it and its folder are made when they are not there.

    Raises
    ------
    ValueError
        For a file that is no such cache.
    OSError
        For one that cannot be opened.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = Path(path)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._base = sqlite3.connect(
                self._path, timeout=_SECONDS, check_same_thread=False, isolation_level=None
            )
            # With a write-ahead log a commit survives the process without a wait for the disk.
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute(
                "CREATE TABLE IF NOT EXISTS vectors"
                " (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
            )
        except sqlite3.OperationalError as error:
            message = f"cannot open the cache {self._path}: {error}"
            raise OSError(message) from None
        except sqlite3.DatabaseError as error:
            message = f"{self._path} is no cache of vectors ({error}); give another path"
            raise ValueError(message) from None

    def __repr__(self) -> str:
        return f"VectorCache({str(self._path)!r})"

    def read(self, keys: list[bytes], dtype: str) -> dict[int, NDArray[Any]]:
        """Return the vectors that are there, by place in ``keys``."""
        places = {key: place for place, key in enumerate(keys)}
        found: dict[int, NDArray[Any]] = {}
        for start in range(0, len(keys), _ASKED):
            asked = keys[start : start + _ASKED]
            marks = ",".join("?" * len(asked))
            with self._lock:
                rows = self._base.execute(
                    f"SELECT key, vector FROM vectors WHERE key IN ({marks})", asked
                ).fetchall()
            for key, vector in rows:
                found[places[key]] = np.frombuffer(vector, dtype)
        return found

    def write(self, keys: list[bytes], rows: NDArray[Any]) -> None:
        """Keep vectors; on return they are in the file."""
        entries = [(key, row.tobytes()) for key, row in zip(keys, rows, strict=True)]
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                self._base.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", entries)
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")


def text_keys(texts: list[str], fingerprint: str) -> list[bytes]:
    """Return each text's key: a digest of it and of what else makes its vector.

    Parameters
    ----------
    texts : list of str
    fingerprint : str
        The address, the model and the parameters.
    """
    salt = hashlib.blake2b(fingerprint.encode(), digest_size=32).digest()
    return [hashlib.blake2b(text.encode(), digest_size=20, key=salt).digest() for text in texts]
