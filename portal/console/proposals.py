"""Door 4, everything that waits for a second person; several of them approved together, after each was read on one page.

Must never approve more than a person can read, nor in the same press in which it was picked (K9).
"""

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from portal.accounts.staff import names_of
from portal.cases.proposing import APPROVES, all_waiting
from portal.console import proposed
from portal.console.deciding import carry_out
from portal.core.i18n import _, ngettext
from portal.web.context import current_company, database
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import asks_systems, db

bp = Blueprint("staff_proposals", __name__, url_prefix="/console/proposals")
MOST_TOGETHER = 20


@bp.get("")
@staff_may("cases.read")
def show() -> ResponseReturnValue:
    """What waits, oldest first; texts are decided one case at a time."""
    return _list()


@bp.get("/several")
@staff_may(APPROVES, fresh=True)
def several() -> ResponseReturnValue:
    """What was picked, in full: this page has the button."""
    current, picked = current_staff(), request.args.getlist("pick")
    if not 0 < len(picked) <= MOST_TOGETHER:
        return _list(_("Pick between one and %(most)s of them.", most=MOST_TOGETHER), status=422 if picked else 200)
    waiting = all_waiting(db(), to=current.staff, tokens=picked)
    shown = [
        one
        for one in proposed.lines(waiting, names_of(db()), current.staff)
        if not (one["own"] or one["release"] or one["stale"])
    ]
    if len(shown) != len(set(picked)):
        return _list(_("Some of what you picked was decided meanwhile, has gone on, or is not yours to decide. Pick again."))
    return render_template("console/several.html", current=current, lines=shown)


@bp.post("/approve")
@staff_may(APPROVES, fresh=True)
@asks_systems
def approve() -> ResponseReturnValue:
    """Approve what was read, each in a transaction of its own; what could not be done is told line by line."""
    staff, picked = current_staff().staff, list(dict.fromkeys(request.form.getlist("proposal")))
    if not 0 < len(picked) <= MOST_TOGETHER:
        return _list(_("Pick between one and %(most)s of them.", most=MOST_TOGETHER))
    with database().reading(current_company().id) as reading:
        numbers = {one.token: one.number for one in all_waiting(reading, to=staff, tokens=picked)}
    told = [
        (numbers.get(token, ""), carry_out(numbers.get(token, ""), token, together=len(picked)))
        for token in picked
        if token in numbers
    ]
    done = sum(1 for _number, mistake in told if not mistake)
    flash(ngettext("%(num)s is approved and done.", "%(num)s are approved and done.", done), "ok" if done else "")
    left = len(picked) - len(told)
    return _list(_("Some were decided meanwhile.") if left else "", [one for one in told if one[1]])


def _list(mistake: str = "", failed: list[tuple[str, str]] | None = None, *, status: int = 0) -> ResponseReturnValue:
    current = current_staff()
    lines = proposed.lines(all_waiting(db(), to=current.staff), names_of(db()), current.staff)
    page = render_template(
        "console/proposals.html", current=current, lines=lines, mistake=mistake, failed=failed or [], may=current.staff.may(APPROVES),
        most=MOST_TOGETHER,
    )  # fmt: skip
    return page, status or (422 if mistake else 409 if failed else 200)
