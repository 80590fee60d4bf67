"""Four eyes: one colleague proposes an act, another approves or declines it. What is carried out is the room's own act, with both names.

Must never carry out what its proposer approves, what somebody whom the case is about approves, or what was proposed of a case that has gone on.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.accounts.model import AuditEntry
from portal.accounts.staff import Staff, staff_of
from portal.cases import advancing
from portal.cases.clocks import extend_deadline
from portal.cases.copy_model import Spool
from portal.cases.desk import is_about
from portal.cases.kept_holds import place_hold
from portal.cases.laws.model import Ground
from portal.cases.model import Case, CaseEvent, CaseMessage, ClockRow, LongerBecause
from portal.cases.proposal_model import Act, Proposal, ProposalState
from portal.cases.redacting import Decided
from portal.cases.refusing import decide_appeal, refuse_case
from portal.cases.reviewing import release_texts
from portal.cases.service import case_by_number
from portal.cases.showing import clean
from portal.core import clock, crypto
from portal.core.db import Database
from portal.core.errors import PortalError

RIGHTS = {
    Act.REFUSE: "cases.refuse", Act.APPEAL: "cases.refuse", Act.RELEASE: "cases.release", Act.HOLD: "cases.hold", Act.EXTEND: "cases.work",
}  # fmt: skip
"""Who may propose what: who might do it alone where no second person is asked for."""

APPROVES = "cases.approve"
LONGEST_REASON = 300
MOST_LISTED = 200


class ProposalWaits(PortalError):
    """Something waits for a second person in this case already; that is decided first."""


class NotWaiting(PortalError):
    """There is no such proposal in this company, or it was decided already."""


class SamePerson(PortalError):
    """Who proposed it does not decide it."""


class AboutThemselves(PortalError):
    """The case is of somebody with this colleague's own address."""


class ProposalIsStale(PortalError):
    """The case has gone on since, or who proposed it may not do so any more: it is not carried out."""


class NotReadYet(PortalError):
    """Texts are let go only by somebody who has read them since they were proposed."""


class NotTheirs(PortalError):
    """Only who proposed it, or who may approve, says no to it."""


class WordsMissing(PortalError):
    """Who declines says why."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One proposal as a colleague reads it. `stale`: it cannot be carried out any more."""

    token: str
    act: Act
    number: str
    kind: str
    params: Mapping[str, Any] = field(repr=False)
    by: str
    at: datetime
    stale: bool


def propose(db: Session, case: Case, act: Act, params: Mapping[str, Any], *, by: Staff) -> str:
    """Have a second person look at an act; nothing of it is done yet. Returns its token. Raises `ProposalWaits`.

    What waits but cannot be carried out any more makes place. The door has checked `by`, the page and the words.
    """
    before = _open_row(db, case)
    if before is not None and not _is_stale(db, case, before):
        raise ProposalWaits("Something of this case waits for a second person already.")
    if before is not None:
        _end(before, ProposalState.STALE, by=by.actor)
        db.flush()
    row = Proposal(
        token=crypto.random_public_id(), case_id=case.id, act=act, params=json.dumps(dict(params)), mark=_mark(db, case),
        proposed_by=by.actor, proposed_at=clock.now(),
    )  # fmt: skip
    try:
        with db.begin_nested():
            db.add(row)
            db.flush()
    except IntegrityError:
        raise ProposalWaits("A colleague was a moment faster.") from None
    record_audit(db, actor=by.actor, act="proposal.made", target=f"case:{case.number}", proposal=row.token, what=act.value)
    return row.token


def waiting_of(db: Session, case: Case) -> Waiting | None:
    """What waits for a second person in this case."""
    row = _open_row(db, case)
    return _view(db, case, row) if row else None


def all_waiting(db: Session, *, to: Staff, tokens: Collection[str] | None = None) -> Sequence[Waiting]:
    """What waits in the company, oldest first, but for cases that are about this colleague. `tokens`: only these."""
    query = select(Proposal, Case).join(Case, Case.id == Proposal.case_id).where(Proposal.state == ProposalState.OPEN)
    if tokens is not None:
        query = query.where(Proposal.token.in_(tokens))
    rows = db.execute(query.order_by(Proposal.id).limit(MOST_LISTED)).all()
    return [_view(db, case, row) for row, case in rows if not is_about(db, case, to)]


