"""The services' wire formats on a loopback port, strictly, with faults.

``python -m tests.remote.server '{"tokens_per_minute": 1e6, ...}'`` serves in a process of its own
and prints the port; GET /stats tells what it counted.
"""

import base64
import json
import re
import socket
import struct
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from tests.remote.service import Refusal, Service, at_random, vector_of


def encoded(row, form):
    """A vector as the provider writes it."""
    if form == "base64":
        return base64.b64encode(np.ascontiguousarray(row).tobytes()).decode()
    return row.tolist()


def openai_embeddings(service, body, headers, path):
    """POST /v1/embeddings of OpenAI, of Azure, of Mistral (``input``) and of TEI."""
    if "/deployments/" in path:
        service.check_key(headers.get("api-key"))
        model = path.split("/deployments/")[1].split("/")[0]
    else:
        service.check_key((headers.get("authorization") or "").removeprefix("Bearer "))
        model = body.get("model")
    dim = service.check_model(model)
    unknown = set(body) - {"input", "model", "encoding_format", "dimensions", "user"}
    if unknown:
        raise Refusal(400, f"Unrecognized request argument supplied: {sorted(unknown)}")
    texts = [body["input"]] if isinstance(body.get("input"), str) else body.get("input")
    if "dimensions" in body:
        if not 1 <= body["dimensions"] <= dim:
            raise Refusal(
                400,
                f"Invalid value for 'dimensions' = {body['dimensions']}. Must be "
                f"less than or equal to {dim}.",
            )
        dim = body["dimensions"]
    form = body.get("encoding_format", "float")
    if form == "base64" and not service.knows_base64:
        raise Refusal(400, "Unsupported value: encoding_format must be float")
    tokens = service.check_texts(texts)
    rows = [vector_of(text, service.dim_override or dim, model) for text in texts]
    content = {
        "object": "list",
        "data": [
            {"object": "embedding", "index": i, "embedding": encoded(row, form)}
            for i, row in enumerate(rows)
        ],
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }
    return texts, tokens, content


ROUTES = {r"/v1/embeddings|/openai/deployments/[^/]+/embeddings": openai_embeddings}


def broken(content, fault):
    """A whole answer with wrong content."""
    data = content.get("data")
    if fault == "shuffled" and data:
        data[:] = data[::-1]
    if fault == "count" and data:
        del data[-1]
    if fault == "doubled" and data:
        data[-1]["index"] = 0
    if fault == "nan" and data:
        first = data[0]["embedding"]
        if isinstance(first, str):
            row = np.frombuffer(base64.b64decode(first), "<f4").copy()
            row[0] = np.nan
            data[0]["embedding"] = encoded(row, "base64")
        else:
            first[0] = None
    return content


WRONG_CONTENT = {"shuffled", "count", "doubled", "nan"}
LOSSES = {"half", "reset", "garbage", "html", "count", "doubled", "nan"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/stats":
            self.reply(200, json.dumps(self.server.service.stats()).encode())
        else:
            self.reply(404, b"Not Found", kind="text/plain")

    def do_POST(self):
        service = self.server.service
        raw = self.rfile.read(int(self.headers["content-length"]))
        with service.lock:
            service.at_work += 1
            service.most_at_work = max(service.most_at_work, service.at_work)
        try:
            self.answer(service, raw)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with service.lock:
                service.at_work -= 1

    def answer(self, service, raw):
        fault = service.next_fault()
        path = self.path.split("?")[0]
        route = next((form for form in self.server.routes if re.fullmatch(form, path)), None)
        if route is None:
            self.reply(404, b"<html><body>Not Found</body></html>", kind="text/html")
            return
        if service.delay:
            time.sleep(service.delay)
        try:
            body = json.loads(raw)
            with service.lock:
                service.bodies.append(body if len(service.bodies) < 50 else None)
                service.paths.append(path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            texts, tokens, content = self.server.routes[route](service, body, headers, path)
            if fault in ("429", "429-after"):
                after = {"retry-after": str(service.retry_after)} if fault != "429" else {}
                raise Refusal(429, "Rate limit reached", {**service.rate_headers(), **after})
            if fault in ("500", "503"):
                raise Refusal(int(fault), "The server had an error")
            told = service.take_tokens(tokens)
        except Refusal as refusal:
            shaped = self.server.error(str(refusal), refusal.status)
            self.reply(refusal.status, json.dumps(shaped).encode(), refusal.headers)
            return
        time.sleep(service.seconds_per_text * len(texts))
        if fault == "slow":
            time.sleep(service.slow_seconds)
        service.bill(texts, tokens, lost=fault in LOSSES)
        sent = json.dumps(broken(content, fault) if fault in WRONG_CONTENT else content).encode()
        if fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        elif fault == "half":
            self.reply(200, sent[: len(sent) // 2], told, length=len(sent))
            self.close_connection = True
        elif fault == "garbage":
            self.reply(200, sent[: len(sent) // 2], told)
        elif fault == "html":
            self.reply(200, b"<html>Welcome</html>", told, kind="text/html")
        else:
            self.reply(200, sent, told)

    def reply(self, status, content, headers=None, kind="application/json", length=None):
        with self.server.service.lock:
            self.server.service.statuses[status] += 1
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def openai_error(message, status):
    kind = "invalid_request_error" if status < 429 else "server_error"
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service, routes=None, error=openai_error):
        super().__init__(("127.0.0.1", 0), Handler)
        self.service = service
        self.routes = routes or ROUTES
        self.error = error

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, address):
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, address)


@contextmanager
def serving(service, routes=None, error=openai_error):
    """A server in threads of this process."""
    server = Server(service, routes, error)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    shares = options.pop("shares", None)
    made = Service(**options, faults=None if shares is None else at_random(7, **shares))
    running = Server(made)
    print(running.server_port, flush=True)
    running.serve_forever()
