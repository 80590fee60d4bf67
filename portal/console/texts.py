"""Door 4, texts that wait for a look: read with their marks, decided on, seen as the customer will see them, let go.

Must never let go of a text with a mark that nobody decided on, nor of one that was not on this page as it is now.
"""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.accounts.staff import Staff
from portal.cases import advancing, proposing, reviewing
from portal.cases.model import Case
from portal.cases.proposal_model import Act
from portal.cases.redacting import Decided
from portal.cases.service import case_by_number
from portal.cases.two_people import SecondPersonNeeded, needs_two
from portal.console.acts import PROPOSED, WAITS_ALREADY
from portal.console.case import case_to_work_on
from portal.core.errors import PortalError
from portal.core.i18n import N_, _
from portal.engine.service import ReasonMissing
from portal.web.context import current_company, database
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import asks_systems, db, end

bp = Blueprint("staff_texts", __name__, url_prefix="/console/cases")

TO_MEND: dict[type[PortalError], str] = {
    ReasonMissing: N_("What is not handed out needs a reason in one sentence. Nothing was let go."),
    reviewing.MarksUndecided: N_("Say of each mark whether it is blacked out or left. Nothing was let go."),
    reviewing.WordsNotFound: N_(
        "Something that you typed stands in none of the texts, so it would not be blacked out. Type it as it stands there. Nothing was let go."
    ),
}
"""What is said on the page of texts, where all that was chosen stays."""


@bp.post("/<number>/texts")
@staff_may("cases.release", fresh=True)
@asks_systems
def texts(number: str) -> ResponseReturnValue:
    """The texts that wait, with what looks like other people's marked; that this colleague has them before them is written down first."""
    return _about(number, lambda: _page(number))


@bp.post("/<number>/preview")
@staff_may("cases.release", fresh=True)
@asks_systems
def preview(number: str) -> ResponseReturnValue:
    """The texts as the customer will read them, with what was decided; nothing is kept yet."""
    return _about(number, lambda: _preview(number, current_staff().staff))


@bp.post("/<number>/release")
@staff_may("cases.release", fresh=True)
@asks_systems
def release(number: str) -> ResponseReturnValue:
    """Let go of the texts but those that are withheld, each with its reason, and without what is blacked out."""
    return _about(number, lambda: _release(number, current_staff().staff))


def _about(number: str, act: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """An act that opens its own transactions, for a case that this colleague may handle."""
    case_to_work_on(number)
    end()
    try:
        return act()
    except reviewing.NothingToRelease:
        flash(_("Nothing of this case waits for a look any more."), "")
    except (reviewing.NotLookedAt, reviewing.NoSuchText, SecondPersonNeeded):
        flash(_("The texts have changed meanwhile. Nothing was let go; look at them once more."), "bad")
    except tuple(TO_MEND) as mistake:
        return _page(number, _(TO_MEND[type(mistake)])), 422
    return redirect(url_for("staff_case.show", number=number))


def _page(number: str, mistake: str = "") -> str:
    held = reviewing.look_at_texts(database(), current_company().id, number, actor=current_staff().staff.actor)
    case = case_to_work_on(number)
    waits = proposing.waiting_of(db(), case)
    waits = waits if waits and waits.act is Act.RELEASE and not waits.stale else None
    first = {mark.id: one.number for one in reversed(held) if not one.withheld for mark in one.marks}
    return render_template(
        "console/texts.html", current=current_staff(), number=number, held=held, longest=reviewing.LONGEST_REASON, waits=waits,
        two=needs_two(db(), case, Act.RELEASE), first=first, seen=reviewing.seen_of(held), mistake=mistake, typed=request.form,
        ticked=request.form.getlist("withhold"), proposed=proposing.decided_of(waits.params) if waits else None,
    )  # fmt: skip


def _preview(number: str, staff: Staff) -> str:
    withhold, decided = _withheld(), _decided()
    shown = reviewing.preview_texts(
        database(), current_company().id, number, actor=staff.actor, withhold=withhold, decided=decided, seen=_seen()
    )
    case = case_to_work_on(number)
    return render_template(
        "console/preview.html", current=current_staff(), number=number, shown=shown, withhold=withhold, decided=decided,
        seen=_seen(), language=case.language, two=needs_two(db(), case, Act.RELEASE),
    )  # fmt: skip


def _release(number: str, staff: Staff) -> ResponseReturnValue:
    company_id, withhold, decided = current_company().id, _withheld(), _decided()
    with database().reading(company_id) as reading:
        two = needs_two(reading, case_by_number(reading, number), Act.RELEASE)
    if two:
        reviewing.check_decided(database(), company_id, number, withhold=withhold, decided=decided, seen=_seen())
        with database().writing(company_id) as writing:
            case = advancing.lock_case(writing, case_by_number(writing, number).id)
            return _propose(writing, case, withhold, decided, staff)
    reviewing.release_texts(
        database(), company_id, number, actor=staff.actor, withhold=withhold, decided=decided, seen=_seen()
    )  # fmt: skip
    flash(_("Let go. The customer is told when the second part is ready."), "ok")
    return redirect(url_for("staff_case.show", number=number))


def _propose(writing: Session, case: Case, withhold: dict[int, str], decided: Decided, staff: Staff) -> ResponseReturnValue:
    """What was addressed lately, or where the company asks for two: a colleague reads the texts, too."""
    texts = request.form.get("texts", "0")
    params = {
        "withhold": {str(key): reason.strip() for key, reason in withhold.items()},
        "texts": int(texts[:6]) if texts[:6].isdecimal() else 0,
        "black_out": sorted(decided.black_out),
        "leave": sorted(decided.leave),
        "words": list(decided.words),
    }
    try:
        proposing.propose(writing, case, Act.RELEASE, params, by=staff)
    except proposing.ProposalWaits:
        flash(_(WAITS_ALREADY), "bad")
    else:
        flash(_(PROPOSED), "ok")
    return redirect(url_for("staff_case.show", number=case.number))


def _withheld() -> dict[int, str]:
    """The numbers of the texts that stay, each with its reason."""
    return {
        int(one): request.form.get(f"reason-{one}", "")
        for one in request.form.getlist("withhold")
        if one.isdecimal() and len(one) < 9
    }


def _decided() -> Decided:
    """What was said of each mark, and what was typed beside them."""
    said = {name.removeprefix("mark-"): value for name, value in request.form.items() if name.startswith("mark-")}
    return Decided(
        frozenset(one for one, value in said.items() if value == "black"),
        frozenset(one for one, value in said.items() if value == "leave"),
        tuple(line.strip() for line in request.form.get("words", "").splitlines() if line.strip()),
    )


def _seen() -> str:
    return request.form.get("seen", "")[:40] or "none"
