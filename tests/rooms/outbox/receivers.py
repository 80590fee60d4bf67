"""Real receivers of webhooks, on free ports of the loopback: good, refusing, redirecting, dripping, endless."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came in, and what is answered: a status, more headers, how the body behaves (`plain`, `drip`, `endless`)."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "plain"
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A server in a thread of its own."""
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            kept.asked.append(self.path)
            kept.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(kept.status)
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.send_header("Connection", "close")
            if kept.body == "plain":
                self.send_header("Content-Length", "0")
            self.end_headers()
            self.close_connection = True
            try:
                for _ in range(200 if kept.body == "drip" else 0):
                    self.wfile.write(b"x")
                    time.sleep(0.1)
                for _ in range(40_000 if kept.body == "endless" else 0):
                    self.wfile.write(b"x" * 65_536)
            except OSError:
                return

        def do_GET(self) -> None:
            kept.asked.append("GET " + self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
