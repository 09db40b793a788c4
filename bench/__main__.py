"""Run every benchmark and write one table: ``python -m bench [pytest arguments]``."""

import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RESULTS = HERE / "results"


def table(results):
    """Markdown: one row a comparison."""
    machine = results["machine_info"]
    lines = [
        f"{machine['cpu'].get('brand_raw', machine['machine'])}, "
        f"{machine['cpu'].get('count')} CPUs, Python {machine['python_version']}, "
        f"{results['datetime'][:10]}",
        "",
        "| work | peer | ours | peer | ratio (min-max) | of the fastest runs |",
        "|---|---|---|---|---|---|",
    ]
    for info in (entry["extra_info"] for entry in results["benchmarks"]):
        times = f"{info['ours_shown']} | {info['peer_shown']}"
        ratio = f"{_shown(info['ratio'])}x ({info['ratio_min']:.1f}-{info['ratio_max']:.1f})"
        fastest = f"{_shown(info['ratio_of_fastest'])}x" if "ratio_of_fastest" in info else ""
        lines.append(f"| {info['work']} | {info['peer']} | {times} | {ratio} | {fastest} |")
    return "\n".join(lines) + "\n"


def _shown(ratio):
    """A ratio to three digits or so."""
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


def main():
    """Time, then print the table and write it beside the raw figures."""
    RESULTS.mkdir(exist_ok=True)
    raw = RESULTS / "latest.json"
    options = [
        "--benchmark-enable",
        f"--benchmark-json={raw}",
        "--benchmark-disable-gc",
        "-s",
        "-q",
    ]
    names = ["-o", "python_files=bench_*.py", "-o", "python_functions=bench_*"]
    status = pytest.main(
        [*options, *names, "-p", "no:cacheprovider", *(sys.argv[1:] or [str(HERE)])]
    )
    text = table(json.loads(raw.read_text())) if raw.exists() and raw.stat().st_size else ""
    (RESULTS / "latest.md").write_text(text)
    print(f"\n{text}\nwritten to {RESULTS / 'latest.md'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
