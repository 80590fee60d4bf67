"""Take an erasure back: as if nothing had been while it has not begun, and the rest of it afterwards.

Must never say "cancelled" of what is gone (E10), and never give choices back to anyone but the person (C5).
"""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.cases.advancing import close_case, lock_case
from portal.cases.erasing.letters import send_stopped
from portal.cases.erasing.links import open_link, was_sent_to
from portal.cases.erasing.model import Erasure, LinkKind, Stopper
from portal.cases.erasing.settling import advance, newest_of, seal_result
from portal.cases.events import PERSON, PORTAL, Code, note
from portal.cases.model import OPEN_STATES, Case, CaseState
from portal.cases.workflow import BEGIN, WITHDRAWN
from portal.consent.saving import undo
from portal.core import clock
from portal.engine.model import StepState
from portal.engine.service import cancel_step, steps_of

COLLECTION_POINT = "site:erase"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stop could still do. `in_time`: nothing was erased and nothing will be. `over`: it had ended before.

    `gone` are keys of systems that erased already, `running` of those that are at it: they end at their next safe point.
    """

    in_time: bool
    over: bool = False
    gone: tuple[str, ...] = ()
    running: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotTheAddress:
    """What was typed is not the address that got the mail, or nothing was. The link still works, and nothing was stopped."""


def stop_erasure(db: Session, case_id: int, *, by: Stopper, actor: str = "") -> Stopped:
    """Stop the erasure of a case, in the caller's transaction; the answer is the truth, whoever was faster.

    `actor` is a staff id, where staff stop it.
    """
    case = lock_case(db, case_id)
    erasure = db.get_one(Erasure, case.id, populate_existing=True)
    if case.state not in OPEN_STATES:
        return Stopped(in_time=case.state is CaseState.CANCELLED and erasure.begun_at is None, over=True)
    if by is Stopper.STAFF:
        record_audit(db, actor=actor[:40], act="erasure.stop", target=f"case:{case.number}")
    # The one row that decides: the worker claims this very step, and only one of the two can have it.
    in_time = cancel_step(db, steps_of(db, (BEGIN,), case.id)[0].id)
    first = erasure.stop_asked_at is None
    if first:
        erasure.stop_asked_at, erasure.stop_by = clock.now(), by.value
        _note(db, case, by, in_time=in_time)
    if by is Stopper.PERSON and case.person_id is not None and erasure.stopped_choices:
        if undo(db, case.person_id, erasure.stopped_choices, collection_point=COLLECTION_POINT).events:
            note(db, case, Code.CHOICES_RESTORED)
        erasure.stopped_choices = []
    if in_time:
        seal_result(db, case, erasure)
        close_case(case, CaseState.CANCELLED)
        return Stopped(in_time=True)
    for step in (*steps_of(db, (WITHDRAWN,), case.id), *newest_of(db, case)):
        cancel_step(db, step.id)
    db.flush()
    steps = newest_of(db, case)
    gone = tuple(one.system for one in steps if one.state == StepState.DONE and not (one.receipt or {}).get("stopped"))
    running = tuple(one.system for one in steps if one.state not in (StepState.DONE, StepState.CANCELLED, StepState.FAILED))
    advance(db, case)
    return Stopped(in_time=False, gone=gone, running=running)


def stop_by_link(db: Session, token: str, *, person_id: int | None, typed_address: str) -> Stopped | NotTheAddress | None:
    """Stop it from a mail. None where the link leads nowhere.

    Where the person is not signed in (`person_id`: who is), the address that got the mail has to be typed: programs in front of a mailbox
    press every button, and must not take back what somebody wanted (S4). The person is told by mail.
    """
    link = open_link(db, LinkKind.CANCEL, token)
    if link is None:
        return None
    signed_in = person_id is not None and person_id == link.case.person_id
    if not signed_in and not was_sent_to(db, token, typed_address):
        return NotTheAddress()
    stopped = stop_erasure(db, link.case.id, by=Stopper.PERSON if link.own else Stopper.ADDRESS)
    if not stopped.over:
        send_stopped(db, link.case)
    return stopped


def _note(db: Session, case: Case, by: Stopper, *, in_time: bool) -> None:
    codes = {
        Stopper.PERSON: Code.ERASURE_CANCELLED,
        Stopper.ADDRESS: Code.ERASURE_STOPPED_BY_ADDRESS,
        Stopper.STAFF: Code.ERASURE_STOPPED_BY_STAFF,
    }
    actor = {Stopper.PERSON: PERSON, Stopper.ADDRESS: PORTAL, Stopper.STAFF: "staff"}[by]
    note(db, case, codes[by], actor=actor)
    if not in_time:
        note(db, case, Code.ERASURE_STOPPING)
