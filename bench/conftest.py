"""Corpora for the benchmarks."""

import pytest

# The peer and the data that it needs, as the tests have them.
from tests.conftest import nltk_data, upstream_bm25, upstream_tokenizers
from tests.shared_data import SHARED, read_lines

from embedfn.jobs.corpus import PythonDocs

__all__ = ["nltk_data", "upstream_bm25", "upstream_tokenizers"]


def corpus():
    """(name, texts): 30,401 passages of English technical prose, or Python's documentation."""
    if (SHARED / "linuxdoc.jsonl.gz").exists():
        return "linuxdoc", [document["text"] for document in read_lines("linuxdoc.jsonl.gz")]
    return "Python docs", [passage.text for passage in PythonDocs().passages()]


@pytest.fixture(scope="session")
def passages():
    """What ``corpus`` gives."""
    return corpus()
