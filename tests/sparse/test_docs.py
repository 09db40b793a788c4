"""The code of docs/bm25.md runs, and does what the page says."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "bm25.md"


def test_the_pages_code_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "2024.txt").write_text("A line of 2024 that was withdrawn.\nCats purr.\n")
    (tmp_path / "2025.txt").write_text("Dogs bark.\n")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 5
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # the page is ours
    assert list(names["bm25"].idf) == ["cat", "purr", "dog", "bark"]
    assert list(names["first"].idf)[-4:] == ["cat", "purr", "dog", "bark"]
    assert names["documents"].shape == (1, 6)
    assert list(names["restored"].idf) == ["line", "cat", "purr", "dog", "bark", "today"]
