"""Real mail servers for tests, on free ports of the loopback: a good one that keeps what it gets, and several bad ones."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

from aiosmtpd.smtp import SMTP, Envelope, Session


class GoodServer:
    """Takes mail and keeps it; `answers` makes it refuse: what to say to a recipient, or to the whole message."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.senders: list[str | None] = []
        self.to_recipient: Callable[[str], str] = lambda address: "250 OK"
        self.to_sender = "250 OK"
        self.to_message = "250 OK"
        self.url = ""

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.to_sender.startswith("250"):
            envelope.mail_from = address
        return self.to_sender

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        answer = self.to_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.to_message.startswith("250"):
            self.taken.append(message_from_bytes(bytes(envelope.original_content or b""), policy=SMTP_POLICY))
            self.recipients += envelope.rcpt_tos
            self.senders.append(envelope.mail_from)
        return self.to_message


@contextmanager
def good_server(*, utf8: bool = True) -> Iterator[GoodServer]:
    """A server of aiosmtpd in a thread of its own."""
    kept, loop, ready = GoodServer(), asyncio.new_event_loop(), threading.Event()
    running: list[asyncio.Server] = []

    async def serve() -> None:
        make = lambda: SMTP(kept, enable_SMTPUTF8=utf8, hostname="mail.test")  # noqa: E731  # a factory, as create_server wants one
        running.append(await loop.create_server(make, "127.0.0.1", 0))
        kept.url = f"smtp://127.0.0.1:{running[0].sockets[0].getsockname()[1]}?tls=off"

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.call_soon(ready.set)
        loop.run_forever()
        running[0].close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield kept
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


class BadServer:
    """Accepts connections and does one bad thing with each; `connected` is set once somebody came."""

    def __init__(self, behave: Callable[[socket.socket, threading.Event], None]) -> None:
        self.connected, self.stop = threading.Event(), threading.Event()
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.url = f"smtp://127.0.0.1:{self._listener.getsockname()[1]}?tls=off"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self.stop.is_set():
            try:
                line, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connected.set()
            with line:
                try:
                    self._behave(line, self.stop)
                except OSError:
                    continue

    def __enter__(self) -> "BadServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(10)
        self._listener.close()


def says_nothing(line: socket.socket, stop: threading.Event) -> None:
    """Accepts, and is silent."""
    stop.wait(60)


def drips(line: socket.socket, stop: threading.Event) -> None:
    """Sends a greeting that never ends, a byte at a time: no socket timeout ever passes."""
    while not stop.wait(0.05):
        line.sendall(b"2")


def talks_rubbish(line: socket.socket, stop: threading.Event) -> None:
    """Is not a mail server at all."""
    line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def drops_in_the_middle_of_data(line: socket.socket, stop: threading.Event) -> None:
    """Is friendly until the message comes, reads a little of it and hangs up."""
    file = line.makefile("rb")
    line.sendall(b"220 mail.test\r\n")
    while command := file.readline():
        if command.upper().startswith(b"DATA"):
            line.sendall(b"354 go on\r\n")
            file.readline()
            return
        line.sendall(b"250 OK\r\n")


def takes_and_never_says_so(line: socket.socket, stop: threading.Event) -> None:
    """Reads the whole message and then says nothing: nobody can know whether it was taken."""
    file = line.makefile("rb")
    line.sendall(b"220 mail.test\r\n")
    while command := file.readline():
        if command.upper().startswith(b"DATA"):
            line.sendall(b"354 go on\r\n")
            while file.readline() not in (b".\r\n", b""):
                pass
            stop.wait(60)
            return
        line.sendall(b"250 OK\r\n")
