"""Door 4, the second pair of eyes: one case's proposal, to be approved or declined with a reason by somebody else than who made it.

Must never decide without a passkey or code of the last ten minutes, nor carry out what was proposed of a case that has gone on.
"""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.staff import names_of
from portal.cases import proposing
from portal.cases.clocks import DateNotNamed
from portal.cases.kept_holds import HoldRefused
from portal.cases.laws.deadlines import ExtensionTooLate, NoExtension
from portal.cases.messages import MessageRefused
from portal.cases.model import Case
from portal.cases.proposal_model import Act
from portal.cases.refusing import CannotRefuse, NoAppeal, SameReviewer
from portal.cases.reviewing import MarksUndecided, NoSuchText, NothingToRelease, NotLookedAt, WordsNotFound
from portal.cases.two_people import SecondPersonNeeded
from portal.console import proposed
from portal.console.case import case_to_work_on
from portal.console.forms import DeclineForm
from portal.core.errors import PortalError
from portal.core.i18n import N_, _
from portal.engine.service import ReasonMissing, StepIsRunning
from portal.web.context import current_company, database
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import asks_systems, db, end

bp = Blueprint("staff_deciding", __name__, url_prefix="/console/cases")

GONE: tuple[type[PortalError], ...] = (
    CannotRefuse, NoAppeal, SameReviewer, SecondPersonNeeded, MessageRefused, NoExtension, ExtensionTooLate, DateNotNamed, HoldRefused,
    NothingToRelease, NotLookedAt, NoSuchText, MarksUndecided, WordsNotFound, ReasonMissing, StepIsRunning, proposing.ProposalIsStale,
)  # fmt: skip
"""What an act says where it cannot be done as it was proposed."""

WHY_NOT: dict[type[PortalError], str] = {
    proposing.NotWaiting: N_("It was decided already, or called off. Nothing was changed."),
    proposing.SamePerson: N_("You proposed this. A colleague has to approve it."),
    proposing.AboutThemselves: N_("This case is about somebody with your own address. A colleague has to decide it."),
    proposing.NotTheirs: N_("Only who may approve it, or who proposed it, says no to it."),
    proposing.NotReadYet: N_(
        "Read the texts first: they are let go only by somebody who has read them since they were proposed."
    ),
    proposing.WordsMissing: N_("Say why, in one sentence: who proposed it reads it."),
}
STALE = N_(
    "The case has gone on since this was proposed, so nothing of it was done. Look at the case as it is now, and propose anew."
)


@bp.get("/<number>/proposal")
@staff_may("cases.read")
def show(number: str) -> ResponseReturnValue:
    """What waits for a second person in this case."""
    return _page(case_to_work_on(number))


@bp.post("/<number>/proposal/approve")
@staff_may("cases.approve", fresh=True)
@asks_systems
def approve(number: str) -> ResponseReturnValue:
    """Carry it out, with both names."""
    case_to_work_on(number)
    end()
    mistake = carry_out(number, request.form.get("proposal", ""))
    if mistake:
        return _page(case_to_work_on(number), mistake)
    flash(_("Approved and done. Both names stand in the audit."), "ok")
    return redirect(url_for("staff_case.show", number=number))


@bp.post("/<number>/proposal/decline")
@staff_may("cases.work", fresh=True)
def decline(number: str) -> ResponseReturnValue:
    """Say no to it, with a reason for colleagues; who proposed it takes it back."""
    case, form = case_to_work_on(number), DeclineForm()
    form.validate()
    try:
        proposing.decline(db(), number, request.form.get("proposal", ""), by=current_staff().staff, reason=form.reason.data or "")
    except tuple(WHY_NOT) as refusal:
        db().rollback()
        return _page(case_to_work_on(case.number), _(WHY_NOT[type(refusal)]))
    flash(_("Nothing of it was done. Colleagues read why."), "ok")
    return redirect(url_for("staff_case.show", number=number))


def carry_out(number: str, token: str, *, together: int = 1) -> str:
    """Approve one proposal in transactions of its own; the sentence that says why not, or nothing."""
    staff, company_id = current_staff().staff, current_company().id
    with database().reading(company_id) as reading:
        waits = next(iter(proposing.all_waiting(reading, to=staff, tokens=[token])), None)
    release = waits is not None and waits.act is Act.RELEASE

    def act() -> None:
        if release and together == 1:
            proposing.approve_release(database(), company_id, number, token, by=staff)
            return
        with database().writing(company_id) as writing:
            proposing.approve(writing, number, token, by=staff, together=together)

    return _told(act, number, token)


def _told(act: Callable[[], None], number: str, token: str) -> str:
    try:
        act()
    except tuple(WHY_NOT) as refusal:
        return _(WHY_NOT[type(refusal)])
    except GONE:
        with database().writing(current_company().id) as writing:
            proposing.lay_aside(writing, number, token, by=current_staff().staff)
        return _(STALE)
    return ""


def _page(case: Case, mistake: str = "") -> ResponseReturnValue:
    current, waiting = current_staff(), proposing.waiting_of(db(), case)
    page = render_template(
        "console/proposal.html", current=current, case=case, mistake=mistake, form=DeclineForm(formdata=None),
        it=proposed.line(waiting, names_of(db()), current.staff) if waiting else None, may=current.staff.may(proposing.APPROVES),
    )  # fmt: skip
    return page, 409 if mistake else 200
