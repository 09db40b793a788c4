"""Which twin runs: native when it loads, another only when asked or when it must, and aloud."""

import os
import subprocess
import sys

import pytest

import embedfn.kernels
from embedfn.kernels import _lexical

PROBE = "import embedfn.kernels as k; print(k.implementation, k.Vocabulary.__module__)"
HIDE_NATIVE = "import sys; sys.modules['embedfn.kernels._lexical'] = None; "
HIDE_NUMBA = "sys.modules['numba'] = None; "


def probe(code, **environment):
    inherited = {name: os.environ[name] for name in os.environ if name != "EMBEDFN_KERNELS"}
    return subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(bool(os.environ.get("EMBEDFN_KERNELS")), reason="a twin is forced")
def test_native_kernels_are_loaded():
    assert embedfn.kernels.implementation == "native"
    assert _lexical.__file__.endswith((".so", ".pyd"))
    assert embedfn.kernels.Vocabulary is _lexical.Vocabulary


@pytest.mark.parametrize(
    ("forced", "module"), [("native", "_lexical"), ("numba", "_numba"), ("python", "_py")]
)
def test_a_twin_can_be_forced(forced, module):
    done = probe(PROBE, EMBEDFN_KERNELS=forced)
    assert done.stdout.split() == [forced, f"embedfn.kernels.{module}"]
    assert "Warning" not in done.stderr


def test_without_the_native_module_numba_runs_and_says_so():
    done = probe(HIDE_NATIVE + PROBE)
    assert done.stdout.split() == ["numba", "embedfn.kernels._numba"]
    assert done.stderr.count("RuntimeWarning: embedfn runs on its numba kernels") == 1


def test_without_numba_too_python_runs_and_says_so():
    done = probe(HIDE_NATIVE + HIDE_NUMBA + PROBE)
    assert done.stdout.split() == ["python", "embedfn.kernels._py"]
    assert "C++17 compiler" in done.stderr


def test_a_forced_twin_that_cannot_load_is_an_error():
    done = probe(HIDE_NATIVE + PROBE, EMBEDFN_KERNELS="native")
    assert done.returncode
    assert "embedfn.kernels._lexical" in done.stderr


def test_an_unknown_twin_is_an_error():
    done = probe(PROBE, EMBEDFN_KERNELS="fortran")
    assert "EMBEDFN_KERNELS must be one of native, numba, python; got 'fortran'" in done.stderr
