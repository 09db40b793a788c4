"""Every row of docs/differences.md: what upstream gives and what we give instead.

A test here that fails on upstream's side means that upstream changed; the row then needs a look.
"""

import ast
import inspect
import logging
import sys
import threading
from pathlib import Path
from subprocess import run
from types import SimpleNamespace

import numpy as np
import pytest

import embedfn
from embedfn.lexical import languages
from embedfn.sparse import BM25EmbeddingFunction
from embedfn.sparse.bm25.tokenizers import (
    Analyzer,
    JiebaTokenizer,
    KiwiTokenizer,
    MecabTokenizer,
    ReplacePreprocessor,
    StandardTokenizer,
    build_default_analyzer,
)
from tests import test_differences_hybrid as hybrid
from tests import test_differences_models as models
from tests import test_differences_remote as remote
from tests import test_differences_utils as utils
from tests.upstream import source_of

CORPUS = ["a b", "b c", "a d"]


@pytest.fixture
def theirs(upstream_bm25):
    return upstream_bm25(str.split, CORPUS)


@pytest.fixture
def ours():
    return BM25EmbeddingFunction(str.split, CORPUS)


def test_every_row_names_a_test():
    page = (Path(__file__).parents[1] / "docs" / "differences.md").read_text()
    named = {line.split("`")[-2] for line in page.splitlines() if "| `test_" in line}
    here = {
        name
        for part in (vars(models), vars(hybrid), vars(remote), vars(utils), globals())
        for name in part
        if name.startswith("test_")
    }
    assert named == here - {"test_every_row_names_a_test"}


def test_default_is_minilm(upstream_bm25):
    names = ast.unparse(source_of("__init__.py")), ast.unparse(source_of("dense/onnx.py"))
    assert "DefaultEmbeddingFunction = dense.onnx.OnnxEmbeddingFunction" in names[0]
    assert "GPTCache/paraphrase-albert-onnx" in names[1]
    function = embedfn.DefaultEmbeddingFunction
    assert function is embedfn.dense.SentenceTransformerEmbeddingFunction
    assert inspect.signature(function).parameters["model_name"].default == "all-MiniLM-L6-v2"


def test_defaults_chosen_for_the_machine(upstream_bm25):
    ours = inspect.signature(BM25EmbeddingFunction).parameters["num_workers"].default
    assert (inspect.signature(upstream_bm25).parameters["num_workers"].default, ours) == (1, None)
    assert "device: str='cpu'" in ast.unparse(source_of("dense/sentence_transformer.py"))
    dense = embedfn.dense.SentenceTransformerEmbeddingFunction
    assert inspect.signature(dense).parameters["device"].default is None


def test_indices_are_int32_and_zeros_are_dropped(theirs, ours):
    # "a" and "b" are in 2 of 3 documents, "c" and "d" in one; 1.5 - 0.5 logarithms: none is 0 here,
    # so a fourth document makes "a" appear in exactly half of them: idf 0.
    corpus = [*CORPUS, "e f"]
    theirs.fit(corpus)
    ours.fit(corpus)
    matrices = theirs.encode_queries(["a c"]), ours.encode_queries(["a c"])
    assert [matrix.nnz for matrix in matrices] == [2, 1]
    assert matrices[1].indices.dtype == np.int32
    assert np.array_equal(matrices[0].toarray(), matrices[1].toarray())


def test_empty_input_is_an_empty_result(theirs, ours):
    with pytest.raises(ValueError, match=r"blocks must be 2-D|zero-dimensional|No blocks|empty"):
        theirs.encode_documents([])
    assert ours.encode_documents([]).shape == (0, 4)


def test_an_empty_corpus_is_named(theirs, ours):
    with pytest.raises(ZeroDivisionError):
        theirs.fit([])
    with pytest.raises(ValueError, match="corpus is empty"):
        ours.fit([])


def test_a_failed_fit_changes_nothing(theirs, ours):
    for function in (theirs, ours):
        with pytest.raises((TypeError, AttributeError)):
            function.fit(["x", None])
    assert theirs.dim == 0
    assert ours.dim == 4


