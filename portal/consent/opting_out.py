"""An address that was typed without any proof is opted out at once; the worker then tells who is known behind it.

Must never do, store or take longer in the request for a known address than for an unknown one.
"""

from datetime import datetime, timedelta

from itsdangerous import BadSignature
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.accounts import registry
from portal.accounts.working_off import work_off
from portal.consent.chains import KeyIsDestroyed
from portal.consent.saving import Saved, undo
from portal.consent.unproven import marketing_choices, stop
from portal.core import clock, crypto, i18n, urls
from portal.core.columns import Encrypted
from portal.core.db import Base, CompanyOwned, Database, company_of
from portal.core.errors import PortalError
from portal.core.limits import Limit, count_once
from portal.outbox.service import queue_mail
from portal.people.addresses import normal_address
from portal.people.service import EMAIL, Identifier, find_typed
from portal.people.suppressions import suppress

UNDO_DAYS = 30
TYPED = Limit("opt_out.undo", 10, timedelta(days=1))
"""Per person: how often an address is compared with theirs."""
AT_ONCE = 200


class UndoUnreadable(PortalError):
    """No undo of ours, another company's, or too old."""


class OptOut(CompanyOwned, Base):
    """One address that was opted out and whose ledger the worker still has to bring along. The row goes with that."""

    __tablename__ = "opt_out"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Encrypted("opt_out.address"))
    language: Mapped[str] = mapped_column(String(20))
    collection_point: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime]


def opt_out(db: Session, address: str, *, language: str, collection_point: str) -> None:
    """No advert may reach `address` from now on, known or not. Raises `AddressRefused` before anything is written."""
    company = registry.company(company_of(db))
    normal = normal_address(address, allow_non_ascii=company.allow_non_ascii_addresses)
    for choice in marketing_choices(company):
        suppress(db, Identifier(EMAIL, normal), purpose=choice.purpose, channel=choice.channel, source=collection_point)
    row = OptOut(address=normal, language=language, collection_point=collection_point, asked_at=clock.now())
    db.add(row)
    db.flush()


def settle_opt_outs(database: Database) -> int:
    """Bring the ledgers of those who are known along, and tell each once; returns how many rows were worked off."""
    served = list(registry.ids().values())
    waiting = select(OptOut.company_id, OptOut.id).where(OptOut.company_id.in_(served)).order_by(OptOut.id).limit(AT_ONCE)
    return work_off(database, waiting, _settle, failed="opt_out.not_settled")


def _settle(db: Session, row_id: int) -> int:
    row = db.scalar(select(OptOut).filter_by(id=row_id).with_for_update(skip_locked=True))
    if row is None:
        return 0
    whose = Identifier(EMAIL, row.address)
    stopped = stop(db, whose, (), language=row.language, collection_point=row.collection_point, asked_at=row.asked_at)
    if stopped.person_id is not None and stopped.saved.events:
        tell_of_stop(db, stopped.person_id, row.address, stopped.saved, language=row.language)
    db.delete(row)
    return 1


def tell_of_stop(db: Session, person_id: int, address: str, saved: Saved, *, language: str) -> None:
    """One mail that says what was stopped, with an undo that only who reads this mailbox can press."""
    company = registry.company(company_of(db))
    with i18n.speaking(language, company.time_zone):
        context = {
            "link": undo_link(db, person_id, saved),
            "stopped_at": i18n.format_moment(clock.now()),
            "days": UNDO_DAYS,
        }
    queue_mail(
        db,
        template="stopped",
        to=address,
        language=language,
        key=f"stopped:{person_id}:{saved.sequences[-1]}",
        context=context,
        not_after=clock.now() + timedelta(days=1),
    )


def undo_link(db: Session, person_id: int, saved: Saved) -> str:
    """Where who reads the mailbox takes back what was stopped, for `UNDO_DAYS`."""
    company_id = company_of(db)
    token = crypto.signer("mail-undo").dumps([company_id, person_id, list(saved.sequences)])
    return urls.address(registry.company(company_id).url, urls.UNDO_STOP, token=str(token))


def read_undo(db: Session, token: str) -> tuple[int, list[int]]:
    """Whose events the undo of a mail takes back, and which. Raises `UndoUnreadable`."""
    try:
        company_id, person_id, sequences = crypto.signer("mail-undo").loads(token, max_age=UNDO_DAYS * 24 * 3600)
    except (BadSignature, ValueError, TypeError):
        raise UndoUnreadable("This undo is not ours, or too old.") from None
    if company_id != company_of(db):
        raise UndoUnreadable("This undo is another company's.")
    return int(person_id), [int(sequence) for sequence in sequences]


def undo_stop(db: Session, token: str, *, typed_address: str) -> Saved | None:
    """Take back what a mail told of. What was chosen since stands. None where `typed_address` is not the person's: programs in front of
    a mailbox press every button, but type no address (S4). Raises `UndoUnreadable`.
    """
    person_id, sequences = read_undo(db, token)
    named = find_typed(db, typed_address) if count_once(db, TYPED, str(company_of(db)), str(person_id)) else None
    if named is None or named.person_id != person_id:
        return None
    try:
        return undo(db, person_id, sequences, collection_point="mail:undo")
    except KeyIsDestroyed:
        raise UndoUnreadable("Nobody is left whose choice it was.") from None
