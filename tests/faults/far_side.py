"""A company's system as a process of its own: erases, remembers each time it did, and tells when asked.

Usage: python -m tests.faults.far_side LOG. Prints its port. Outlives whatever calls it.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

log = Path(sys.argv[1])
lock = Lock()


class Handler(BaseHTTPRequestHandler):
    """POST /act/key does it (again, if asked again); GET /act/key says how often it was done."""

    def do_POST(self) -> None:
        """Do it, as a system does that knows no idempotency keys."""
        with lock, log.open("a") as file:
            file.write(f"{self.path}\n")
        self._say("done")

    def do_GET(self) -> None:
        """How often it was done."""
        with lock:
            self._say(str(log.read_text().splitlines().count(self.path)))

    def _say(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the library's
        """Stay quiet."""


log.touch()
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
sys.stdout.write(f"{server.server_port}\n")
sys.stdout.flush()
server.serve_forever()
