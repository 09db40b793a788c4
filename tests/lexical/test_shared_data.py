"""Samples of real texts; ``python -m tests.lexical.sweep --files`` takes whole files."""

from itertools import islice
from pathlib import Path

import pytest

from tests.lexical.sweep import differences, file_texts, stages, stages_of

SHARED = Path(__file__).parents[3] / "shared" / "data"
FILES = [
    *("linuxdoc", "cranfield.docs", "cranfield.queries"),
    *(f"lang.{code}" for code in ("de", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh")),
]
# Upstream's codes for these files' languages; Korean takes Java and long.
CODES = {
    **{f"lang.{code}": code for code in ("de", "fr", "it", "pt", "ru", "zh")},
    **{"lang.es": "sp", "lang.ja": "jp"},
}


@pytest.mark.parametrize("name", FILES)
def test_texts_of_a_file(name, upstream_tokenizers):
    path = SHARED / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("no ../shared/data here")
    texts = list(islice(file_texts(path), 0, 4000, 25))
    assert len(texts) > 5
    of_language = stages_of(CODES[name]) if name in CODES else {}
    for stage, pairs in [*stages().items(), *of_language.items()]:
        inputs = [word for text in texts for word in text.split()] if stage == "stem" else texts
        assert list(differences(pairs, inputs)) == []
