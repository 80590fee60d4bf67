"""What happened in a case, as codes with keys and counts, and the words for them: the same for the customer and for staff.

Must never hold a value of the person, the name of a member of staff, or words that were typed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.dates import due_of
from portal.cases.model import Case, CaseEvent
from portal.config.model import Company
from portal.core import clock
from portal.core.fixed import adding
from portal.core.i18n import N_, _, ngettext, pick
from portal.identity.browsers import browser_words
from portal.outbox.webhooks import announce

_ADD = adding(cast(Table, CaseEvent.__table__))

PERSON = "person"
PORTAL = "portal"
STAFF = "staff"


class Code(StrEnum):
    """Everything that can happen. `params`: `system` (its key), `count`, `browser` (of the fixed vocabulary)."""

    RECEIVED = "received"
    SYSTEM_ANSWERED = "system_answered"
    SYSTEM_HAS_NOTHING = "system_has_nothing"
    SYSTEM_SILENT = "system_silent"
    SYSTEM_PARKED = "system_parked"
    SYSTEM_RETRIED = "system_retried"
    SYSTEM_LEFT_OUT = "system_left_out"
    SYSTEM_DONE_BY_HAND = "system_done_by_hand"
    CHANGED_MEANWHILE = "changed_meanwhile"
    PERSON_UNCLEAR = "person_unclear"
    COPY_PARKED = "copy_parked"
    ANSWERED_BY_HAND = "answered_by_hand"
    READY = "ready"
    READY_WITHOUT_SOME = "ready_without_some"
    REVIEW_WAITS = "review_waits"
    RELEASED = "released"
    SOME_WITHHELD = "some_withheld"
    SOME_REDACTED = "some_redacted"
    REST_READY = "rest_ready"
    REST_READY_BUT = "rest_ready_but"
    NOTHING_HELD = "nothing_held"
    DOWNLOADED = "downloaded"
    CANCELLED = "cancelled"
    FILE_GONE = "file_gone"
    ASKED = "asked"
    WRITTEN = "written"
    STAFF_WROTE = "staff_wrote"
    RIGHT_ASKED = "right_asked"
    AGREEMENT_TAKEN_BACK = "agreement_taken_back"
    STOPPED_AT_ONCE = "stopped_at_once"
    ANSWERED = "answered"
    REFUSED = "refused"
    APPEALED = "appealed"
    APPEAL_GRANTED = "appeal_granted"
    APPEAL_DENIED = "appeal_denied"
    REOPENED = "reopened"
    TO_CONFIRM_ANEW = "to_confirm_anew"
    ASKED_FOR_ANOTHER = "asked_for_another"
    STOPPED_FOR_ANOTHER = "stopped_for_another"
    MANDATE_ACCEPTED = "mandate_accepted"
    MANDATE_NOT_ENOUGH = "mandate_not_enough"
    OTHER_ASKED = "other_asked"
    OTHER_CONFIRMED = "other_confirmed"
    OTHER_OBJECTED = "other_objected"
    WENT_TO_OTHER = "went_to_other"
    ASKED_BY_AGENT = "asked_by_agent"
    COPY_BY_AGENT = "copy_by_agent"
    CORRECTED = "corrected"
    VERIFIED = "verified"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    ERASURE_CONFIRMED = "erasure_confirmed"
    MARKETING_STOPPED = "marketing_stopped"
    ADDRESSES_TOLD = "addresses_told"
    ERASURE_CANCELLED = "erasure_cancelled"
    ERASURE_STOPPED_BY_ADDRESS = "erasure_stopped_by_address"
    ERASURE_STOPPED_BY_STAFF = "erasure_stopped_by_staff"
    ERASURE_STOPPING = "erasure_stopping"
    CHOICES_RESTORED = "choices_restored"
    ERASURE_BEGUN = "erasure_begun"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SYSTEM_PLANNED = "system_planned"
    SYSTEM_ERASED = "system_erased"
    SYSTEM_KEPT_SOME = "system_kept_some"
    SYSTEM_LEFT_SOMETHING = "system_left_something"
    SYSTEM_IN_DOUBT = "system_in_doubt"
    SYSTEM_BY_HAND = "system_by_hand"
    PLAN_GREW = "plan_grew"
    ERASURE_STOPPED = "erasure_stopped"
    OWN_DATA_ERASED = "own_data_erased"
    LAST_MAIL = "last_mail"
    ERASURE_DONE = "erasure_done"
    ERASURE_DONE_BUT = "erasure_done_but"
    ENDED_BY_ERASURE = "ended_by_erasure"


OPENS = frozenset(
    {
        Code.RECEIVED, Code.ASKED, Code.AGREEMENT_TAKEN_BACK, Code.RIGHT_ASKED, Code.ERASURE_CONFIRMED, Code.ASKED_FOR_ANOTHER, Code.ASKED_BY_AGENT,
        Code.COPY_BY_AGENT,
    }
)  # fmt: skip
"""The first thing that happens in a case."""

MOVES_THE_DATE = frozenset({Code.VERIFIED, Code.PAUSED, Code.RESUMED, Code.EXTENDED})
"""What moves the date in law, so that staff see the case in its new place."""

_TITLES = {
    Code.RECEIVED: N_("You asked for a copy of your data"),
    Code.SYSTEM_ANSWERED: N_("%(system)s has answered"),
    Code.SYSTEM_HAS_NOTHING: N_("%(system)s holds nothing about you"),
    Code.SYSTEM_SILENT: N_("%(system)s does not answer"),
    Code.SYSTEM_PARKED: N_("A person looks at %(system)s"),
    Code.SYSTEM_RETRIED: N_("%(system)s is asked again"),
    Code.SYSTEM_LEFT_OUT: N_("%(system)s is left out"),
    Code.SYSTEM_DONE_BY_HAND: N_("%(system)s was done by hand"),
    Code.CHANGED_MEANWHILE: N_("Something changed while we read, so we read it once more"),
    Code.PERSON_UNCLEAR: N_("A person has to see whose data it is"),
    Code.COPY_PARKED: N_("A person looks at why your copy could not be made"),
    Code.ANSWERED_BY_HAND: N_("A person has answered this in another way"),
    Code.READY: N_("Your copy is ready"),
    Code.READY_WITHOUT_SOME: N_("Your copy is ready, without some of it"),
    Code.REVIEW_WAITS: N_("A part waits for a person to look at it"),
    Code.RELEASED: N_("A person has looked at what was still missing"),
    Code.SOME_WITHHELD: N_("A person has looked, and some of it is not handed out"),
    Code.SOME_REDACTED: N_("A person has looked, and blacked out what tells of others"),
    Code.REST_READY: N_("Your whole copy is ready"),
    Code.REST_READY_BUT: N_("Your copy is ready, without what is not handed out"),
    Code.NOTHING_HELD: N_("We hold nothing about you"),
    Code.DOWNLOADED: N_("Downloaded"),
    Code.CANCELLED: N_("You stopped this request"),
    Code.FILE_GONE: N_("The file was deleted, as announced"),
    Code.ASKED: N_("You asked us something"),
    Code.WRITTEN: N_("You wrote to us"),
    Code.RIGHT_ASKED: N_("You asked us for something"),
    Code.AGREEMENT_TAKEN_BACK: N_("You took back your agreement"),
    Code.STOPPED_AT_ONCE: N_("What we could stop at once has stopped"),
    Code.STAFF_WROTE: N_("We wrote to you"),
    Code.ANSWERED: N_("We answered you"),
    Code.REFUSED: N_("We said no"),
    Code.APPEALED: N_("You asked us to look again"),
    Code.APPEAL_GRANTED: N_("We looked again: you are right"),
    Code.APPEAL_DENIED: N_("We looked again: the answer stays"),
    Code.REOPENED: N_("We looked again, and the no does not stand"),
    Code.TO_CONFIRM_ANEW: N_("The deletion waits for you to confirm it again"),
    Code.ASKED_FOR_ANOTHER: N_("You asked us for something for somebody else"),
    Code.STOPPED_FOR_ANOTHER: N_("What you asked to stop has stopped"),
    Code.MANDATE_ACCEPTED: N_("We have looked at your paper and accept it"),
    Code.MANDATE_NOT_ENOUGH: N_("We need a better paper from you"),
    Code.OTHER_ASKED: N_("The person is asked whether they want this"),
    Code.OTHER_CONFIRMED: N_("The person says that they want this"),
    Code.OTHER_OBJECTED: N_("The person says that they do not want this"),
    Code.WENT_TO_OTHER: N_("The person gets the answer themselves"),
    Code.ASKED_BY_AGENT: N_("Somebody acting for you asked us for something"),
    Code.COPY_BY_AGENT: N_("Somebody acting for you asked for a copy of your data"),
    Code.CORRECTED: N_("%(system)s is corrected"),
    Code.VERIFIED: N_("It is sure that you asked"),
    Code.PAUSED: N_("We need something from you"),
    Code.RESUMED: N_("The clock runs again"),
    Code.EXTENDED: N_("We need longer"),
    Code.ERASURE_CONFIRMED: N_("You asked us to delete your data"),
    Code.MARKETING_STOPPED: N_("All marketing stopped"),
    Code.ADDRESSES_TOLD: N_("We wrote to every address that we have of you"),
    Code.ERASURE_CANCELLED: N_("You cancelled the deletion"),
    Code.ERASURE_STOPPED_BY_ADDRESS: N_("The deletion was stopped from another address of yours"),
    Code.ERASURE_STOPPED_BY_STAFF: N_("We stopped the deletion"),
    Code.ERASURE_STOPPING: N_("The deletion stops: what has not begun will not begin"),
    Code.CHOICES_RESTORED: N_("What you had agreed to holds again"),
    Code.ERASURE_BEGUN: N_("The deletion has begun"),
    Code.CONSENT_WITHDRAWN: N_("All that you had agreed to has ended"),
    Code.SYSTEM_PLANNED: N_("%(system)s has answered, and its plan stands below"),
    Code.SYSTEM_ERASED: N_("%(system)s has deleted"),
    Code.SYSTEM_KEPT_SOME: N_("%(system)s has deleted what it may"),
    Code.SYSTEM_LEFT_SOMETHING: N_("%(system)s has not deleted everything"),
    Code.SYSTEM_IN_DOUBT: N_("We are checking %(system)s by hand"),
    Code.SYSTEM_BY_HAND: N_("A person deletes in %(system)s by hand"),
    Code.PLAN_GREW: N_("%(system)s holds more than you confirmed, so a person looks first"),
    Code.ERASURE_STOPPED: N_("The deletion has stopped"),
    Code.OWN_DATA_ERASED: N_("Your data in this portal is deleted"),
    Code.LAST_MAIL: N_("The last mail to you is on its way"),
    Code.ERASURE_DONE: N_("Your data is deleted"),
    Code.ENDED_BY_ERASURE: N_("Ended, because your data was deleted"),
    Code.ERASURE_DONE_BUT: N_("The deletion has ended, but not everything could be deleted"),
}


_ALWAYS = {
    Code.CORRECTED: N_("We have read it again: what you gave stands there."),
    Code.REFUSED: N_("Why, and what you can do, stands above."),
    Code.APPEAL_GRANTED: N_("What we wrote stands under Write to us."),
    Code.APPEAL_DENIED: N_("What we wrote stands under Write to us."),
    Code.TO_CONFIRM_ANEW: N_("What would be deleted is shown first. Until you confirm it, nothing is deleted."),
    Code.STOPPED_FOR_ANOTHER: N_("It counts at once, and waits for nobody. Whether we know the person is nothing that we tell."),
    Code.MANDATE_NOT_ENOUGH: N_("What is missing stands under Write to us."),
    Code.WENT_TO_OTHER: N_("It stands on their own pages. Nothing of it is shown here."),
    Code.COPY_BY_AGENT: N_("It is yours alone: they do not get it."),
    Code.ASKED_BY_AGENT: N_("The answer is yours alone: they do not get it."),
    Code.STOPPED_AT_ONCE: N_("It stands in your choices, with a receipt."),
    Code.PAUSED: N_("What it is stands under Write to us. The days until you write do not count."),
    Code.RESUMED: N_("The days count again."),
    Code.EXTENDED: N_("The new date and why stand above."),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of what happened, in the language in force. `state` is how it looks: `done`, `now`, `doubt` or nothing."""

    title: str
    at: datetime
    words: str
    state: str


