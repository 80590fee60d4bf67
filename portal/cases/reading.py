"""Read for a page what the systems hold: all of them at once, none longer than a page may wait, kept sealed for ten minutes.

Must never run with a transaction open, and never keep a row of a record that may be somebody else's.
"""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from heapq import heappush, heappushpop

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.asking import SystemIsBusy, ask_all
from portal.adapters.contract import Adapter, AdapterError, Match, Place, Record, Subject, TryLater
from portal.adapters.never_leaves import withhold
from portal.cases.apart import may_be_several, open_to
from portal.cases.copy_model import HeldRead
from portal.cases.found import ROWS_ON_A_PAGE, Answer, FoundRecord, Reading, Rows, SystemReading
from portal.cases.lines import dump_system, load_system
from portal.cases.matching import subject_of, true_matches
from portal.cases.scope import scope_of
from portal.cases.systems import open_system, place_of
from portal.core import clock, logs
from portal.core.db import Database
from portal.core.errors import PortalError, fingerprint
from portal.core.inserting import insert_for
from portal.core.limits import Limit, count_once
from portal.identity.address_change import held_back
from portal.identity.model import SessionRow
from portal.people.service import note_seen_alone, was_seen_alone

KEPT = timedelta(minutes=10)
READS = Limit("held-reads", 30, timedelta(hours=1))
"""Times that systems are asked for one person's pages; what is kept is read as often as one likes."""


class TooManyReads(PortalError):
    """The person's pages have asked the systems so often within the hour that they have to wait."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in which session of which company."""

    company_id: int
    person_id: int
    session_id: int


def read_held(database: Database, reader: Reader, *, again: bool = False) -> Reading:
    """What every system says, from what is kept or freshly asked; `again` asks those once more that did not answer.

    Takes at most about three seconds. Raises `TooManyReads`; what was read before stays readable (`kept_reading`).
    """
    company = registry.company(reader.company_id)
    with database.reading(reader.company_id) as db:
        subject = subject_of(db, reader.person_id, session_id=reader.session_id)
        kept = _kept(db, reader)
        opened = open_now(db, reader, Reading(tuple(kept.values())))
    silent = Reading(tuple(kept.values())).missing() if again else []
    # What was proven since it was last read was found, but its rows were not kept.
    shut_then = {
        key for key, answer in kept.items() for record in answer.records if record.rows is None and (key, record.key) in opened
    }
    unread = [key for key in company.systems if key not in kept or key in silent or key in shut_then]
    if unread:
        with database.writing(reader.company_id) as db:
            allowed = count_once(db, READS, str(reader.company_id), str(reader.person_id))
        if not allowed:
            raise TooManyReads("The systems were asked too often within the hour.")
        kept |= _ask(database, reader, unread, subject)
    return Reading(tuple(kept[key] for key in company.systems))


def kept_reading(db: Session, reader: Reader) -> Reading:
    """What is kept of this session's reading; nothing is asked, and what is not kept counts as not answered."""
    kept, company = _kept(db, reader), registry.company(reader.company_id)
    return Reading(
        tuple(kept.get(key) or SystemReading(key, Answer.WAITING, clock.now(), error="not_asked") for key in company.systems)
    )


def open_now(db: Session, reader: Reader, reading: Reading) -> frozenset[tuple[str, str]]:
    """The records, as (system, key), of which something may be shown in this session."""
    scope = scope_of(db, registry.company(reader.company_id), reader.session_id, reading)
    return open_to(
        scope.records, reading.candidates, complete=_is_complete(reader, reading) or was_seen_alone(db, reader.person_id)
    )


def _is_complete(reader: Reader, reading: Reading) -> bool:
    """Whether every system has answered."""
    answered = {one.system for one in reading.systems} - set(reading.missing())
    return answered >= set(registry.company(reader.company_id).systems)


def forget_readings(db: Session, *session_ids: int) -> None:
    """Drop what is kept for these sessions; called in the transaction that ends them, after it has ended them."""
    db.execute(delete(HeldRead).where(HeldRead.session_id.in_(session_ids)).execution_options(synchronize_session=False))


def forget_what_changed(db: Session, person_id: int | None, system: str) -> None:
    """Drop what this system said in every session of the person: it holds something else now, and the next page asks it."""
    of_theirs = HeldRead.session_id.in_(select(SessionRow.id).where(SessionRow.person_id == person_id))
    db.execute(delete(HeldRead).where(HeldRead.system == system, of_theirs).execution_options(synchronize_session=False))


def ask_system(place: Place, subject: Subject) -> SystemReading:
    """One system's whole answer for a page: matches that stand the comparison, and their newest rows. Raises nothing."""
    try:
        adapter = open_system(place)
        if not adapter.can.find:
            return SystemReading(place.key, Answer.BY_HAND, clock.now())
        found = true_matches(subject, adapter.find(subject), company=place.company, system=place.key)
        records = tuple(_read_record(adapter, match, place.system.proof) for match in found)
        closed = dict(adapter.scope().closed) if records else {}
    except TryLater:
        return _silent(place, Answer.WAITING, "late")
    except AdapterError as error:
        return _silent(place, Answer.FAILED if error.permanent else Answer.WAITING, fingerprint(error))
    except Exception as error:  # noqa: BLE001  # one system's fault is told by class and place; the others are shown
        return _silent(place, Answer.FAILED, fingerprint(error))
    return SystemReading(place.key, Answer.ANSWERED if records else Answer.NOTHING, clock.now(), records, closed)


