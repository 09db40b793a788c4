"""Corpora for jobs: where texts come from, and how they are cut into passages."""

import ast
import gzip
import hashlib
import json
import sys
import sysconfig
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

PASSAGE_SIZE = 600
MAX_SOURCE = 1000

# Parts of the standard library that are no documentation: tests, data, bundled programs.
_NOT_DOCUMENTED = frozenset(
    {"ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages", "test", "tests"}
)
_TEXT_ENDINGS = frozenset({".txt", ".md", ".rst"})


class Passage(NamedTuple):
    """A piece of a text short enough to embed, and the name of what it was cut from."""

    source: str
    text: str


class Corpus(ABC):
    """Texts that a job reads."""

    name: str

    @abstractmethod
    def documents(self) -> Iterator[tuple[str, str]]:
        """Yield (source, text), in an order that does not change."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return a digest that changes when the texts do; far cheaper than reading them."""

    def passages(self) -> Iterator[Passage]:
        """Yield every passage of every document."""
        for source, text in self.documents():
            for passage in split_passages(text):
                yield Passage(source, passage)


class PythonDocs(Corpus):
    """The language reference and the standard library's docstrings, which every Python carries."""

    name = "Python's language reference and standard library"

    def documents(self) -> Iterator[tuple[str, str]]:
        """Yield the reference's topics, then the docstrings of modules and classes."""
        from pydoc_data.topics import topics

        for topic in sorted(topics):
            yield f"reference: {topic}", topics[topic]
        root = Path(sysconfig.get_paths()["stdlib"])
        for path in sorted(root.rglob("*.py")):
            folders = path.relative_to(root).parts[:-1]
            if not _NOT_DOCUMENTED.intersection(folders):
                name = () if path.stem == "__init__" else (path.stem,)
                yield from _docstrings(path, ".".join(folders + name))

    def fingerprint(self) -> str:
        """Return a digest of the interpreter's version and place."""
        return _digest([sys.version.encode(), sysconfig.get_paths()["stdlib"].encode()])


class JsonLines(Corpus):
    """A file with a JSON object a line: ``text``, and optionally ``title`` and ``id``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    def documents(self) -> Iterator[tuple[str, str]]:
        """Yield each line's text.

        Raises
        ------
        ValueError
            For a line that is no such object; the file and the line are named.
        """
        number = 0
        try:
            with (
                gzip.open(self.path) if self.path.suffix == ".gz" else self.path.open("rb") as file
            ):
                for line in file:
                    number += 1
                    if line.strip():
                        yield _json_document(line, number)
        except (ValueError, RecursionError) as error:
            message = f"{self.path}, line {number}: {error}"
            raise ValueError(message) from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            message = f"{self.path}, after line {number}: the gzip data is damaged ({error})"
            raise ValueError(message) from None

    def fingerprint(self) -> str:
        """Return a digest of the file."""
        return _digest([self.path.read_bytes()])


class TextFolder(Corpus):
    """A folder of text files (.txt, .md, .rst), subfolders included, in UTF-8."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    def documents(self) -> Iterator[tuple[str, str]]:
        """Yield each file's text, by its path within the folder.

        Raises
        ------
        ValueError
            For a file that is not UTF-8; it is named.
        """
        for file in self._files():
            try:
                text = file.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                message = f"{file} is not UTF-8 text: {error}"
                raise ValueError(message) from None
            yield str(file.relative_to(self.path)), text

    def fingerprint(self) -> str:
        """Return a digest of the files and their names."""
        return _digest(
            part
            for file in self._files()
            for part in (str(file.relative_to(self.path)).encode(), file.read_bytes())
        )

    def _files(self) -> list[Path]:
        """The text files, in order."""
        files = self.path.rglob("*")
        return sorted(file for file in files if file.suffix in _TEXT_ENDINGS and file.is_file())


def open_corpus(path: str | None) -> Corpus:
    """Return the corpus of a path: Python's documentation for None.

    Raises
    ------
    FileNotFoundError
        When nothing is there.
    """
    if path is None:
        return PythonDocs()
    place = Path(path)
    if place.is_dir():
        return TextFolder(place)
    if not place.exists():
        message = f"no corpus at {path}: give a JSON lines file or a folder of text files"
        raise FileNotFoundError(message)
    return JsonLines(place)


def split_passages(text: str, size: int = PASSAGE_SIZE) -> Iterator[str]:
    """Cut a text into passages of at most ``size`` characters.

    Cuts fall between paragraphs where they can; a paragraph that is too long is cut at a line's or
    sentence's end or between words, and a word that is too long anywhere.
    """
    passage = ""
    for piece in _pieces(text, size):
        if passage and len(passage) + len(piece) + 2 > size:
            yield passage
            passage = ""
        passage = f"{passage}\n\n{piece}" if passage else piece
    if passage:
        yield passage


def _pieces(text: str, size: int) -> Iterator[str]:
    """Paragraphs, the long ones in parts."""
    for block in text.replace("\r\n", "\n").split("\n\n"):
        paragraph = block.strip()
        while len(paragraph) > size:
            window = paragraph[: size + 1]
            ends = (window.rfind(mark, size // 2) for mark in ("\n", ". ", " ", "\t"))
            end = next((end + 1 for end in ends if end >= 0), size)
            yield paragraph[:end].strip()
            paragraph = paragraph[end:].strip()
        if paragraph:
            yield paragraph


def _docstrings(path: Path, module: str) -> Iterator[tuple[str, str]]:
    """Docstrings of a source file's module and classes; none from a file that does not parse."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef)) and (text := ast.get_docstring(node)):
            yield (f"{module}.{node.name}" if isinstance(node, ast.ClassDef) else module), text


def _json_document(line: bytes, number: int) -> tuple[str, str]:
    """(source, text) of one line."""
    document = json.loads(line.decode())
    if not isinstance(document, dict) or not isinstance(document.get("text"), str):
        message = "it must be a JSON object with a string 'text'"
        raise ValueError(message)
    title = document.get("title")
    text = f"{title}\n\n{document['text']}" if isinstance(title, str) else document["text"]
    source = str(document.get("id", number))
    if len(source) > MAX_SOURCE:
        message = f"its 'id' has {len(source)} characters; at most {MAX_SOURCE} can be stored"
        raise ValueError(message)
    text.encode()  # a lone surrogate is an error here, where the line is known
    return source, text


def _digest(parts: Iterable[bytes]) -> str:
    """SHA-256 over parts, their borders included."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()
