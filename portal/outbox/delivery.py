"""Send what is due. A mail is claimed and committed first, sent with no transaction open, and its result written afterwards.

Must never send inside a transaction, and never leave a recipient or a text in the row once the mail is out.
A crash between sending and writing can send a mail twice, never lose it; both carry one Message-ID, so that mailboxes can tell.
"""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, Update, and_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import clock, faultpoints, logs
from portal.core.db import ALL_COMPANIES, Database, prepared
from portal.core.errors import PortalError
from portal.outbox.messages import Envelope, build_message
from portal.outbox.model import Mail, MailState
from portal.outbox.rendering import Letter
from portal.outbox.transports import MailNotTaken, MailRefused, Transport, open_transport

__all__ = ["deliver_due", "open_transport"]

LEASE = timedelta(minutes=5)
A_ROUND = 50
WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 45, 120, 300, 900, 3600, 3 * 3600, 6 * 3600))
"""How long after each failed try the next one comes; the last wait repeats."""
GIVE_UP = timedelta(days=4)
"""RFC 5321 4.5.4.1: mail systems try for four to five days."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """One mail that is ours to send, until its lease ends."""

    id: int
    company_id: int
    fence: int
    template: str
    tries: int
    queued_at: datetime
    not_after: datetime | None
    envelope: Envelope
    letter: Letter


def deliver_due(database: Database, transport: Transport) -> int:
    """Send up to `A_ROUND` due mails, one after the other; returns how many were worked on."""
    done = 0
    try:
        while done < A_ROUND and _is_any_due(database):
            claim = _claim_one(database)
            if claim is None:
                break
            done += 1
            if not _send(database, transport, claim):
                break
    finally:
        transport.close()
    return done


def _is_any_due(database: Database) -> bool:
    """A look that takes no lock: most rounds find nothing."""
    with database.reading(ALL_COMPANIES) as db:
        return db.connection().execute(_ANY, _now(db)).first() is not None


def _claim_one(database: Database) -> _Claim | None:
    """Take the mail that waits longest. Returns None where another worker took it."""
    with database.writing(ALL_COMPANIES) as db:
        mail = db.scalar(_NEXT, _now(db))
        if mail is None:
            return None
        mail.state, mail.fence, mail.tries = MailState.SENDING, mail.fence + 1, mail.tries + 1
        mail.lease_owner = f"{socket.gethostname()[:40]}-{os.getpid()}"
        mail.lease_until = clock.database_now(db) + LEASE
        db.flush()
        faultpoints.point("mail.claiming")
        envelope = Envelope(mail.recipient or "", mail.message_id, mail.thread, mail.language, mail.queued_at)
        letter = Letter(mail.subject or "", mail.text or "", mail.html or "")
        return _Claim(
            mail.id, mail.company_id, mail.fence, mail.template, mail.tries, mail.queued_at, mail.not_after, envelope, letter
        )


def _send(database: Database, transport: Transport, claim: _Claim) -> bool:
    """Send one and write what came of it. Returns whether the round may go on."""
    if claim.not_after is not None and claim.not_after <= clock.now():
        _settle(database, claim, MailState.FAILED, error="too-late")
        return True
    company = registry.company(claim.company_id)
    try:
        message = build_message(company, claim.envelope, claim.letter)
        faultpoints.point("mail.sending")
        transport.send(message)
        faultpoints.point("mail.sent")
    except MailNotTaken as later:
        if clock.now() - claim.queued_at > GIVE_UP:
            _settle(database, claim, MailState.FAILED, error="given-up")
        else:
            _put_back(database, claim, later.code)
        return not later.server_is_down
    except MailRefused as refused:
        _settle(database, claim, MailState.FAILED, error=refused.code, keeps=transport.keeps)
    except PortalError as error:
        _settle(database, claim, MailState.HELD, error=type(error).__name__, keeps=True)
    else:
        _settle(database, claim, MailState.SENT if transport.sends else MailState.SHOWN, keeps=transport.keeps)
    return True


def _settle(database: Database, claim: _Claim, state: MailState, *, error: str | None = None, keeps: bool = False) -> None:
    """Write the result where the claim still is ours, and wipe the content unless it is kept."""
    values: dict[str, object] = {"state": state, "error": error, "lease_owner": None, "lease_until": None}
    if state is not MailState.HELD:
        values["ended_at"] = clock.now()
    if not keeps:
        values |= {"recipient": None, "subject": None, "text": None, "html": None}
    with database.writing(claim.company_id) as db:
        db.execute(_ours(claim).values(values).execution_options(synchronize_session=False))
        faultpoints.point("mail.settling")
    faultpoints.point("mail.settled")
    level = 20 if error is None else 40
    company = registry.key_of(claim.company_id)
    logs.event(f"mail.{state}", level=level, company=company, mail=claim.template, attempt=claim.tries, reason_code=error)


def _put_back(database: Database, claim: _Claim, code: str) -> None:
    """Queue it again for later."""
    wait = WAITS[min(claim.tries, len(WAITS)) - 1]
    values = {"state": MailState.QUEUED, "error": code, "next_at": clock.now() + wait, "lease_owner": None, "lease_until": None}
    with database.writing(claim.company_id) as db:
        db.execute(_ours(claim).values(values).execution_options(synchronize_session=False))
    company = registry.key_of(claim.company_id)
    logs.event(
        "mail.later",
        level=30,
        company=company,
        mail=claim.template,
        attempt=claim.tries,
        reason_code=code,
        after=int(wait.total_seconds()),
    )


def _ours(claim: _Claim) -> Update:
    return update(Mail).where(Mail.id == claim.id, Mail.fence == claim.fence, Mail.state == MailState.SENDING)


_DUE = and_(
    or_(
        and_(Mail.state == MailState.QUEUED, Mail.next_at <= bindparam("here")),
        and_(Mail.state == MailState.SENDING, Mail.lease_until <= bindparam("there")),
    ),
    Mail.company_id.in_(bindparam("companies", expanding=True)),
)
"""Queued and due, or claimed by a sender whose lease is over; of the companies that this process serves."""
_ANY = select(cast(Table, Mail.__table__).c.id).where(_DUE).limit(1)
_NEXT = prepared(select(Mail).where(_DUE).order_by(Mail.next_at, Mail.id).limit(1).with_for_update(skip_locked=True))


def _now(db: Session) -> dict[str, object]:
    return {"here": clock.now(), "there": clock.database_now(db), "companies": list(registry.ids().values())}
