"""The web process's own front: a request takes a thread only once its head and body are here, and both have to come within a time.

Must never let a client that sends slowly, or not at all, hold a thread that another one needs (H6).
"""

import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 10.0
WHOLE_SECONDS = 20.0
"""By the clock on the wall, from the first byte that could have come: who sends a byte now and then gains nothing."""

SEND_SECONDS = 60.0
"""How long one piece of an answer (at most some 64 kB) may take to be taken."""

LARGEST_HEAD = 32 * 1024
LARGEST_BODY = 272 * 1024
"""A little more than the application reads of any request; what says that it is larger is handed on at once, to be refused there."""

TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Gathered:
    """What has come of one request so far."""

    conn: Any
    began: float
    bytes: bytearray = field(default_factory=bytearray, repr=False)

    @property
    def head_ends(self) -> int:
        """Where the body begins; 0 while the head is not whole."""
        return self.bytes.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in self.bytes else 0

    def is_whole(self) -> bool:
        """Whether nothing is missing that the application would wait for. How the head is to be read is the parser's to judge."""
        start = self.head_ends
        if not start:
            return False
        fields = [line.partition(b":") for line in bytes(self.bytes[:start]).lower().split(b"\r\n")[1:]]
        named = {name.strip(): value.strip() for name, _colon, value in fields}
        body = len(self.bytes) - start
        if b"expect" in named or body >= LARGEST_BODY:
            return True
        if b"transfer-encoding" in named:
            rest = self.bytes[start:]
            return (rest.startswith(b"0\r\n") and rest.endswith(b"\r\n\r\n")) or (
                b"\r\n0\r\n" in rest and rest.endswith(b"\r\n\r\n")
            )
        length = named.get(b"content-length", b"0")
        return not length.isdigit() or int(length[:12]) > LARGEST_BODY or body >= int(length)

    def is_late(self, now: float) -> bool:
        """Whether its time is over."""
        return now - self.began > (WHOLE_SECONDS if self.head_ends else HEAD_SECONDS)


class GatheringWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's threads, behind one loop that gathers requests without a thread each."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.gathered: dict[Any, Gathered] = {}

    def accept(self, listener: socket.socket) -> None:
        """A new connection: wait for its request here, not in a thread."""
        try:
            client, address = listener.accept()
        except OSError:
            # Another process was faster, or the client has gone already.
            return
        self.nr_conns += 1
        self._gather(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """The next request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """As gunicorn does; but bytes that came ahead of their request are gathered like any others."""
        ahead = not fs.cancelled() and not fs.exception() and fs.result() is True and conn.parser.unreader.buf.getvalue()
        if ahead:
            conn.sock.setblocking(False)
            self._gather(conn)
        else:
            super().finish_request(conn, fs)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """A client that does not take its answer lets go of the thread in the end, too."""
        conn.sock.settimeout(SEND_SECONDS)
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """Once a second: let go of what is late, and of who has said nothing yet when this process is to stop."""
        super().murder_pending()
        now = time.monotonic()
        for one in list(self.gathered.values()):
            if one.is_late(now) or (not self.alive and not one.bytes):
                self._drop(one, TOO_SLOW if one.bytes else b"")

    def _gather(self, conn: Any) -> None:
        one = Gathered(conn, time.monotonic())
        if conn.parser is not None:
            one.bytes += conn.parser.unreader.take_buffered()
        self.gathered[conn.sock] = one
        self.poller.register(conn.sock, EVENT_READ, partial(self._more, one))
        self._more(one, conn.sock)

    def _more(self, one: Gathered, client: Any) -> None:
        """Take what is there; hand the request on once it is whole or nothing more will come."""
        ended = False
        try:
            while not one.is_whole() and len(one.bytes) < LARGEST_HEAD + LARGEST_BODY:
                piece = client.recv(16 * 1024)
                if not piece:
                    ended = True
                    break
                one.bytes += piece
        except BlockingIOError:
            pass
        except OSError:
            self._drop(one)
            return
        if not one.head_ends and len(one.bytes) > LARGEST_HEAD:
            self._drop(one, TOO_LARGE)
        elif ended and not one.bytes:
            self._drop(one)
        elif ended or one.is_whole():
            self._hand_on(one)

    def _hand_on(self, one: Gathered) -> None:
        self._forget(one)
        conn = one.conn
        conn.init()
        conn.parser.unreader.unread(bytes(one.bytes))
        conn.data_ready = True
        self.enqueue_req(conn)

    def _drop(self, one: Gathered, said: bytes = b"") -> None:
        self._forget(one)
        with suppress(OSError):
            if said:
                one.conn.sock.send(said)
        self.nr_conns -= 1
        one.conn.close()

    def _forget(self, one: Gathered) -> None:
        del self.gathered[one.conn.sock]
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(one.conn.sock)
