"""The code of docs/hybrid.md runs, on a small model under the name it uses."""

import re
from pathlib import Path

import pytest

from embedfn.hybrid import lexical_scores
from tests.hybrid.models import build_m3

PAGE = Path(__file__).parents[2] / "docs" / "hybrid.md"


@pytest.mark.filterwarnings("ignore")
def test_the_pages_code_runs(tmp_path, monkeypatch):
    pytest.importorskip("milvus_lite")
    monkeypatch.chdir(tmp_path)
    build_m3(Path("path/to/model"))
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # the page is ours
    assert names["both"].shape == (1, 2)
    assert set(names["scores"]) >= {"dense", "sparse", "colbert", "colbert+sparse+dense"}
    assert {hit["id"] for hit in names["found"][0]} == {0, 1}
    wanted = lexical_scores(names["queries"]["sparse"], names["documents"]["sparse"])
    assert (names["lexical"] == wanted).all()
    names["client"].close()