def approve(db: Session, number: str, token: str, *, by: Staff, together: int = 1) -> Act:
    """Carry out what a colleague proposed; both names stand in the audit. `together`: how many were approved in one press.

    Raises `NotWaiting`, `SamePerson`, `AboutThemselves`, `ProposalIsStale`, or what the act itself says; then nothing is written.
    """
    case = advancing.lock_case(db, case_by_number(db, number).id)
    row = _to_decide(db, case, token, by)
    if row.act is Act.RELEASE:
        raise NotReadYet("Texts are let go by `approve_release`, which reads them.")
    params = json.loads(row.params)
    _DO[row.act](db, number, params, row.proposed_by, by.actor)
    _approved(db, case, row, by, together)
    return row.act


def approve_release(database: Database, company_id: int, number: str, token: str, *, by: Staff) -> None:
    """Let go of the texts as proposed. Raises what `approve` raises, `NotReadYet`, or what `release_texts` says."""
    with database.reading(company_id) as db:
        case = case_by_number(db, number)
        row = _to_decide(db, case, token, by)
        if row.act is not Act.RELEASE:
            raise NotWaiting("This is no release.")
        if not _has_read(db, case, by, row.proposed_at):
            raise NotReadYet("Read the texts first.")
        told = json.loads(row.params)
        first, withhold = row.proposed_by, {int(key): reason for key, reason in told["withhold"].items()}

    def carried_out(db: Session, case: Case) -> None:
        _approved(db, case, _to_decide(db, case, token, by), by, 1)

    release_texts(
        database, company_id, number, actor=first, second=by.actor, withhold=withhold, decided=decided_of(told), first=carried_out
    )  # fmt: skip


def decided_of(told: Mapping[str, Any]) -> Decided:
    """What was proposed of the marks in texts."""
    return Decided(frozenset(told.get("black_out", ())), frozenset(told.get("leave", ())), tuple(told.get("words", ())))


def decline(db: Session, number: str, token: str, *, by: Staff, reason: str) -> None:
    """Say no to a proposal, for colleagues to read; who proposed it takes it back with this too.

    Raises `NotWaiting`, `AboutThemselves`, `NotTheirs` or `WordsMissing`, and then nothing is written.
    """
    case = advancing.lock_case(db, case_by_number(db, number).id)
    row = _row(db, case, token)
    own = row.proposed_by == by.actor
    if is_about(db, case, by):
        raise AboutThemselves("This case is about you.")
    if not own and not by.may(APPROVES):
        raise NotTheirs("Who may approve it says no to it, or who proposed it.")
    words = clean(reason).strip()
    if not words and not own:
        raise WordsMissing("Say why, in one sentence.")
    row.reason = words[:LONGEST_REASON] or None
    _end(row, ProposalState.WITHDRAWN if own else ProposalState.DECLINED, by=by.actor)
    act = "proposal.withdrawn" if own else "proposal.declined"
    record_audit(db, actor=by.actor, act=act, target=f"case:{number}", proposal=token, what=row.act.value, first=row.proposed_by)
    db.flush()


def lay_aside(db: Session, number: str, token: str, *, by: Staff) -> None:
    """What cannot be carried out any more waits no longer."""
    case = advancing.lock_case(db, case_by_number(db, number).id)
    row = _row(db, case, token)
    _end(row, ProposalState.STALE, by=by.actor)
    record_audit(db, actor=by.actor, act="proposal.stale", target=f"case:{number}", proposal=token, what=row.act.value)
    db.flush()


def last_declined(db: Session, case: Case) -> Proposal | None:
    """The newest proposal of the case, where that was declined: who proposed it reads why."""
    row = db.scalar(select(Proposal).filter_by(case_id=case.id).order_by(Proposal.id.desc()).limit(1))
    return row if row is not None and row.state is ProposalState.DECLINED else None


