"""What the portal itself holds of a person, and how it goes: first what they asked and fetched, last who they are.

Must never delete the ledger, nor leave a row from which the person could be found again but the tombstones and what the law keeps.
"""

from datetime import datetime

from sqlalchemy import Delete, delete, func, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.advancing import close_case, drop_package, drop_spools
from portal.cases.erasing.letters import is_last_mail
from portal.cases.erasing.model import Erasure, ErasureLink, LinkKind
from portal.cases.events import Code, note
from portal.cases.kept_model import Kept
from portal.cases.model import (
    OPEN_STATES,
    Case,
    CaseCorrection,
    CaseKind,
    CaseMessage,
    CaseRefusal,
    CaseState,
    DownloadLog,
    Package,
    WithheldText,
)
from portal.cases.scope import Scope, dump_scope, load_scope
from portal.cases.workflow import BUILD, EXPORT, RIGHT
from portal.consent.delivery_model import ConsentDelivery
from portal.consent.sealing import seal_proof
from portal.core.db import company_of
from portal.engine.model import Step
from portal.engine.service import cancel_step, steps_of
from portal.identity.model import AddressChange, SessionRow, SignInRequest
from portal.outbox.model import Mail
from portal.people.model import Person, PersonIdentifier
from portal.people.service import hashes_of, identifiers_of, was_seen_alone
from portal.people.suppressions import suppress_all
from portal.people.tombstones import bury


def somebody_else_waits(db: Session, erasing: Case) -> bool:
    """Whether something of the same mailbox that may be another person's is open or ready: it could not go on without the address (C2).

    The last of them forgets it (`forget_who_is_done`). Holds the person's row, so that of two that end at once one sees the other as over.
    """
    if erasing.person_id is None:
        return False
    db.get(Person, erasing.person_id, with_for_update=True, populate_existing=True)
    others = select(Case).where(Case.person_id == erasing.person_id, Case.id != erasing.id)
    waiting = db.scalars(others.where(Case.state.in_((*OPEN_STATES, CaseState.READY)))).all()
    return any((one.kind == CaseKind.ERASURE and one.state in OPEN_STATES) or not is_theirs(db, erasing, one) for one in waiting)


def is_theirs(db: Session, erasing: Case, other: Case) -> bool:
    """Whether another case of this mailbox is surely of the person who is erased: it was asked under their proof, or nobody else reads it."""
    mine, asked = load_scope(erasing.proven).records, load_scope(other.proven).records
    if asked:
        return asked <= mine
    return erasing.person_id is not None and was_seen_alone(db, erasing.person_id)


def drop_proven_rows(db: Session, erasing: Case) -> None:
    """What is surely of the person who is erased, where the mailbox is another's too: copies and messages of their own requests."""
    for case in db.scalars(select(Case).where(Case.person_id == erasing.person_id, Case.id != erasing.id).with_for_update()):
        if is_theirs(db, erasing, case) and case.kind != CaseKind.ERASURE:
            _end(db, case)
            _delete(db, delete(CaseMessage).where(CaseMessage.case_id == case.id))
            _delete(db, delete(WithheldText).where(WithheldText.case_id == case.id))
            _delete(db, delete(CaseRefusal).where(CaseRefusal.case_id == case.id))
            _delete(db, delete(CaseCorrection).where(CaseCorrection.case_id == case.id))
    db.flush()


def forget_who_is_done(db: Session) -> int:
    """Forget the identities that an erasure of everything had to leave, since somebody else of the same mailbox was still waiting.

    Whoever signed in since is that other person, and goes on. Returns how many were forgotten.
    """
    done = select(Case).where(Case.kind == CaseKind.ERASURE, Case.state == CaseState.DONE, Case.person_id.is_not(None))
    gone = 0
    for case in db.scalars(done.order_by(Case.closed_at.desc())).all():
        erasure = db.get(Erasure, case.id)
        if case.choice or case.person_id is None or erasure is None or erasure.ended_at is None or somebody_else_waits(db, case):
            continue
        proven = select(func.max(PersonIdentifier.proven_at)).where(PersonIdentifier.person_id == case.person_id)
        if (db.scalar(proven) or erasure.ended_at) <= erasure.ended_at:
            forget_identity(db, case, erased_at=erasure.begun_at or erasure.ended_at, told_at=erasure.ended_at)
            gone += 1
    return gone


