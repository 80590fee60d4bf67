"""From a stored mail to the message that goes over the wire. Must never let a line break or a second address into a header."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from portal.config.model import Company
from portal.core import crypto
from portal.outbox.rendering import Letter, MailCannotBeWritten, breaks_a_line

MALFORMED = "A header of the mail cannot be written: a sender, a recipient or a subject is malformed."
ONE_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\"]+")


@dataclass(frozen=True, slots=True)
class Envelope:
    """Everything of a message but its words. `thread` is the root that all mails of one case refer to."""

    recipient: str = field(repr=False)
    message_id: str
    thread: str | None
    language: str
    at: datetime


def new_message_id(company: Company) -> str:
    """A Message-ID (RFC 5322 3.6.4) that says nothing, at the sender's domain."""
    return f"<{crypto.random_token()}@{_domain(company)}>"


def thread_root(company: Company, thread: str) -> str:
    """The Message-ID-shaped name that all mails of one case refer to, so that mail programs keep them together."""
    return f"<{crypto.token_hash(f'mail.thread.{company.name}', thread).hex()[:32]}@{_domain(company)}>"


def build_message(company: Company, envelope: Envelope, letter: Letter) -> EmailMessage:
    """The message, multipart/alternative, with the headers of an automatic mail (RFC 3834). Raises `MailCannotBeWritten`."""
    message = _headers_of(company, envelope, letter)
    try:
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        # Setting the content drops all Content-* headers, so this one comes last.
        message["Content-Language"] = envelope.language
    except (MessageError, ValueError, TypeError, IndexError, AttributeError):
        raise MailCannotBeWritten(MALFORMED) from None
    return message


def refuse_unwritable(company: Company, envelope: Envelope, letter: Letter) -> None:
    """What `build_message` would refuse is refused, without the content being set: that is done when it leaves. Raises `MailCannotBeWritten`."""
    _headers_of(company, envelope, letter)
    try:
        (letter.text + letter.html + envelope.language).encode()
    except UnicodeError:
        raise MailCannotBeWritten(MALFORMED) from None


def _headers_of(company: Company, envelope: Envelope, letter: Letter) -> EmailMessage:
    _refuse_malformed(company, envelope, letter)
    message = EmailMessage(policy=SMTP)
    local, _, domain = envelope.recipient.rpartition("@")
    try:
        message["From"] = Address(company.sender.name, addr_spec=company.sender.email)
        # By its two parts: as one text, letters beyond ASCII (RFC 6532) are refused.
        message["To"] = Address(username=local, domain=domain)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(envelope.at)
        message["Message-ID"] = envelope.message_id
        if envelope.thread:
            message["In-Reply-To"] = envelope.thread
            message["References"] = envelope.thread
        message["Auto-Submitted"] = "auto-generated"
    except (MessageError, ValueError, TypeError, IndexError, AttributeError):
        # The standard library's words repeat the value; ours do not.
        raise MailCannotBeWritten(MALFORMED) from None
    return message


def _refuse_malformed(company: Company, envelope: Envelope, letter: Letter) -> None:
    """One recipient, and no sign in any header that some program reads as a new line; the library lets U+2028 and NUL through."""
    headers = (
        company.sender.name,
        company.sender.email,
        envelope.recipient,
        envelope.message_id,
        envelope.thread or "",
        letter.subject,
    )
    if any(breaks_a_line(header) for header in headers) or not ONE_ADDRESS.fullmatch(envelope.recipient):
        raise MailCannotBeWritten(MALFORMED)


def _domain(company: Company) -> str:
    return company.sender.email.rpartition("@")[2]
