"""The cache on disk: what is paid for once is not paid for again."""

import json
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from embedfn.remote.cache import VectorCache
from tests.remote.server import serving
from tests.remote.service import DIM, KEY, Service, in_turn, vector_of

TEXTS = [f"text number {i}" for i in range(300)]


def right(texts):
    return np.stack([vector_of(text) for text in texts])


def test_a_second_run_sends_nothing(connected, tmp_path):
    first, service = connected({}, cache=tmp_path / "deep" / "cache.sqlite")
    np.testing.assert_array_equal(first(TEXTS, output="array"), right(TEXTS))
    url = f"{first.client.base_url}"
    second, _ = connected({}, base_url=url, cache=tmp_path / "deep" / "cache.sqlite")
    rows = second([*TEXTS, "new"], output="array")
    np.testing.assert_array_equal(rows, right([*TEXTS, "new"]))
    assert service.billed_texts == len(TEXTS) + 1
    assert second.usage.cached == len(TEXTS)
    np.testing.assert_array_equal(second(TEXTS[:2], output="array"), right(TEXTS[:2]))
    assert service.billed_texts == len(TEXTS) + 1


def test_other_parameters_have_other_vectors(connected, tmp_path):
    wide, service = connected({}, cache=tmp_path / "cache")
    wide(TEXTS)
    url = f"{wide.client.base_url}"
    narrow, _ = connected({}, base_url=url, dimensions=4, cache=tmp_path / "cache")
    assert narrow(TEXTS, output="array").shape == (len(TEXTS), 4)
    assert service.billed_texts == 2 * len(TEXTS)


def test_a_failed_run_keeps_what_was_answered(connected, tmp_path):
    faults = in_turn(*[None] * 10, *["500"] * 40)
    function, service = connected(
        {"faults": faults}, cache=tmp_path / "c", batch_size=10, concurrency=1, max_retries=0
    )
    with pytest.raises(RuntimeError, match="answered 500"):
        function(TEXTS)
    assert service.billed_texts == 100  # ten requests
    again, _ = connected({}, base_url=f"{function.client.base_url}", cache=tmp_path / "c",
                         batch_size=10, max_retries=20)  # fmt: skip
    service.faults = None
    np.testing.assert_array_equal(again(TEXTS, output="array"), right(TEXTS))
    assert service.billed_texts == len(TEXTS)


def test_refused_texts_are_not_kept(connected, tmp_path):
    bad = frozenset([TEXTS[7]])
    function, service = connected({"refuses": bad}, cache=tmp_path / "c", on_error="null")
    function(TEXTS)
    service.refuses = frozenset()
    np.testing.assert_array_equal(function(TEXTS, output="array"), right(TEXTS))
    assert service.billed_texts == len(TEXTS)


def test_what_is_no_cache_is_said(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(ValueError, match="is no cache of vectors"):
        VectorCache(path)
    with pytest.raises(OSError, match="cannot open the cache"):
        VectorCache(tmp_path)


CLIENT = """
import json, sys
from embedfn.dense import OpenAIEmbeddingFunction
given = json.loads(sys.argv[1])
function = OpenAIEmbeddingFunction("model", given["key"], given["url"], cache=given["cache"],
                                   batch_size=given["batch"], concurrency=given["threads"])
print("ready", flush=True)
texts = [f"text number {i}" for i in range(given["count"])]
rows = function(texts, output="array")
rows.tofile(given["out"])
"""


def killed_until_done(folder, kills, count, seed, batch=10, threads=4, delay=0.02):
    """Kill a client at random moments, then let one end; the service, most that was in flight."""
    draw = random.Random(seed)
    service = Service(models={"model": DIM}, delay=delay)
    whole = count / batch / threads * delay
    with serving(service) as server:
        given = {"key": KEY, "url": f"{server.url}/v1", "cache": f"{folder}/cache", "batch": batch,
                 "threads": threads, "count": count, "out": f"{folder}/rows"}  # fmt: skip
        command = [sys.executable, "-c", CLIENT, json.dumps(given)]
        for _ in range(kills):
            with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                time.sleep(draw.uniform(0, 2 * whole / kills))
                process.send_signal(signal.SIGKILL)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    rows = np.fromfile(folder / "rows", np.float32).reshape(count, DIM)
    np.testing.assert_array_equal(rows, right([f"text number {i}" for i in range(count)]))
    return service, kills * batch * threads


def test_killed_at_random_moments(tmp_path):
    count = 800
    service, in_flight = killed_until_done(tmp_path, 3, count, seed=1)
    assert count <= service.billed_texts <= count + in_flight
    assert set(service.answered) == {f"text number {i}" for i in range(count)}
