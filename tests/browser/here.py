"""The demo's site of this process on a real port, for browsers: its tables can be compared and its company changed while it answers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server


class Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, *_args: Any) -> None:
        """Nothing."""


class Answering:
    """A WSGI application in front of another: pages of its own by host and path, and what was asked, with its purpose."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.pages: dict[str, str] = {}
        self.asked: list[tuple[str, str, str]] = []

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.asked.append((method, path, environ.get("HTTP_SEC_PURPOSE", "")))
        page = self.pages.get(path)
        if page is None:
            return self.app(environ, start)
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [page.encode()]


@contextmanager
def answering(app: Any) -> Iterator[tuple[int, Answering]]:
    """Serve it on a free port; gives the port."""
    front = Answering(app)
    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, front
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
