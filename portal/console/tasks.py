"""Door 4, tasks of owners of systems: all that are open, the overdue first; and a task sent again or taken back.

Must never name a customer in the list, nor act on a page that somebody has overtaken.
"""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.adapters.manual import KIND
from portal.cases.model import Case
from portal.cases.task_answers import NoSuchTask, send_again, take_back
from portal.cases.tasks.listing import Which, open_tasks
from portal.cases.tasks.mailing import NoOwner
from portal.console import task_words
from portal.console.acts import is_overtaken, locked, write_down
from portal.console.case import page
from portal.core.i18n import N_, _, pick
from portal.web.context import current_company
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_tasks", __name__, url_prefix="/console")
WHICH = {Which.ALL: N_("All open ones"), Which.LATE: N_("Overdue"), Which.UNOPENED: N_("Not seen yet")}


@bp.get("/tasks")
@staff_may("cases.read")
def show() -> ResponseReturnValue:
    """One page of open tasks."""
    which, system = _which(), _system()
    found, more = open_tasks(db(), which, system, after=_after())
    last = f"{found[-1].due_on.isoformat()}.{found[-1].id}" if more else ""
    return render_template(
        "console/tasks.html",
        current=current_staff(),
        lines=task_words.lines(found),
        tabs=[
            {
                "words": _(said),
                "current": one is which,
                "url": _address(one.value, system),
            }
            for one, said in WHICH.items()
        ],
        which=which.value,
        system=system,
        systems=[(key, pick(one.title)) for key, one in current_company().config.systems.items() if one.kind == KIND],
        next_url=_address(which.value, system, last) if more else "",
        first_url=_address(which.value, system) if request.args.get("after") else "",
    )


@bp.post("/cases/<number>/tasks/<task>/send")
@staff_may("cases.work")
def send(number: str, task: str) -> ResponseReturnValue:
    """A new link to the owner; links of before are void."""
    case = locked(number)
    if is_overtaken(case):
        return page(case, stale=True)
    try:
        send_again(db(), case, task)
    except (NoSuchTask, NoOwner):
        return _ended(case)
    write_down(case, "case.task_sent", task=task[:20])
    flash(_("Sent. Only the link in the new mail works now."), "ok")
    return redirect(url_for("staff_case.show", number=number, _anchor="tasks"))


@bp.post("/cases/<number>/tasks/<task>/take-back")
@staff_may("cases.work")
def take_it_back(number: str, task: str) -> ResponseReturnValue:
    """The link ends; the step waits for staff."""
    case = locked(number)
    if is_overtaken(case):
        return page(case, stale=True)
    try:
        take_back(db(), case, task)
    except NoSuchTask:
        return _ended(case)
    write_down(case, "case.task_taken_back", task=task[:20])
    flash(_("Ended. The link does not work any more, and the step waits for you."), "ok")
    return redirect(url_for("staff_case.show", number=number, _anchor="tasks"))


def _ended(case: Case) -> ResponseReturnValue:
    """Nothing was done: the task is not there, or it is over."""
    db().rollback()
    return page(case, stale=True)


def _address(which: str, system: str, after: str = "") -> str:
    return url_for("staff_tasks.show", which=which or None, system=system or None, after=after or None)


def _which() -> Which:
    try:
        return Which(request.args.get("which", ""))
    except ValueError:
        return Which.ALL


def _system() -> str:
    asked = request.args.get("system", "")
    return asked if asked in current_company().config.systems else ""


def _after() -> tuple[date, int] | None:
    day, _dot, number = request.args.get("after", "").partition(".")
    try:
        return (date.fromisoformat(day), int(number)) if number.isdecimal() and len(number) < 18 else None
    except ValueError:
        return None
