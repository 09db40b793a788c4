"""A client's cost: vectors per second of the CPU, ours and upstream's way, one service.

The service is a process of its own that sends one prepared answer, so that it costs neither side.
"""

import json
import multiprocessing
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version

import numpy as np
import pytest
from tests.remote.server import encoded

from embedfn.dense import OpenAIEmbeddingFunction

DIM = 1536
MODEL = "text-embedding-3-small"
INPUTS = 2048  # texts that OpenAI takes in a request; ours sends 512 of such a model
TEXTS = [f"passage number {i}, which is about as long as a title" for i in range(2 * INPUTS)]
ROUNDS = 15


def vectors():
    return np.random.default_rng(0).standard_normal((INPUTS, DIM)).astype(np.float32)


def serve(port):
    answers = {}
    for count in (512, 2048):
        data = [
            {"object": "embedding", "index": i, "embedding": encoded(row, "base64")}
            for i, row in enumerate(vectors()[:count])
        ]
        usage = {"prompt_tokens": 9, "total_tokens": 9}
        answer = {"object": "list", "data": data, "model": "model", "usage": usage}
        answers[count] = json.dumps(answer).encode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            assert body["encoding_format"] == "base64"  # which the SDK asks for by itself
            content = answers[len(body["input"])]
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    port.put(server.server_port)
    server.serve_forever()


@pytest.fixture(scope="module")
def url():
    context = multiprocessing.get_context("spawn")
    port = context.Queue()
    process = context.Process(target=serve, args=(port,), daemon=True)
    process.start()
    yield f"http://127.0.0.1:{port.get(timeout=60)}/v1"
    process.kill()


def cpu(call):
    start = time.process_time()
    call()
    return time.process_time() - start


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what upstream imports
def bench_client_cost(benchmark, url):
    pymilvus = pytest.importorskip("pymilvus.model.dense.openai")
    peer = pymilvus.OpenAIEmbeddingFunction(MODEL, "key", url)
    ours = OpenAIEmbeddingFunction(MODEL, "key", url)

    def theirs():
        # Upstream sends everything in one request, which OpenAI refuses beyond 2048: split for it.
        return [row for i in range(0, len(TEXTS), INPUTS) for row in peer(TEXTS[i : i + INPUTS])]

    want = np.concatenate([vectors()[:512]] * 8)
    np.testing.assert_array_equal(ours(TEXTS, output="array"), want)
    peers = np.array(theirs()).astype(np.float32)
    np.testing.assert_array_equal(peers, np.concatenate([vectors()] * 2))
    pairs = [(cpu(theirs), cpu(lambda: ours(TEXTS))) for _ in range(ROUNDS)]
    ratios = sorted(peer_s / our_s for peer_s, our_s in pairs)
    best = [min(seconds) for seconds in zip(*pairs, strict=True)]
    benchmark.pedantic(lambda: ours(TEXTS), rounds=1)
    rates = [f"{len(TEXTS) / seconds:,.0f} vectors/CPU-s" for seconds in best]
    benchmark.extra_info.update(
        work=f"{len(TEXTS)} vectors of {DIM}, CPU time of the client",
        peer=f"pymilvus.model 0.3.4, openai {version('openai')}",
        peer_shown=rates[0],
        ours_shown=rates[1],
        peer_s=best[0],
        ours_s=best[1],
        ratio=ratios[len(ratios) // 2],
        ratio_min=ratios[0],
        ratio_max=ratios[-1],
    )
    print(
        f"\n{rates[1]} beside {rates[0]}: {ratios[len(ratios) // 2]:.1f}x ({ratios[0]:.1f} least)"
    )
