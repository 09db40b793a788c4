"""What importing costs, over a bare interpreter."""

import subprocess
import sys
from importlib.metadata import version

from bench.paired import paired


def start(code):
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def bench_import(benchmark):
    paired(
        benchmark,
        lambda: start("import embedfn"),
        lambda: start("import pymilvus.model"),
        work="start Python and import",
        peer_name=f"pymilvus.model {version('pymilvus.model')}",
        rounds=3,
    )


def bench_import_over_bare_python(benchmark):
    paired(
        benchmark,
        lambda: start("import embedfn"),
        lambda: start("pass"),
        work="start Python and import",
        peer_name="Python alone",
        rounds=15,
    )
    extra = benchmark.extra_info["ours_s"] - benchmark.extra_info["peer_s"]
    assert extra < 0.1, f"import embedfn costs {extra * 1000:.0f} ms"