def note(db: Session, case: Case, code: Code, *, actor: str = PORTAL, **params: str | int) -> None:
    """Write that something happened, in the caller's transaction; the company's own systems are told that it did, and not what."""
    said = {"company_id": case.company_id, "case_id": case.id, "at": clock.now(), "code": code, "params": params, "actor": actor}
    _ADD.run(db, said)
    if code in OPENS or code in MOVES_THE_DATE:
        case.due_on = due_of(db, case).day
    announce(db, "case.opened" if code in OPENS else "case.changed", lambda: {"case": case.number})


def happened(db: Session, case: Case, code: Code, **params: str | int) -> bool:
    """Whether exactly this was noted before."""
    rows = db.scalars(select(CaseEvent).filter_by(case_id=case.id, code=code))
    return any(row.params == params for row in rows)


def timeline(db: Session, case: Case, *, whole: bool = True) -> list[Happening]:
    """Everything that happened, oldest first. Not `whole`: without what would tell who acts for somebody whether that one is known."""
    company = registry.company(case.company_id)
    rows = db.scalars(select(CaseEvent).filter_by(case_id=case.id).order_by(CaseEvent.at, CaseEvent.id)).all()
    if not whole:
        rows = _without_word_of_others(rows)
    return [Happening(title_of(company, row), row.at, _words(case, row), _look(Code(row.code))) for row in rows]


