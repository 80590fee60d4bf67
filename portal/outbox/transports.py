"""Where a finished message goes: to a mail server, or (in the demo) nowhere. One server connection a round of sending.

Must never repeat what a server answered: its words hold the recipient's address. Codes only.
"""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from portal.core.errors import PortalError
from portal.settings import Settings

SOCKET_SECONDS = 20.0
DEADLINE_SECONDS = 60.0
"""One socket operation, and one message from first to last byte: a server that drips is cut off before the lease ends."""


class MailRefused(PortalError):
    """The server says that this mail will never be taken. `code` is like `smtp-550`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class MailNotTaken(PortalError):
    """Not now. With `server_is_down` no other mail has to be tried before the next round."""

    def __init__(self, code: str, *, server_is_down: bool = True) -> None:
        self.code, self.server_is_down = code, server_is_down
        super().__init__(code)


class Transport(Protocol):
    """What `deliver_due` sends with. `keeps`: the mail stays readable in its row (demo); `sends`: it leaves the house."""

    keeps: bool
    sends: bool

    def send(self, message: EmailMessage) -> None:
        """Hand the message over; returns once the server has taken it. Raises `MailRefused` or `MailNotTaken`."""

    def close(self) -> None:
        """End the round: let go of the connection."""


class ShowOnly:
    """The demo's transport: nothing is sent, every mail can be read in the demo mailbox."""

    keeps = True
    sends = False

    def send(self, message: EmailMessage) -> None:
        """Nothing to do: the row is kept."""

    def close(self) -> None:
        """Nothing is open."""


class SmtpTransport:
    """Speaks to the server of `smtp://user:password@host:587?tls=starttls` (or `tls=on`, `tls=off`)."""

    sends = True

    def __init__(self, url: str, *, keeps: bool = False) -> None:
        parts = urlsplit(url)
        self.keeps = keeps
        self._host = parts.hostname or ""
        self._tls = parse_qs(parts.query).get("tls", ["starttls"])[0]
        self._port = parts.port or {"on": 465, "off": 25}.get(self._tls, 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._line: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        """As `Transport.send`."""
        line = self._connected()
        with _deadline(line), self._naming_faults():
            line.send_message(message)

    def close(self) -> None:
        """Say goodbye; whatever the server makes of that, what it took is taken."""
        line, self._line = self._line, None
        if line is not None:
            with _deadline(line), suppress(OSError, smtplib.SMTPException):
                line.quit()
            line.close()

    def _connected(self) -> smtplib.SMTP:
        if self._line is None:
            try:
                self._line = self._connect()
            except smtplib.SMTPAuthenticationError:
                raise MailNotTaken("smtp-login") from None
            except ssl.SSLError:
                raise MailNotTaken("smtp-tls") from None
            except (OSError, smtplib.SMTPException):
                raise MailNotTaken("smtp-connect") from None
        return self._line

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        line = _SecureLine(self._host, self._port, context) if self._tls == "on" else _Line(self._host, self._port)
        try:
            with _deadline(line):
                if self._tls == "starttls":
                    line.starttls(context=context)
                if self._user:
                    line.login(self._user, self._password)
        except BaseException:
            line.close()
            raise
        return line

    @contextmanager
    def _naming_faults(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            self._reset(code)
            if code >= 500:
                raise MailRefused(f"smtp-{code}") from None
            raise MailNotTaken(f"smtp-{code}", server_is_down=code == 421) from None
        except smtplib.SMTPDataError as error:
            self._reset(error.smtp_code)
            if error.smtp_code >= 500:
                raise MailRefused(f"smtp-{error.smtp_code}") from None
            raise MailNotTaken(f"smtp-{error.smtp_code}", server_is_down=error.smtp_code == 421) from None
        except smtplib.SMTPNotSupportedError:
            # The address has letters beyond ASCII (RFC 6531), and the server does not know of such.
            raise MailRefused("smtp-utf8") from None
        except smtplib.SMTPSenderRefused as error:
            # A refused sender is the company's set-up, which somebody can mend; the mail is not to blame.
            self._reset(421)
            raise MailNotTaken(f"smtp-sender-{error.smtp_code}") from None
        except (OSError, smtplib.SMTPException):
            self._reset(421)
            raise MailNotTaken("smtp-dropped") from None

    def _reset(self, code: int) -> None:
        """After 421 or a broken line the connection is of no use; the next mail opens another."""
        if code == 421 and self._line is not None:
            self._line.close()
            self._line = None


class _Line(smtplib.SMTP):
    """A connection whose greeting, too, has to come before the deadline."""

    def __init__(self, host: str, port: int) -> None:
        with _deadline(self):
            super().__init__(host, port, timeout=SOCKET_SECONDS)


class _SecureLine(smtplib.SMTP_SSL):
    """The same, in TLS from the first byte."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        with _deadline(self):
            super().__init__(host, port, timeout=SOCKET_SECONDS, context=context)


@contextmanager
def _deadline(line: smtplib.SMTP) -> Iterator[None]:
    """Cut the connection where the block takes too long as a whole: a socket's own timeout starts anew with every byte."""
    timer = threading.Timer(DEADLINE_SECONDS, _cut, [line])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(line: smtplib.SMTP) -> None:
    if line.sock is not None:
        with suppress(OSError):
            line.sock.shutdown(socket.SHUT_RDWR)


def open_transport(settings: Settings) -> Transport:
    """The transport that the settings ask for."""
    if settings.smtp_url is None:
        return ShowOnly()
    return SmtpTransport(settings.smtp_url, keeps=settings.is_demo)
