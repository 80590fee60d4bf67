"""Making two people one, and one two, at the word of a company's system: only while nothing of theirs is being answered.

Must never let a request that was opened for one set of addresses be answered over another.
"""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.cases.acting_model import ActingRequest
from portal.cases.model import Case, CaseState
from portal.cases.phone.model import PhoneSession
from portal.consent import joining
from portal.consent.chains import hold_person
from portal.consent.joining import CannotBeJoined
from portal.consent.telling import Source
from portal.core import clock
from portal.identity.address_change import is_settled, stop_changes
from portal.identity.sessions import end_all_sessions
from portal.people.model import Person, PersonIdentifier
from portal.people.service import EMAIL, Identifier, add_identifier, find_identifier, hold_identifiers, person_for

BEING_ANSWERED = (CaseState.OPEN, CaseState.PARTLY, CaseState.READY)


class NobodyKnown(CannotBeJoined):
    """No person has this identifier."""


def upsert_person(db: Session, identifiers: list[Identifier], *, source: Source, language: str | None = None) -> Person:
    """The person with these identifiers, made where nobody has any of them; what they are not known by yet is added, and nothing removed.

    Raises `CannotBeJoined` where they belong to several people, and `NotInNormalForm`.
    """
    owners = {row.person_id for one in identifiers if (row := find_identifier(db, one)) is not None}
    if len(owners) > 1:
        raise CannotBeJoined("These identifiers belong to more than one person. Merge them first, if they are one.")
    first = next((one for one in identifiers if find_identifier(db, one) is not None), identifiers[0])
    was_known = bool(owners)
    person = person_for(db, first, language=language)
    new = [one for one in identifiers if find_identifier(db, one) is None]
    if new and was_known:
        _refuse_while_answered(db, person.id)
    # Of several addresses that come at once none is proven: the first is the person's, the others wait for their mailbox as if added later.
    has_address = was_known or first.kind == EMAIL
    try:
        with db.begin_nested():
            for one in new:
                add_identifier(db, person.id, one, joined=was_known or (one.kind == EMAIL and has_address))
                has_address = has_address or one.kind == EMAIL
    except IntegrityError:
        raise CannotBeJoined("Another system has just told of one of these identifiers. Ask once more.") from None
    if new and was_known:
        _note(db, source, "person.identifiers_added", person.public_id, count=len(new))
    return person


def merge_people(db: Session, keep: Identifier, gone: Identifier, *, source: Source) -> Person:
    """Who has `gone` is who has `keep`. Raises `CannotBeJoined`, `NobodyKnown`, `KeyIsDestroyed`; then nothing is written."""
    kept, going = (row.person_id for row in _held(db, keep, gone))
    for person_id in (kept, going):
        _refuse_while_answered(db, person_id)
        _refuse_while_changing(db, person_id)
    trace = joining.join(db, kept, going, point=source.point, told_by=source.key_id)
    for person_id in (kept, going):
        stop_changes(db, person_id)
    _let_requests_follow(db, going)
    person = db.get_one(Person, kept)
    _note(db, source, "person.merged", person.public_id, gone=trace.person, events=trace.length, tip=trace.tip)
    return person


def split_person(db: Session, identifier: Identifier, *, source: Source) -> Person:
    """Who has `identifier` is somebody else than its person. Raises as `merge_people`."""
    (row,) = _held(db, identifier)
    before = row.person_id
    _refuse_while_answered(db, before)
    _refuse_while_changing(db, before)
    trace = joining.part(db, row, point=source.point, told_by=source.key_id)
    stop_changes(db, before)
    _let_requests_follow(db, before)
    person = db.get_one(Person, row.person_id)
    _note(db, source, "person.split", person.public_id, split_from=trace.person, events=trace.length, tip=trace.tip)
    return person


def _let_requests_follow(db: Session, before: int) -> None:
    """What others ask for somebody is for who has the identifier that they named, whoever that was before. A yes on the telephone was of
    one person and ends.
    """
    calls = update(PhoneSession).where(PhoneSession.person_id == before, PhoneSession.ended_at.is_(None))
    db.execute(calls.values(ended_at=clock.now()).execution_options(synchronize_session="fetch"))
    db.flush()
    for asked in db.scalars(select(ActingRequest).where(ActingRequest.person_id == before)):
        row = find_identifier(db, Identifier(asked.identifier_kind, asked.identifier)) if asked.identifier else None
        asked.person_id = row.person_id if row is not None else None
    db.flush()


def _held(db: Session, *identifiers: Identifier) -> list[PersonIdentifier]:
    """The rows, and their people signed out and held: what is read of them from here on stays so. Raises as `_row`.

    Sessions end first, since who acts in one holds it: a request that is just being made is waited for, and seen.
    """
    rows = [_row(db, one) for one in identifiers]
    people = [row.person_id for row in rows]
    for person_id in sorted(set(people)):
        end_all_sessions(db, person_id)
    for person_id in sorted(set(people)):
        hold_person(db, person_id)
    hold_identifiers(db, rows)
    if [row.person_id for row in rows] != people:
        raise CannotBeJoined("One of these identifiers has just gone to somebody else. Ask once more.")
    # Who signed in at this very moment has done so by now.
    for person_id in sorted(set(people)):
        end_all_sessions(db, person_id)
    return rows


def _row(db: Session, identifier: Identifier) -> PersonIdentifier:
    row = find_identifier(db, identifier)
    if row is None:
        raise NobodyKnown("Nobody is known by one of these identifiers.")
    if row.left_at is not None:
        raise CannotBeJoined("One of these addresses was just changed for another by its person.")
    return row


def _refuse_while_answered(db: Session, person_id: int) -> None:
    open_ones = select(Case.id).where(Case.person_id == person_id, Case.state.in_(BEING_ANSWERED)).limit(1)
    if db.scalar(open_ones) is not None:
        raise CannotBeJoined("A request of this person is being answered. Wait until it is done.")


def _refuse_while_changing(db: Session, person_id: int) -> None:
    """Its undo would move the addresses of whoever has them by then."""
    if not is_settled(db, person_id):
        raise CannotBeJoined(
            "One of their addresses was just changed for another by its person. Wait until that cannot be undone."
        )


def _note(db: Session, source: Source, act: str, public_id: str, **detail: str | int) -> None:
    record_audit(db, actor=f"api:{source.key_id}", act=act, target=f"person:{public_id}", **detail)
