"""A request for somebody else as staff read it: who acts, for whom, what the law asks for, and what the person says."""

from typing import Any

from sqlalchemy.orm import Session

from portal.cases.acting.deciding import BY_HAND_FOR, needs_the_person, request_of
from portal.cases.acting_model import STOP_MARKETING, ActingRequest, Mandate, Role, Word
from portal.cases.dates import due_of
from portal.cases.laws.citing import in_words
from portal.cases.laws.model import Agent
from portal.cases.model import OPEN_STATES, Case, CaseKind
from portal.console.words import kind_of
from portal.core.i18n import N_, _

ROLES = {
    Role.AGENT: N_("An agent with a mandate"),
    Role.GUARDIAN: N_("A parent or guardian"),
    Role.ATTORNEY: N_("Somebody with a power of attorney"),
    Role.DECEASED: N_("Next of kin or executor of somebody who has died"),
}
MANDATES = {
    Mandate.NOT_NEEDED: N_("None is needed: it only stops something"),
    Mandate.WAITS: N_("Waits for you to look at it"),
    Mandate.BETTER: N_("A better one was asked for"),
    Mandate.ACCEPTED: N_("Accepted"),
}
WORDS = {
    Word.NOT_ASKED: N_("Not asked"),
    Word.ASKED: N_("Asked by mail, has not answered"),
    Word.YES: N_("Wants it"),
    Word.NO: N_("Does not want it"),
}


def acting(db: Session, case: Case) -> dict[str, Any] | None:
    """What the page of a case says of a request for somebody else; None where it is none."""
    row = request_of(db, case)
    if row is None:
        return None
    led_to = db.get(Case, row.led_to_id) if row.led_to_id is not None else None
    return {
        "role": _(ROLES[row.role]), "named": row.named, "whose": row.identifier or "", "wish": _wish(row), "mandate": _(MANDATES[row.mandate]),
        "word": _(WORDS[row.word]), "objects": row.word is Word.NO, "law": _law(db, case), "next": _next(db, row),
        "open": case.state in OPEN_STATES and row.mandate in (Mandate.WAITS, Mandate.BETTER), "led_to": led_to.number if led_to else "",
    }  # fmt: skip


def _wish(row: ActingRequest) -> str:
    return _("No more advertising") if row.wish == STOP_MARKETING else kind_of(CaseKind(row.wish))


def _law(db: Session, case: Case) -> str:
    """What the law of the case says of those who act for others; its own words are in its file."""
    law = due_of(db, case).law
    agent: Agent | None = law.agent
    if agent is None:
        return _("Its law says nothing of agents in our file.")
    said = {
        "yes": _("Its law lets an agent act."),
        "for_opt_outs": _("Its law lets an agent act for opt-outs only."),
        "no": _("Its law names no agents."),
    }[agent.allowed]
    return f"{said} {in_words(law, agent.article)}{': ' + agent.need if agent.need else ''}"


def _next(db: Session, row: ActingRequest) -> str:
    """What accepting leads to."""
    if row.role in BY_HAND_FOR:
        return _(
            "You decide alone. Answer here, with a file where they may have one, and end the case with it; what is deleted or changed in a system is done there by hand."
        )
    if needs_the_person(db, row) and row.word is not Word.YES:
        return _(
            "The person is asked by mail and says yes or no. With their yes it becomes a request of their own; the agent gets nothing of it."
        )
    return _("It becomes a request of the person’s own. The agent gets nothing of it.")