def _to_decide(db: Session, case: Case, token: str, by: Staff) -> Proposal:
    """The row, for somebody who may approve it now."""
    row = _row(db, case, token)
    if row.proposed_by == by.actor:
        raise SamePerson("Somebody else has to approve this.")
    if is_about(db, case, by):
        raise AboutThemselves("This case is about you.")
    if _is_stale(db, case, row):
        raise ProposalIsStale("The case has gone on since this was proposed.")
    return row


def _row(db: Session, case: Case, token: str) -> Proposal:
    row = db.scalar(select(Proposal).filter_by(case_id=case.id, token=token[:20], state=ProposalState.OPEN).with_for_update())
    if row is None:
        raise NotWaiting("There is no such proposal, or it was decided already.")
    return row


def _open_row(db: Session, case: Case) -> Proposal | None:
    return db.scalar(select(Proposal).filter_by(case_id=case.id, state=ProposalState.OPEN))


def _is_stale(db: Session, case: Case, row: Proposal) -> bool:
    """The case is not what it was, or its proposer has left or lost the right (K3)."""
    if row.mark != _mark(db, case):
        return True
    return not any(one.actor == row.proposed_by and one.may(RIGHTS[row.act]) for one in staff_of(db))


def _mark(db: Session, case: Case) -> str:
    """The case as far as a decision rests on it: not who has it in hand, nor notes."""
    newest = [db.scalar(select(func.max(kind.id)).filter_by(case_id=case.id)) or 0 for kind in (CaseEvent, ClockRow, CaseMessage)]
    read = db.scalars(select(Spool.step_id).filter_by(case_id=case.id).order_by(Spool.step_id)).all()
    return crypto.keyed_hash("proposal.mark", f"{case.id} {case.state} {newest} {list(read)}").hex()[:24]


def _has_read(db: Session, case: Case, by: Staff, since: datetime) -> bool:
    looked = select(AuditEntry.id).filter_by(target=f"case:{case.number}", act="case.texts", actor=by.actor)
    return db.scalar(looked.where(AuditEntry.at >= since).limit(1)) is not None


def _approved(db: Session, case: Case, row: Proposal, by: Staff, together: int) -> None:
    _end(row, ProposalState.APPROVED, by=by.actor)
    record_audit(
        db, actor=by.actor, act="proposal.approved", target=f"case:{case.number}", proposal=row.token, what=row.act.value,
        first=row.proposed_by, together=together,
    )  # fmt: skip
    db.flush()


def _end(row: Proposal, state: ProposalState, *, by: str) -> None:
    row.state, row.decided_by, row.decided_at = state, by, clock.now()


def _view(db: Session, case: Case, row: Proposal) -> Waiting:
    return Waiting(
        row.token,
        row.act,
        case.number,
        case.kind,
        json.loads(row.params),
        row.proposed_by,
        row.proposed_at,
        _is_stale(db, case, row),
    )


def _refuse(db: Session, number: str, told: Mapping[str, Any], first: str, second: str) -> None:
    refuse_case(db, number, ground=Ground(told["ground"]), words=told["words"], actor=first, second=second)


def _hold(db: Session, number: str, told: Mapping[str, Any], first: str, second: str) -> None:
    place_hold(
        db, number, system=told["system"], reason=told["reason"], law=told["law"], until=date.fromisoformat(told["until"]),
        actor=first, second=second,
    )  # fmt: skip


def _extend(db: Session, number: str, told: Mapping[str, Any], first: str, second: str) -> None:
    until = date.fromisoformat(told["until"]) if told["until"] else None
    extend_deadline(
        db, number, because=LongerBecause(told["because"]), words=told["words"], until=until, actor=first, second=second
    )


def _appeal(db: Session, number: str, told: Mapping[str, Any], first: str, second: str) -> None:
    decide_appeal(db, number, granted=told["granted"], words=told["words"], actor=first, second=second)


_DO: Mapping[Act, Callable[[Session, str, Mapping[str, Any], str, str], None]] = {
    Act.REFUSE: _refuse, Act.HOLD: _hold, Act.EXTEND: _extend, Act.APPEAL: _appeal,
}  # fmt: skip