def _without_word_of_others(rows: Sequence[CaseEvent]) -> list[CaseEvent]:
    """Before staff took the paper for good, nobody but a person who is known here was asked; from then on everybody is."""
    accepted = next((at for at, row in enumerate(rows) if row.code == Code.MANDATE_ACCEPTED), len(rows))
    return [row for at, row in enumerate(rows) if at > accepted or row.code not in (Code.OTHER_CONFIRMED, Code.OTHER_OBJECTED)]


def title_of(company: Company, event: CaseEvent) -> str:
    """The event's title in the language in force."""
    return _(_TITLES[Code(event.code)], system=system_title(company, str(event.params.get("system", ""))))


def system_title(company: Company, key: str) -> str:
    """A system's title; a system that is no longer configured is called by its key."""
    system = company.systems.get(key)
    return pick(system.title) if system else key


def _words(case: Case, event: CaseEvent) -> str:
    params, code = event.params, Code(event.code)
    if code is Code.SYSTEM_ANSWERED:
        count = int(params.get("count", 0))
        # Of a copy of some kinds, what a system holds in all would read as if the rest were missing.
        return "" if case.choice else ngettext("%(num)s entry.", "%(num)s entries.", count)
    if code is Code.SYSTEM_SILENT:
        return _("Nothing is lost. We go on trying.")
    if code is Code.SOME_WITHHELD:
        return ngettext("%(num)s text. Why stands above.", "%(num)s texts. Why stands above.", int(params.get("count", 0)))
    if code is Code.SOME_REDACTED:
        return ngettext("%(num)s place. Why stands above.", "%(num)s places. Why stands above.", int(params.get("count", 0)))
    if code in (Code.STAFF_WROTE, Code.ANSWERED):
        return _("What we wrote stands under Write to us.")
    if code in _ALWAYS:
        return _(_ALWAYS[code])
    if code is Code.DOWNLOADED:
        return browser_words(str(params.get("browser", "")))
    return _words_of_erasure(code, int(params.get("count", 0)))


