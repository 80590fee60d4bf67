"""Ask every system what erasing would do: all at once, none longer than a page may wait, kept sealed for ten minutes.

Must never run with a transaction open, change anything anywhere, or plan for a record that is not open to this session.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.adapters.asking import ask_all
from portal.adapters.contract import Adapter, EraseKind, Match, Place, Subject, Value, Wanted
from portal.cases.about import kind_of
from portal.cases.apart import Candidate
from portal.cases.erasing.model import PlannedRead
from portal.cases.erasing.plans import Planned, PlannedRecord, SystemPlan, dump_plan, load_plan
from portal.cases.found import Reading
from portal.cases.matching import subject_of, true_matches
from portal.cases.meaning import group_of
from portal.cases.reading import Reader
from portal.cases.scope import Scope, dump_scope
from portal.cases.systems import open_system, place_of
from portal.config.model import Company
from portal.core import clock, logs
from portal.core.db import Database
from portal.core.errors import fingerprint
from portal.core.inserting import insert_for
from portal.identity.model import SessionRow

KEPT = timedelta(minutes=10)


def wish_of(groups: Collection[str], scope: Scope) -> str:
    """A digest of what was chosen by someone who had proven that much: plans of another wish are not its plans."""
    said = json.dumps([sorted(groups), dump_scope(scope)])
    return hashlib.sha256(said.encode()).hexdigest()


def wanted_by(company: Company, system: str, groups: Collection[str], scope: Scope | None) -> Wanted:
    """Which values are to go: those of the chosen groups (none: all) whose category the proof opens for erasure.

    Without a scope the proof is not asked: whoever looks by hand compares for themselves whose it is.
    """
    notes = company.systems[system].collections

    def wanted(collection: str, name: str, category: str) -> bool:
        if scope is not None and not scope.opens(company, "erasure", category):
            return False
        if not groups:
            return True
        if collection not in notes:
            return False
        return group_of(category, kind_of(company, system, collection, Value(name, category, None))) in groups

    return wanted


def plan_all(
    database: Database,
    reader: Reader,
    reading: Reading,
    *,
    opened: Collection[tuple[str, str]],
    scope: Scope,
    groups: Collection[str],
) -> tuple[SystemPlan, ...]:
    """The plan of every system, from what is kept or freshly asked, in the order of the configuration."""
    company, wish = registry.company(reader.company_id), wish_of(groups, scope)
    with database.reading(reader.company_id) as db:
        kept = {plan.system: plan for plan in kept_plans(db, reader.session_id, wish)}
        subject = subject_of(db, reader.person_id, session_id=reader.session_id)
    unplanned = [key for key in company.systems if key not in kept or kept[key].answer is Planned.SILENT]
    if unplanned:
        fresh = _ask(reader.company_id, subject, unplanned, opened=opened, scope=scope, groups=groups)
        _keep(database, reader, wish, fresh)
        kept |= {plan.system: plan for plan in fresh}
    return tuple(kept[key] for key in company.systems)


def kept_plans(db: Session, session_id: int, wish: str) -> list[SystemPlan]:
    """The plans of this session and wish that are not older than ten minutes."""
    rows = db.scalars(
        select(PlannedRead)
        .filter_by(session_id=session_id, wish=wish)
        .where(PlannedRead.expires_at > clock.now())
        .order_by(PlannedRead.id)
    )
    return [load_plan(row.plan) for row in rows]


def forget_plans(db: Session, *session_ids: int) -> None:
    """Drop what is kept for these sessions; called in the transaction that ends them, and once a plan was confirmed."""
    db.execute(delete(PlannedRead).where(PlannedRead.session_id.in_(session_ids)).execution_options(synchronize_session=False))


def prune_plans(db: Session) -> int:
    """Drop dry runs whose time is over; returns how many."""
    gone = delete(PlannedRead).where(PlannedRead.expires_at < clock.now()).returning(PlannedRead.id)
    return len(db.scalars(gone.execution_options(synchronize_session=False)).all())


def plan_matches(company_id: int, system: str, found: Sequence[Match], opened: Collection[str], wanted: Wanted) -> SystemPlan:
    """The plan of one system for those of the records found that are `opened` (their keys). Raises what the system raises."""
    candidates = tuple(Candidate(system, match.key, match.tells_apart) for match in found)
    mine = [match for match in found if match.key in opened]
    shut = len(found) - len(mine)
    if not mine:
        return SystemPlan(system, Planned.NOTHING, clock.now(), (), candidates, shut)
    adapter = open_system(place_of(company_id, system))
    if adapter.can.erase is EraseKind.NONE:
        return SystemPlan(system, Planned.BY_HAND, clock.now(), (), candidates, shut)
    records = tuple(PlannedRecord(match, adapter.plan_erase(match, wanted)) for match in mine)
    return SystemPlan(system, Planned.READY, clock.now(), records, candidates, shut)


def plan_by_hand(system: str, adapter: Adapter, found: Sequence[Match], wanted: Wanted) -> SystemPlan:
    """The plan of a system that nobody can ask: the matches are the person, not records, so they tell nobody apart."""
    records = [PlannedRecord(match, adapter.plan_erase(match, wanted)) for match in found]
    aimed = tuple(one for one in records if one.plan.items)
    return SystemPlan(system, Planned.BY_HAND if aimed else Planned.NOTHING, clock.now(), aimed)


def _ask(
    company_id: int,
    subject: Subject,
    systems: Sequence[str],
    *,
    opened: Collection[tuple[str, str]],
    scope: Scope,
    groups: Collection[str],
) -> list[SystemPlan]:
    company, company_key = registry.company(company_id), registry.key_of(company_id)

    def plan(place: Place) -> SystemPlan:
        adapter = open_system(place)
        found = true_matches(subject, adapter.find(subject), company=place.company, system=place.key)
        if not adapter.can.find:
            return plan_by_hand(place.key, adapter, found, wanted_by(company, place.key, groups, None))
        keys = {key for system, key in opened if system == place.key}
        return plan_matches(company_id, place.key, found, keys, wanted_by(company, place.key, groups, scope))

    asked = ask_all({f"{company_key}/{key}": partial(plan, place_of(company_id, key)) for key in systems})
    plans = []
    for key in systems:
        future = asked[f"{company_key}/{key}"]
        try:
            plans.append(future.result(timeout=0))
        except Exception as error:  # noqa: BLE001  # whatever it was, this system is planned later and the others are shown
            logs.event("cases.plan_failed", level=30, company=company_key, system=key, reason_code=fingerprint(error))
            plans.append(SystemPlan(key, Planned.SILENT, clock.now()))
    return plans


def _keep(database: Database, reader: Reader, wish: str, plans: Sequence[SystemPlan]) -> None:
    with database.writing(reader.company_id) as db:
        session = select(SessionRow.id).where(SessionRow.id == reader.session_id, SessionRow.ended_at.is_(None))
        if db.scalar(session.with_for_update(read=True)) is None:
            return
        for plan in plans:
            statement = insert_for(db, PlannedRead).values(
                company_id=reader.company_id,
                session_id=reader.session_id,
                system=plan.system,
                wish=wish,
                plan=dump_plan(plan),
                expires_at=clock.now() + KEPT,
            )
            fresh: Mapping[str, object] = {name: statement.excluded[name] for name in ("wish", "plan", "expires_at")}
            db.execute(statement.on_conflict_do_update(index_elements=["session_id", "system"], set_=fresh))
