"""compat.install(): code for pymilvus.model runs on embedfn, the real pymilvus beside it."""

import subprocess
import sys

import pytest


def run(code):
    """A fresh interpreter's output: what is imported in one test must not reach another."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:embedfn", "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


INSTALL = "import embedfn.compat; embedfn.compat.install(); "


def test_from_pymilvus_import_model():
    code = INSTALL + (
        "from pymilvus import model, MilvusClient; import embedfn; "
        "ef = model.sparse.BM25EmbeddingFunction(str.split, ['a b', 'b c']); "
        "print(model is embedfn, ef.encode_documents(['a']).shape, MilvusClient.__module__)"
    )
    assert run(code).startswith("True (1, 3) pymilvus.")


@pytest.mark.parametrize(
    "statement",
    [
        "from pymilvus.model.sparse import BM25EmbeddingFunction as Theirs",
        "from pymilvus.model.sparse.bm25 import BM25EmbeddingFunction as Theirs",
        "from pymilvus.model.sparse.bm25.bm25 import BM25EmbeddingFunction as Theirs",
        "import pymilvus.model.sparse as s; Theirs = s.BM25EmbeddingFunction",
        "import pymilvus.model; Theirs = pymilvus.model.sparse.BM25EmbeddingFunction",
    ],
)
def test_every_way_to_import_gives_the_same_class(statement):
    code = f"{INSTALL}{statement}; from embedfn.sparse import BM25EmbeddingFunction as Ours; "
    assert run(code + "print(Theirs is Ours)") == "True"


def test_analyzers_and_dense_by_upstreams_paths():
    code = INSTALL + (
        "from pymilvus.model.sparse.bm25.tokenizers import build_default_analyzer; "
        "from pymilvus.model.dense import SentenceTransformerEmbeddingFunction as S; "
        "print(build_default_analyzer('en')('The cats'), S.__module__)"
    )
    assert run(code) == "['cat'] embedfn.dense.sentence_transformer"


def test_hybrid_by_upstreams_paths():
    code = INSTALL + (
        "from pymilvus.model.hybrid import BGEM3EmbeddingFunction as B; "
        "from pymilvus.model.hybrid.mgte import MGTEEmbeddingFunction as M; "
        "import sys; print(B.__module__, M.__module__, 'torch' in sys.modules)"
    )
    assert run(code) == "embedfn.hybrid.bge_m3 embedfn.hybrid.mgte False"


def test_utils_by_upstreams_paths():
    code = INSTALL + (
        "from pymilvus import model; from pymilvus.model.utils import import_scipy, import_torch; "
        "from pymilvus.model.utils.dependency_control import prompt_install as p; "
        "import embedfn, sys; print(model.utils is embedfn.utils, import_scipy(), p.__module__, "
        "import_torch is embedfn.utils.import_torch, 'torch' in sys.modules)"
    )
    assert run(code) == "True None embedfn.utils.dependency_control True False"


def test_our_modules_keep_their_own_names():
    code = INSTALL + (
        "import pymilvus.model.sparse.bm25, embedfn.sparse.bm25, importlib; "
        "m = importlib.reload(embedfn.sparse.bm25); print(m.__spec__.name, m.__name__)"
    )
    assert run(code) == "embedfn.sparse.bm25 embedfn.sparse.bm25"


def test_what_embedfn_lacks_is_not_upstreams_by_accident():
    code = INSTALL + (
        "\ntry:\n import pymilvus.model.nowhere"
        "\nexcept ModuleNotFoundError as error:\n print(error)"
    )
    assert run(code) == "No module named 'pymilvus.model.nowhere'"


def test_too_late_is_an_error():
    code = (
        "import sys, types; late = types.ModuleType('pymilvus.model'); late.__file__ = 'up.py'; "
        "sys.modules['pymilvus.model'] = late; import embedfn.compat"
        "\ntry:\n embedfn.compat.install()\nexcept RuntimeError as error:\n print(error)"
    )
    assert "already imported from up.py; call embedfn.compat.install() before" in run(code)


def test_uninstall_gives_upstream_back():
    code = INSTALL + (
        "embedfn.compat.install(); import pymilvus.model; embedfn.compat.uninstall(); "
        "embedfn.compat.uninstall(); from importlib.util import find_spec; "
        "print(find_spec('pymilvus.model').origin)"
    )
    assert run(code).replace("\\", "/").endswith("pymilvus/model/__init__.py")