def _words_of_erasure(code: Code, count: int) -> str:
    if code is Code.ADDRESSES_TOLD:
        return ngettext("%(num)s mail, with a button to cancel.", "%(num)s mails, each with a button to cancel.", count)
    if code is Code.SYSTEM_KEPT_SOME:
        return _("What the law makes us keep stands in the result, with its date.")
    if code is Code.SYSTEM_LEFT_SOMETHING:
        return ngettext(
            "%(num)s value is still there. A person looks at it.", "%(num)s values are still there. A person looks at it.", count
        )
    if code is Code.SYSTEM_IN_DOUBT:
        return _("It broke off while it deleted. Nothing is done twice before a person has looked.")
    if code is Code.ERASURE_STOPPING:
        return _("What is deleted already does not come back. It stands below.")
    return ""


def _look(code: Code) -> str:
    doubtful = {
        Code.SYSTEM_SILENT,
        Code.SYSTEM_PARKED,
        Code.SYSTEM_LEFT_OUT,
        Code.PERSON_UNCLEAR,
        Code.COPY_PARKED,
        Code.REVIEW_WAITS,
        Code.SYSTEM_LEFT_SOMETHING,
        Code.SYSTEM_IN_DOUBT,
        Code.SYSTEM_BY_HAND,
        Code.PLAN_GREW,
        Code.ERASURE_DONE_BUT,
        Code.PAUSED,
        Code.MANDATE_NOT_ENOUGH,
        Code.OTHER_OBJECTED,
        Code.REFUSED,
        Code.APPEAL_DENIED,
    }
    return "doubt" if code in doubtful else "done"