def _ask(database: Database, reader: Reader, systems: Iterable[str], subject: Subject) -> dict[str, SystemReading]:
    """Ask, keep what came, and let those that are late bring their answer when they have it."""
    company_key = registry.key_of(reader.company_id)
    places = {f"{company_key}/{key}": place_of(reader.company_id, key) for key in systems}
    asked = ask_all({name: partial(ask_system, place, subject) for name, place in places.items()})
    answers = {places[name].key: _answer(places[name], future) for name, future in asked.items()}
    kept = _keep(database, reader, answers)
    for future in asked.values():
        if not future.done():
            future.add_done_callback(partial(_keep_late, database, reader))
    return kept


def _answer(place: Place, future: "Future[SystemReading]") -> SystemReading:
    if not future.done():
        return _silent(place, Answer.WAITING, "late")
    try:
        return future.result()
    except SystemIsBusy:
        return _silent(place, Answer.WAITING, "busy")


def _keep_late(database: Database, reader: Reader, future: "Future[SystemReading]") -> None:
    """A late answer takes the place of the word that it is late, if the session still waits for it."""
    try:
        answer = future.result()
        with database.reading(reader.company_id) as db:
            waits = answer.system in _kept(db, reader)
        if waits:
            _keep(database, reader, {answer.system: answer})
    except Exception as error:  # noqa: BLE001  # nobody waits for this thread: the page can ask again
        logs.event("cases.late_answer_lost", level=30, error=error, company=str(reader.company_id))


def _keep(database: Database, reader: Reader, answers: dict[str, SystemReading]) -> dict[str, SystemReading]:
    """Seal the answers for this session, without the rows of records that are not open to it; returns them as kept."""
    with database.writing(reader.company_id) as db:
        session = select(SessionRow).where(SessionRow.id == reader.session_id, SessionRow.ended_at.is_(None))
        alive = db.scalar(session.with_for_update(read=True))
        everything = Reading(tuple((_kept(db, reader) | answers).values()))
        if alive and _is_complete(reader, everything):
            but = held_back(db, reader.person_id, alive.identifier_id)
            note_seen_alone(db, reader.person_id, alone=not may_be_several(everything.candidates), but=but)
        opened = open_now(db, reader, everything)
        bare = {key: _only(answer, opened) for key, answer in answers.items()}
        if alive:
            _write(db, reader, bare.values())
    return bare


def _only(answer: SystemReading, opened: Collection[tuple[str, str]]) -> SystemReading:
    records = tuple(
        record if (answer.system, record.key) in opened else FoundRecord(record.key, record.tells_apart, record.provable)
        for record in answer.records
    )
    return replace(answer, records=records)


def _write(db: Session, reader: Reader, answers: Iterable[SystemReading]) -> None:
    for answer in answers:
        statement = insert_for(db, HeldRead).values(
            company_id=reader.company_id,
            session_id=reader.session_id,
            system=answer.system,
            answer=dump_system(answer),
            expires_at=clock.now() + KEPT,
        )
        fresh = {"answer": statement.excluded.answer, "expires_at": statement.excluded.expires_at}
        db.execute(statement.on_conflict_do_update(index_elements=["session_id", "system"], set_=fresh))


def _kept(db: Session, reader: Reader) -> dict[str, SystemReading]:
    rows = db.scalars(select(HeldRead).filter_by(session_id=reader.session_id).where(HeldRead.expires_at > clock.now()))
    return {row.system: load_system(row.answer) for row in rows}


def _read_record(adapter: Adapter, match: Match, kinds: Collection[str]) -> FoundRecord:
    provable = frozenset(adapter.proof_values(match, kinds)) if kinds else frozenset[str]()
    return FoundRecord(match.key, match.tells_apart, provable, tuple(_newest_rows(adapter.export(match))))


def _newest_rows(records: Iterable[Record]) -> Iterator[Rows]:
    """Per collection the newest rows, newest first, and how many there are: counting goes on where keeping stops.

    What bears no date counts as newer the later it comes.
    """
    newest: dict[str, list[tuple[str, int, Record]]] = {}
    totals: dict[str, int] = {}
    for record in records:
        rows = newest.setdefault(record.collection, [])
        number = totals[record.collection] = totals.get(record.collection, 0) + 1
        day = max((f"{value.obtained:%Y-%m-%dT%H:%M:%S}" for value in record.values if value.obtained), default="")
        if len(rows) < ROWS_ON_A_PAGE:
            heappush(rows, (day, number, withhold(record)))
        else:
            heappushpop(rows, (day, number, withhold(record)))
    return (
        Rows(collection, tuple(record for _day, _number, record in sorted(rows, reverse=True)), totals[collection])
        for collection, rows in newest.items()
    )


def _silent(place: Place, answer: Answer, error: str) -> SystemReading:
    logs.event("cases.read_failed", level=30, company=place.company, system=place.key, reason_code=error)
    return SystemReading(place.key, answer, clock.now(), error=error)
