"""What the portal itself holds of a person, and how it goes: first what they asked and fetched, last who they are.

Must never delete the ledger, nor leave a row from which the person could be found again but the tombstones and what the law keeps.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, null, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.acting_model import ActingRequest
from portal.cases.advancing import close_case, drop_package, drop_spools
from portal.cases.copy_model import BlackedOut, DownloadLog, Package, WithheldText
from portal.cases.erasing.letters import is_last_mail
from portal.cases.erasing.model import Erasure, ErasureLink, LinkKind
from portal.cases.events import Code, note
from portal.cases.file_model import CaseFile
from portal.cases.kept_model import Kept
from portal.cases.model import (
    OPEN_STATES,
    Case,
    CaseCorrection,
    CaseKind,
    CaseMessage,
    CaseNote,
    CaseRefusal,
    CaseState,
    ClockRow,
)
from portal.cases.proposal_model import Proposal
from portal.cases.scope import Scope, dump_scope, load_scope
from portal.cases.tasks.model import CaseTask
from portal.cases.workflow import BUILD, EXPORT, RIGHT
from portal.consent.delivery_model import ConsentDelivery
from portal.consent.sealing import seal_proof
from portal.core.db import Base, company_of
from portal.core.fixed import Fixed
from portal.engine.model import Step
from portal.engine.service import cancel_step, steps_of
from portal.identity.model import AddressChange, SessionRow, SignInRequest
from portal.outbox.model import Mail
from portal.people.model import Person, PersonIdentifier
from portal.people.service import hashes_of, identifiers_of, was_seen_alone
from portal.people.suppressions import suppress_all
from portal.people.tombstones import bury


def _delete(row: type[Base], *also: ColumnElement[bool], **where: str) -> Fixed:
    """Delete rows of the session's company in which these columns hold what is given under these names."""
    table = cast(Table, row.__table__)
    named = [table.c[column] == bindparam(name) for column, name in where.items()]
    return Fixed(delete(table).where(table.c.company_id == bindparam("company"), *named, *also))


def _let_go(row: type[Base], *, by: str = "person_id", **values: object) -> Fixed:
    """Write `values` into the rows of a person."""
    table = cast(Table, row.__table__)
    theirs = (table.c.company_id == bindparam("company"), table.c[by] == bindparam("whose"))
    return Fixed(update(table).where(*theirs).values(**values))


_CASES, _MAILS = cast(Table, Case.__table__), cast(Table, Mail.__table__)
_THEIRS = select(_CASES.c.id).where(_CASES.c.company_id == bindparam("company"), _CASES.c.person_id == bindparam("whose"))
WORDS = (
    ActingRequest, CaseFile, CaseTask, CaseMessage, WithheldText, BlackedOut, CaseRefusal, CaseCorrection, CaseNote, Proposal,
)  # fmt: skip
"""What people wrote about a case: it goes with the person. Dates and codes of what happened stay."""
_CLOCKS = cast(Table, ClockRow.__table__)
_NO_WORDS = update(_CLOCKS).where(_CLOCKS.c.company_id == bindparam("company")).values(words=null())
_WORDS_OF_CASE = [*(_delete(row, case_id="of") for row in WORDS), Fixed(_NO_WORDS.where(_CLOCKS.c.case_id == bindparam("of")))]
_OWN_ROWS = [
    *(_delete(row, cast(Table, row.__table__).c.case_id.in_(_THEIRS)) for row in WORDS),
    Fixed(_NO_WORDS.where(_CLOCKS.c.case_id.in_(_THEIRS))),
    _delete(SessionRow, person_id="whose"),
]
_SIGN_INS = [_delete(SignInRequest, identifier_hash="hashed")]
_STOP_LINKS = [_delete(ErasureLink, ErasureLink.__table__.c.kind == LinkKind.CANCEL, case_id="of")]
_IDENTITY = [
    _delete(AddressChange, person_id="whose"),
    _delete(ConsentDelivery, person_id="whose"),
    _delete(PersonIdentifier, person_id="whose"),
    _let_go(Case, person_id=null(), proven=bindparam("nothing")),
    _let_go(Step, person_id=null()),
    _let_go(Kept, person_id=null()),
    _let_go(ActingRequest, person_id=null(), identifier=null()),
    _let_go(Person, by="id", language=null(), place=null()),
]
_DOWNLOADS = [_delete(DownloadLog, package_id="of")]
_MAIL = [_delete(Mail, id="of")]
_ADDRESSED = select(_MAILS.c.id, _MAILS.c.key, _MAILS.c.recipient).where(
    _MAILS.c.company_id == bindparam("company"), _MAILS.c.recipient.is_not(None)
)


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
            _run(db, _WORDS_OF_CASE, of=case.id)
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
    if person_id is not None:
        _drop_mails(db, erasing, {one.value for one in identifiers_of(db, person_id)})
        _run(db, _OWN_ROWS, whose=person_id)


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
        for hashed in hashes_of(company_of(db), identifier).values():
            _run(db, _SIGN_INS, hashed=hashed)
    # While the identifiers are there: none of them may be contacted again but by a yes of their own.
    seal_proof(db, person_id, since=told_at)
    _run(db, _STOP_LINKS, of=erasing.id)
    _run(db, _IDENTITY, whose=person_id, nothing=dump_scope(Scope()))
    db.expire_all()


def _end(db: Session, case: Case) -> None:
    """An older request of the person: its files go; one that still waits is stopped, since there is nothing left to answer it with."""
    for package in db.scalars(select(Package).filter_by(case_id=case.id)):
        if package.deleted_at is None:
            drop_package(package)
        _run(db, _DOWNLOADS, of=package.id)
    drop_spools(db, case)
    if case.state in (*OPEN_STATES, CaseState.READY):
        for step in steps_of(db, (EXPORT, BUILD, RIGHT), case.id):
            cancel_step(db, step.id)
        close_case(case, CaseState.CANCELLED if case.state in OPEN_STATES else CaseState.ENDED)
        note(db, case, Code.FILE_GONE if case.state is CaseState.ENDED else Code.ENDED_BY_ERASURE)


def _drop_mails(db: Session, erasing: Case, addresses: set[str]) -> None:
    """What still lies in the outbox for these addresses; nothing is written to them any more but the last mail."""
    db.flush()
    for number, key, recipient in db.connection().execute(_ADDRESSED, {"company": company_of(db)}).all():
        if recipient in addresses and not is_last_mail(erasing, key):
            _run(db, _MAIL, of=number)


def _run(db: Session, statements: Sequence[Fixed], **given: object) -> None:
    """Statements that were made once, for the session's company, past the rows that the session has in hand."""
    for statement in statements:
        statement.run(db, {"company": company_of(db), **given})
