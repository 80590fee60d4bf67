"""The one confirmation: case, clock, confirmed plans, steps, the end of marketing and a mail to every address, all or nothing.

Must never confirm what the page did not show, begin before the grace period is over, or make two cases of two presses.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.dates import choose_law, margin_of
from portal.cases.erasing.letters import send_started
from portal.cases.erasing.model import Erasure, ErasurePlanRow
from portal.cases.erasing.planning import forget_plans, kept_plans, wish_of
from portal.cases.erasing.plans import SystemPlan, digest_of_plans, dump_plan, nothing_goes
from portal.cases.erasing.sharing import was_confirmed_alone
from portal.cases.events import PERSON, Code, note
from portal.cases.filing import begin_clock
from portal.cases.laws import ClockEvent, Happened, end_of_day
from portal.cases.laws.deadlines import day_of
from portal.cases.meaning import GROUPS
from portal.cases.model import OPEN_STATES, Case, CaseKind, CaseState
from portal.cases.places import place_of
from portal.cases.scope import Scope, dump_scope, may_see
from portal.cases.workflow import BEGIN
from portal.consent.stopping import stop_what_could_be_used
from portal.core import clock, crypto, faultpoints
from portal.core.db import company_of
from portal.core.durations import length_of
from portal.core.errors import PortalError
from portal.engine.service import ask_for_step
from portal.identity.address_change import is_settled
from portal.identity.sessions import CurrentSession

COLLECTION_POINT = "site:erase"


class PlanHasChanged(PortalError):
    """What would be confirmed is not what was shown: the plan is too old, another one, or not of this session."""


class AddressNotSettled(PortalError):
    """The person's address changed so recently that its old owner can still take that back: until then nothing is erased (C4)."""


class NothingToErase(PortalError):
    """No system holds anything that is open to the person, so there is nothing to confirm."""


def open_erasure_case(
    db: Session,
    current: CurrentSession,
    *,
    groups: Collection[str],
    scope: Scope,
    seen: str,
    addresses: Collection[str],
    language: str,
    source: str = "site",
) -> Case:
    """Confirm the plan that `seen` (`plans.digest_of_plans`) names. An open erasure that this session may know of is the same case.

    `addresses` are told beside those that the portal knows (normal form). Raises `AddressNotSettled`, `PlanHasChanged`,
    `NothingToErase`, `NoLawGivesThis`.
    """
    open_one = _same_wish(db, current, scope)
    if open_one is not None:
        return open_one
    if not is_settled(db, current.person_id):
        raise AddressNotSettled("The address has changed a short while ago. Nothing is deleted before it is sure to be yours.")
    choice = [group for group in GROUPS if group in groups]
    plans = _shown(db, current, choice, scope, seen)
    company, now = registry.company(company_of(db)), clock.now()
    law, dates = choose_law(company, CaseKind.ERASURE, ClockEvent(Happened.RECEIVED, now), place_of(db, current.person_id))
    case = Case(
        number=crypto.random_public_id(), person_id=current.person_id, kind=CaseKind.ERASURE, state=CaseState.OPEN, law=law.id, law_version=law.version,
        language=language, source=source, choice=choice, proven=dump_scope(scope), open_key=_wish(current.person_id, scope), received_at=now,
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(case)
            db.flush()
    except IntegrityError:
        # The other press was a moment faster; theirs is the case.
        open_one = _same_wish(db, current, scope)
        if open_one is None:
            raise
        return open_one
    starts_at = now + length_of(company.grace_period)
    begin_clock(db, case)
    note(db, case, Code.ERASURE_CONFIRMED, actor=PERSON)
    stopped: list[int] = []
    if not choice:
        ended = stop_what_could_be_used(db, current.person_id, only_marketing=True, collection_point=COLLECTION_POINT)
        stopped = list(ended.sequences)
    mine = scope.records | {(plan.system, record.key) for plan in plans for record in plan.records}
    alone = was_confirmed_alone(db, current.person_id, mine)
    db.add(Erasure(case_id=case.id, confirmed_at=now, alone=alone, starts_at=starts_at, stopped_choices=stopped))
    for plan in plans:
        db.add(ErasurePlanRow(case_id=case.id, system=plan.system, plan=dump_plan(plan), shown_at=now))
    if not choice:
        note(db, case, Code.MARKETING_STOPPED)
    last_try = end_of_day(margin_of(dates, day_of(now, company.time_zone)), company.time_zone)
    ask_for_step(
        db, act=BEGIN, subject_id=case.id, person_id=current.person_id, run_at=starts_at, irreversible=True,
        not_after=max(last_try, starts_at),
    )  # fmt: skip
    forget_plans(db, current.id)
    told = send_started(db, case, starts_at=starts_at, due=dates.due, others=addresses)
    note(db, case, Code.ADDRESSES_TOLD, count=told)
    db.flush()
    faultpoints.point("erasure.confirming")
    return case


def open_erasure(db: Session, current: CurrentSession) -> Case | None:
    """The erasure that is not over yet, if this session may know of it: one address may be two people's, and each may be forgotten."""
    theirs = select(Case).filter_by(person_id=current.person_id, kind=CaseKind.ERASURE)
    open_ones = db.scalars(theirs.where(Case.state.in_(OPEN_STATES)).order_by(Case.id))
    return next((case for case in open_ones if may_see(db, current.id, case)), None)


def _same_wish(db: Session, current: CurrentSession, scope: Scope) -> Case | None:
    """What another press asked for already. Who has proven less is given no case of who has proven more (C1)."""
    same = db.scalar(select(Case).filter_by(open_key=_wish(current.person_id, scope)))
    return same or open_erasure(db, current)


def _shown(db: Session, current: CurrentSession, groups: Sequence[str], scope: Scope, seen: str) -> list[SystemPlan]:
    """The kept plans, if they are still the very ones that the page showed."""
    company = registry.company(company_of(db))
    kept = {plan.system: plan for plan in kept_plans(db, current.id, wish_of(groups, scope))}
    if set(kept) != set(company.systems) or digest_of_plans(kept.values()) != seen:
        raise PlanHasChanged("What would be deleted has changed since it was shown. Look at the plan once more.")
    if nothing_goes(kept.values(), groups):
        raise NothingToErase("Nothing is held that could be deleted.")
    return [kept[key] for key in company.systems]


def _wish(person_id: int, scope: Scope) -> bytes:
    return crypto.token_hash("case.erasure", f"{person_id} {dump_scope(scope)}")
