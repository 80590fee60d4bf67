"""The web process's own front: a request takes a thread only once its head and body are here, and both have to come within a time.

Must never let a client that sends slowly, or not at all, hold a thread that another one needs, nor wait for anyone in its loop (H6).
"""

import socket
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from portal.commands.framing import LARGEST_BODY, LARGEST_HEAD, Extent, Frame, NotFramed, read_head
from portal.commands.sending import Outlet

HEAD_SECONDS = 10.0
WHOLE_SECONDS = 20.0
"""By the clock on the wall, from the first byte that could have come: who sends a byte now and then gains nothing."""

LARGE_READ_SECONDS = 60.0
"""How long a piece of a large body may take to come."""

LINGER_SECONDS = 2.0
LINGER_BYTES = 8 * 1024 * 1024
"""After the last answer: how long, and how much more, a client may go on sending before it is cut off (RFC 9112 section 9.6)."""

MOST_WAITING = 700
"""Connections that hold no thread; one more, and the one that has been silent longest goes. Below what a process may open."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


NOT_FRAMED = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Gathered:
    """What has come of one request so far."""

    conn: Any
    began: float
    bytes: bytearray = field(default_factory=bytearray, repr=False)
    frame: Frame | None = None

    def extent(self) -> Extent:
        """How much of it is here; asks for the body where the client waits to be asked. Raises `NotFramed`, `OSError`."""
        if self.frame is None:
            # Empty lines before a request are nothing (RFC 9112 section 2.2); the parser would wait for what follows them.
            while self.bytes.startswith(b"\r\n"):
                del self.bytes[:2]
            head = read_head(self.bytes)
            if head is None:
                return Extent.PART
            if head.expects and head.length <= LARGEST_BODY:
                self.conn.sock.send(CONTINUE)
                del self.bytes[slice(*head.expects)]
                head = read_head(self.bytes) or head
            self.frame = Frame(head)
        return self.frame.extent(self.bytes)

    def is_late(self, now: float) -> bool:
        """Whether its time is over."""
        return now - self.began > (WHOLE_SECONDS if self.frame else HEAD_SECONDS)


@dataclass
class Leaving:
    """A connection whose last answer is out, and that may still be sending."""

    conn: Any
    until: float
    drained: int = 0


class GatheringWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's threads, behind one loop that gathers requests without a thread each."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.gathered: dict[Any, Gathered] = {}
        self.leaving: dict[Any, Leaving] = {}
        self.large: deque[Gathered] = deque()
        self.large_running = 0
        self.in_hand = 0

    def enqueue_req(self, conn: Any) -> None:
        """A whole request takes a thread, or waits for one."""
        self.in_hand += 1
        super().enqueue_req(conn)

    def accept(self, listener: socket.socket) -> None:
        """A new connection: wait for its request here, not in a thread."""
        try:
            client, address = listener.accept()
        except OSError:
            # Another process was faster, or the client has gone already.
            return
        self.nr_conns += 1
        self._make_room()
        self._gather(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """The next request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._gather(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """As gunicorn does; but what came ahead is gathered like any other, and nobody is waited for in this loop."""
        self.in_hand -= 1
        if conn.is_large:
            self.large_running -= 1
            self._start_large()
        kept = not fs.cancelled() and not fs.exception() and fs.result() is True
        if kept and conn.parser.unreader.buf.getvalue():
            conn.sock.setblocking(False)
            self._gather(conn)
        elif kept:
            super().finish_request(conn, fs)
        else:
            self._leave(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """A client that does not take its answer lets go of the thread, too: at once where others wait for one."""
        plain = conn.sock
        plain.settimeout(LARGE_READ_SECONDS)
        conn.sock = Outlet(plain, lambda: self.in_hand > self.cfg.threads)
        try:
            # What was not read of a large body is not read after the answer either: that would be waiting in a thread.
            return super().handle_request(req, conn) and not conn.is_large
        finally:
            conn.sock = plain

    def murder_pending(self) -> None:
        """Once a second: let go of what is late, and of who has said nothing yet when this process is to stop."""
        super().murder_pending()
        now = time.monotonic()
        for one in list(self.gathered.values()):
            if one.is_late(now) or (not self.alive and not one.bytes):
                self._drop(one, TOO_SLOW if one.bytes else b"")
        for leaving in list(self.leaving.values()):
            if now > leaving.until:
                self._left(leaving)

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
            while (extent := one.extent()) is Extent.PART and len(one.bytes) < LARGEST_HEAD + LARGEST_BODY:
                piece = client.recv(16 * 1024)
                if not piece:
                    ended = True
                    break
                one.bytes += piece
                if one.frame is None and len(one.bytes) > LARGEST_HEAD:
                    self._drop(one, TOO_LARGE)
                    return
        except BlockingIOError:
            return
        except NotFramed:
            self._drop(one, NOT_FRAMED)
            return
        except OSError:
            self._drop(one)
            return
        if ended:
            # Half a request is nobody's request.
            self._drop(one)
        elif extent is Extent.WHOLE:
            self._hand_on(one, is_large=False)
        else:
            self.poller.unregister(client)
            self.large.append(one)
            self._start_large()

    def _start_large(self) -> None:
        """At most half of the threads read large bodies, at their clients' pace; the rest stay for everyone else."""
        while self.large and self.large_running < max(1, self.cfg.threads // 2):
            one = self.large.popleft()
            if self.gathered.get(one.conn.sock) is one:
                self.large_running += 1
                self._hand_on(one, is_large=True)

    def _hand_on(self, one: Gathered, *, is_large: bool) -> None:
        self._forget(one)
        conn = one.conn
        conn.init()
        conn.is_large = is_large
        conn.parser.unreader.unread(bytes(one.bytes))
        conn.data_ready = True
        self.enqueue_req(conn)

    def _make_room(self) -> None:
        """Who has been silent longest goes, so that a crowd of idle connections keeps nobody out."""
        if len(self.gathered) >= MOST_WAITING:
            self._drop(next(iter(self.gathered.values())), TOO_SLOW)
        if len(self.leaving) >= MOST_WAITING // 4:
            self._left(next(iter(self.leaving.values())))
        if len(self.keepalived_conns) >= MOST_WAITING // 4:
            conn = self.keepalived_conns.popleft()
            with suppress(OSError, KeyError, ValueError):
                self.poller.unregister(conn.sock)
            self.nr_conns -= 1
            conn.close()

    def _drop(self, one: Gathered, said: bytes = b"") -> None:
        self._forget(one)
        with suppress(OSError):
            if said:
                one.conn.sock.send(said)
        self._leave(one.conn)

    def _leave(self, conn: Any) -> None:
        """Nothing more is said. Closing at once would throw away the answer where the client still sends, so it is drained a while."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        leaving = self.leaving[conn.sock] = Leaving(conn, time.monotonic() + LINGER_SECONDS)
        self.poller.register(conn.sock, EVENT_READ, partial(self._drain, leaving))
        self._drain(leaving, conn.sock)

    def _drain(self, leaving: Leaving, client: Any) -> None:
        try:
            for _ in range(16):
                piece = client.recv(16 * 1024)
                leaving.drained += len(piece)
                if not piece or leaving.drained > LINGER_BYTES:
                    break
            else:
                # The others' turn; the poller comes back to this one.
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._left(leaving)

    def _left(self, leaving: Leaving) -> None:
        del self.leaving[leaving.conn.sock]
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(leaving.conn.sock)
        self.nr_conns -= 1
        leaving.conn.close()

    def _forget(self, one: Gathered) -> None:
        del self.gathered[one.conn.sock]
        with suppress(OSError, KeyError, ValueError):
            self.poller.unregister(one.conn.sock)