def test_unfitted_use_is_an_error(upstream_bm25):
    assert upstream_bm25(str.split).encode_documents(["a"]).shape == (1, 0)
    with pytest.raises(RuntimeError, match="not fitted"):
        BM25EmbeddingFunction(str.split).encode_documents(["a"])


def test_a_bare_text_is_an_error(theirs, ours):
    assert theirs.encode_documents("a b").shape == (3, 4)
    with pytest.raises(TypeError, match="not one str"):
        ours.encode_documents("a b")


def test_load_checks_what_it_reads(theirs, ours, tmp_path):
    ours.save(tmp_path / "v1.json")
    text = (tmp_path / "v1.json").read_text().replace('"v1"', '"v9"')
    (tmp_path / "v9.json").write_text(text)
    theirs.load(tmp_path / "v9.json")
    with pytest.raises(ValueError, match="its version is 'v9'"):
        ours.load(tmp_path / "v9.json")


def test_average_idf_after_load(upstream_bm25, ours, tmp_path):
    ours.save(tmp_path / "saved.json")
    loaded = upstream_bm25(str.split)
    loaded.load(tmp_path / "saved.json")
    assert not hasattr(loaded, "average_idf")
    ours.load(tmp_path / "saved.json")
    assert ours.average_idf is None


def test_load_without_a_path_uses_the_cache_folder(upstream_bm25, ours, tmp_path, monkeypatch):
    ours.save(tmp_path / "saved.json")
    content = (tmp_path / "saved.json").read_bytes()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("EMBEDFN_CACHE", str(tmp_path / "cache"))
    answer = SimpleNamespace(content=content, raise_for_status=lambda: None)
    monkeypatch.setattr("requests.get", lambda url, timeout: answer)

    def fake_download(url, target, read):
        target.parent.mkdir()
        target.write_bytes(content)
        return read(target)

    monkeypatch.setattr("embedfn.lexical.store.download", fake_download)
    loaded = BM25EmbeddingFunction(str.split)
    loaded.load()
    assert loaded.idf == ours.idf
    assert list(Path().iterdir()) == []
    assert (tmp_path / "cache" / "bm25_msmarco_v1.json").read_bytes() == content
    upstream_bm25(str.split).load()
    assert Path("bm25_msmarco_v1.json").read_bytes() == content


def test_load_errors_are_the_systems_own(theirs, ours, tmp_path):
    with pytest.raises(RuntimeError, match="Error opening file"):
        theirs.load(tmp_path / "nowhere.json")
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        ours.load(tmp_path / "nowhere.json")


def test_idf_is_a_copy(theirs, ours):
    theirs.idf["a"][0] = 9.0
    assert theirs.encode_queries(["a"]).sum() == 9
    ours.idf["a"][0] = 9.0
    assert ours.encode_queries(["a"]).sum() != 9


def test_analyzer_parts_may_be_left_out(upstream_tokenizers):
    with pytest.raises(TypeError, match="not iterable"):
        upstream_tokenizers.Analyzer("plain", upstream_tokenizers.StandardTokenizer())("A text.")
    assert Analyzer("plain", StandardTokenizer())("A text.") == ["A", "text", "."]


def test_replacing_nothing_changes_nothing(upstream_tokenizers):
    with pytest.raises(KeyError):
        upstream_tokenizers.ReplacePreprocessor({}).apply("text")
    assert ReplacePreprocessor({}).apply("text") == "text"


def test_no_logging_handler_of_ours(upstream_bm25):
    assert logging.getLogger("pymilvus.model.sparse.bm25.bm25").handlers
    assert not [
        name
        for name, logger in logging.Logger.manager.loggerDict.items()
        if name.startswith("embedfn") and getattr(logger, "handlers", None)
    ]


def test_nothing_is_installed_at_run_time():
    assert "subprocess.check_call" in ast.unparse(source_of("utils/dependency_control.py")) or (
        "pip install" in ast.unparse(source_of("utils/dependency_control.py"))
    )
    for path in Path(embedfn.__file__).parent.rglob("*.py"):
        called = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert not any("subprocess" in ast.unparse(call.func) for call in called), path


