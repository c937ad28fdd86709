"""Real receivers of notifications on this machine: one that answers HTTP and counts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """What an HTTP server was sent, and what it answers: of each request the next of `answers`, then the last again."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)  # of the same requests

    @property
    def keys(self) -> list[str]:
        return [headers["Idempotency-Key"] for _, headers, _ in self.requests]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, _, body in self.requests]


@contextmanager
def http_receiver() -> Iterator[Received]:
    """A server on a free port of 127.0.0.1."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            content = self.rfile.read(size)
            if len(content) < size:  # who sent it died
                return
            is_json = self.headers.get("Content-Type", "").startswith("application/json")
            body = json.loads(content) if is_json and content else {}
            received.contents.append(content)
            received.requests.append((self.path, dict(self.headers.items()), body))
            code = received.answers.pop(0) if len(received.answers) > 1 else received.answers[0]
            self.send_response(code)
            if 300 <= code < 400:
                self.send_header("Location", f"{received.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
