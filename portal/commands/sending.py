"""The way out of a web process: who does not take an answer keeps a thread only while nobody else needs one.

Must never cut off a client that takes what it gets, nor wait longer than `SEND_SECONDS` for one that takes nothing.
"""

import select
import socket
import time
from collections.abc import Callable
from typing import Any

SEND_SECONDS = 60.0
"""How long nothing at all may be taken."""

WINDOW_SECONDS = 2.0
"""After so much waiting for a reader it is looked at how much they took meanwhile, and counted anew."""

SLOWEST = 32 * 1024
"""Bytes a second of such waiting: who takes at least so much is on a slow line, and not cut."""

LOOK_SECONDS = 0.5


class Outlet:
    """A client's socket for one answer. `is_crowded`: whether others wait for a thread now."""

    def __init__(self, sock: socket.socket, is_crowded: Callable[[], bool]) -> None:
        self._sock, self._is_crowded = sock, is_crowded
        self._taken, self._waited, self._too_slow = 0, 0.0, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        """Send everything. Raises `TimeoutError` where the reader holds up others, or takes nothing at all."""
        left, poller = memoryview(data), select.poll()
        poller.register(self._sock, select.POLLOUT)
        began = time.monotonic()
        while left:
            asked = time.monotonic()
            if poller.poll(LOOK_SECONDS * 1000):
                # There is room: it takes what fits and comes back at once.
                sent = self._sock.send(left)
                left, self._taken = left[sent:], self._taken + sent
                began = time.monotonic()
            self._note(time.monotonic() - asked)
            if time.monotonic() - began > SEND_SECONDS or (self._too_slow and self._is_crowded()):
                raise TimeoutError("the client does not take its answer")

    def _note(self, waited: float) -> None:
        self._waited += waited
        if self._waited >= WINDOW_SECONDS:
            self._too_slow = self._taken < SLOWEST * self._waited
            self._taken, self._waited = 0, 0.0