def test_unknown_model_keywords_are_refused():
    assert "**kwargs" in ast.unparse(source_of("dense/sentence_transformer.py"))
    with pytest.raises(TypeError, match="no_such_option cannot be passed on"):
        embedfn.dense.SentenceTransformerEmbeddingFunction(no_such_option=1)


def test_iso_codes_without_english_stopwords(upstream_tokenizers, monkeypatch):
    for code in ("es", "ja", "ko"):
        with pytest.raises(ValueError, match=f"No configuration found {code}"):
            upstream_tokenizers.build_default_analyzer(code)
    text = "サーバーは the 東京"
    expected = ["サ", "バ", "は", "東京"]
    assert upstream_tokenizers.build_default_analyzer("jp")(text) == expected
    assert build_default_analyzer("jp")(text) == expected
    assert build_default_analyzer("ja")(text) == ["サーバー", "は", "the", "東京"]
    assert build_default_analyzer("es")("los gatos") == build_default_analyzer("sp")("los gatos")
    # Without konlpy and Java, which the filters do not need.
    monkeypatch.setattr(languages, "KonlpyTokenizer", StandardTokenizer)
    assert repr(build_default_analyzer("kr").filters) == "[StopwordFilter('english')]"
    assert build_default_analyzer("ko").filters == []
    described = Path(upstream_tokenizers.__file__).with_name("lang.yaml").read_text("utf-8")
    assert described.endswith("class: KonlpyTokenizer\n    params: {}\n  filters:\n"
                              "    - class: StopwordFilter\n      params: {}\n")  # fmt: skip


def test_tokenizers_are_built_once(upstream_tokenizers, monkeypatch):
    import kiwipiepy
    import MeCab

    made = []

    def count(owner, name, label):
        called = getattr(owner, name)

        def counted(*arguments):
            made.append(label)
            return called(*arguments)

        monkeypatch.setattr(owner, name, counted)

    KiwiTokenizer().tokenize("말")
    count(MeCab, "try_import_unidic", "MeCab")  # asked for each MeCab that is made
    count(kiwipiepy.Kiwi, "__init__", "Kiwi")
    for cls in (upstream_tokenizers.MecabTokenizer, upstream_tokenizers.KiwiTokenizer):
        cls().tokenize("東京")
        cls().tokenize("東京")
    assert made == ["MeCab", "MeCab", "Kiwi", "Kiwi"]
    made.clear()

    def work():  # MeCab is made once a thread
        for cls in (MecabTokenizer, KiwiTokenizer):
            assert cls().tokenize("東京") == cls().tokenize("東京") == ["東京"]

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert made == ["MeCab"]


def test_a_null_character_ends_no_text(upstream_tokenizers):
    assert upstream_tokenizers.MecabTokenizer().tokenize("犬\0猫") == ["犬"]
    assert MecabTokenizer().tokenize("犬\0猫") == ["犬", "猫"]


def test_surrogates_are_named(upstream_tokenizers):
    for name, raised in (("MecabTokenizer", TypeError), ("KiwiTokenizer", UnicodeDecodeError)):
        with pytest.raises(raised):
            getattr(upstream_tokenizers, name)().tokenize("犬\ud800")
    for cls in (MecabTokenizer, KiwiTokenizer):
        with pytest.raises(ValueError, match="at position 1"):
            cls().tokenize("犬\ud800")


def test_jieba_is_silent(tmp_path):
    assert "jieba.lcut(text)" in ast.unparse(source_of("sparse/bm25/tokenizers.py"))
    ours = f"from embedfn.lexical.segmenters import {JiebaTokenizer.__name__} as T; T().tokenize"
    for name, call in (("theirs", "import jieba; jieba.lcut"), ("ours", ours)):
        folder = tmp_path / name
        folder.mkdir()
        command = [sys.executable, "-c", f"{call}('中国')"]
        environment = {"TMPDIR": str(folder)}
        done = run(command, capture_output=True, timeout=60, check=True, env=environment)
        assert bool(done.stderr) == (name == "theirs")
        assert [path.name for path in folder.iterdir()] == ["jieba.cache"] * (name == "theirs")