def drop_own_rows(db: Session, erasing: Case) -> None:
    """Everything but the identity: copies and what was read for them, downloads, messages, other requests, sessions, sign-ins, mails."""
    person_id = erasing.person_id
    for case in db.scalars(select(Case).where(Case.person_id == person_id, Case.id != erasing.id).with_for_update()):
        _end(db, case)
    theirs = select(Case.id).where(Case.person_id == person_id)
    _delete(db, delete(CaseMessage).where(CaseMessage.case_id.in_(theirs)))
    _delete(db, delete(WithheldText).where(WithheldText.case_id.in_(theirs)))
    _delete(db, delete(CaseRefusal).where(CaseRefusal.case_id.in_(theirs)))
    _delete(db, delete(CaseCorrection).where(CaseCorrection.case_id.in_(theirs)))
    if person_id is not None:
        _drop_mails(db, erasing, {one.value for one in identifiers_of(db, person_id)})
    _delete(db, delete(SessionRow).where(SessionRow.person_id == person_id))
    db.flush()


def forget_identity(db: Session, erasing: Case, *, erased_at: datetime, told_at: datetime | None = None) -> None:
    """Bury every identifier, then delete it; the emptied person stays only because their chain of consent hangs on it.

    `told_at`: when the person was told how long the proof of that stays; it counts from then.
    """
    person_id = erasing.person_id
    if person_id is None:
        return
    # Whoever signed in since, or asked something, did so as the person who wanted this.
    drop_own_rows(db, erasing)
    for identifier in identifiers_of(db, person_id):
        bury(db, identifier, erased_at=erased_at)
        purposes = registry.company(company_of(db)).purposes.items()
        marketing = [(key, channel) for key, purpose in purposes if purpose.marketing for channel in purpose.channels]
        suppress_all(db, identifier, marketing, source="erasure")
        hashes = hashes_of(company_of(db), identifier)
        _delete(db, delete(SignInRequest).where(SignInRequest.identifier_hash.in_(hashes.values())))
    # While the identifiers are there: none of them may be contacted again but by a yes of their own.
    seal_proof(db, person_id, since=told_at)
    _delete(db, delete(AddressChange).where(AddressChange.person_id == person_id))
    _delete(db, delete(ConsentDelivery).where(ConsentDelivery.person_id == person_id))
    _delete(db, delete(PersonIdentifier).where(PersonIdentifier.person_id == person_id))
    _delete(db, delete(ErasureLink).where(ErasureLink.case_id == erasing.id, ErasureLink.kind == LinkKind.CANCEL))
    nobody = {"person_id": None, "proven": dump_scope(Scope())}
    db.execute(update(Case).where(Case.person_id == person_id).values(nobody).execution_options(synchronize_session=False))
    db.execute(
        update(Step).where(Step.person_id == person_id).values(person_id=None).execution_options(synchronize_session=False)
    )
    db.execute(
        update(Kept).where(Kept.person_id == person_id).values(person_id=None).execution_options(synchronize_session=False)
    )
    db.execute(update(Person).where(Person.id == person_id).values(language=None).execution_options(synchronize_session=False))
    db.expire_all()


def _end(db: Session, case: Case) -> None:
    """An older request of the person: its files go; one that still waits is stopped, since there is nothing left to answer it with."""
    for package in db.scalars(select(Package).filter_by(case_id=case.id)):
        if package.deleted_at is None:
            drop_package(package)
        _delete(db, delete(DownloadLog).where(DownloadLog.package_id == package.id))
    drop_spools(db, case)
    if case.state in (*OPEN_STATES, CaseState.READY):
        for step in steps_of(db, (EXPORT, BUILD, RIGHT), case.id):
            cancel_step(db, step.id)
        close_case(case, CaseState.CANCELLED if case.state in OPEN_STATES else CaseState.ENDED)
        note(db, case, Code.FILE_GONE if case.state is CaseState.ENDED else Code.ENDED_BY_ERASURE)


def _drop_mails(db: Session, erasing: Case, addresses: set[str]) -> None:
    """What still lies in the outbox for these addresses; nothing is written to them any more but the last mail."""
    for mail in db.scalars(select(Mail).where(Mail.company_id == company_of(db), Mail.recipient.is_not(None))):
        if mail.recipient in addresses and not is_last_mail(erasing, mail):
            db.delete(mail)


def _delete(db: Session, statement: Delete) -> None:
    db.execute(statement.execution_options(synchronize_session=False))
