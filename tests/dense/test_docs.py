"""The code of docs/dense.md runs, on small models under the names it uses."""

import re
from pathlib import Path

import numpy as np

import embedfn.dense
from tests.dense.instructor_models import build_instructor
from tests.dense.static_models import build_static
from tests.encoder.models import Recipe, build

PAGE = Path(__file__).parents[2] / "docs" / "dense.md"


def test_the_pages_code_runs(tmp_path, monkeypatch, capsys):
    made = embedfn.dense.SentenceTransformerEmbeddingFunction
    model = build(tmp_path / "small", Recipe())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        embedfn.dense,
        "SentenceTransformerEmbeddingFunction",
        lambda **options: made(model, **{"device": "cpu"} | options),
        raising=False,
    )
    told = embedfn.dense.InstructorEmbeddingFunction
    instructor = build_instructor(tmp_path / "instructor")
    monkeypatch.setattr(
        embedfn.dense,
        "InstructorEmbeddingFunction",
        lambda _, **options: told(instructor, device="cpu", **options),
        raising=False,
    )
    build_static(Path("path/to/model"))
    Path("corpus.txt").write_text("hello\nworld\n")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 7
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # the page is ours
    np.testing.assert_array_equal(names["rows"][0], names["rows"][2])
    assert names["small"].dtype == np.int8
    assert names["bits"][0].dtype == np.uint8
    assert capsys.readouterr().out.splitlines()[0] == "(2, 48)"
    assert names["counts"].truncated.tolist() == [False, True]
    assert names["vectors"].shape == (1, 16)
    assert names["answers"][0].shape == names["questions"][0].shape == (20,)
