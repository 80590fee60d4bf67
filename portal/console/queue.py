"""Door 4, the queue: open cases, what is due first, with filters in the address. Names no customer."""

from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.companies import record_audit
from portal.accounts.staff import Staff, names_of, staff_of
from portal.cases import advancing, desk
from portal.cases.model import OPEN_STATES, CaseKind
from portal.cases.service import NoSuchCase, case_by_number
from portal.console import words
from portal.console.homes import home_of
from portal.core.i18n import _, ngettext
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_queue", __name__, url_prefix="/console")
Word = TypeVar("Word", bound=StrEnum)


@bp.get("")
@staff_may("own")
def home() -> ResponseReturnValue:
    """On to where this member of staff begins."""
    return redirect(url_for(home_of(current_staff().staff)))


@bp.get("/cases")
@staff_may("cases.read")
def show() -> ResponseReturnValue:
    """One page of the queue."""
    current, filters = current_staff(), read_filters()
    lines, more = desk.queue(db(), filters, current.staff, after=_after())
    last = f"{lines[-1].due.isoformat()}.{lines[-1].id}" if more else ""
    return render_template(
        "console/queue.html",
        current=current,
        lines=words.lines(lines, names_of(db()), current.staff),
        counts=desk.counts(db()),
        filters=filters,
        kinds=words.KINDS,
        tabs=words.tabs(filters),
        colleagues=[one for one in staff_of(db()) if one.may("cases.work")],
        next_url=url_for("staff_queue.show", **words.address(filters), after=last) if more else "",
        first_url=url_for("staff_queue.show", **words.address(filters)) if request.args.get("after") else "",
    )


@bp.post("/next")
@staff_may("cases.work")
def take_next() -> ResponseReturnValue:
    """The first case that nobody has becomes this colleague's."""
    staff = current_staff().staff
    number = desk.take_next(db(), staff)
    if number is None:
        record_audit(db(), actor=staff.actor, act="case.none_left", target="company")
        flash(_("Nobody waits for somebody to take them: every open case has an owner."), "")
        return redirect(url_for("staff_queue.show"))
    flash(_("This case is yours now."), "ok")
    return redirect(url_for("staff_case.show", number=number))


@bp.post("/hand-over")
@staff_may("cases.work")
def hand_over() -> ResponseReturnValue:
    """Several cases at once; one that somebody else took meanwhile, or that may not be theirs, is left as it is."""
    staff, picked = current_staff().staff, list(dict.fromkeys(request.form.getlist("pick")))[: desk.PAGE]
    wanted = request.form.get("owner", "")
    to = next((one for one in staff_of(db()) if one.public_id == wanted), None)
    done = sum(_hand_over(number, to, staff) for number in picked) if to is not None or not wanted else 0
    record_audit(db(), actor=staff.actor, act="case.handed_many", target="company", picked=len(picked), done=done)
    flash(ngettext("%(num)s case handed over.", "%(num)s cases handed over.", done), "ok" if done else "")
    if left := len(picked) - done:
        flash(
            ngettext(
                "%(num)s case was left as it is: somebody was faster, or it may not be theirs.",
                "%(num)s cases were left as they are: somebody was faster, or they may not be theirs.",
                left,
            ),
            "warn",
        )
    return redirect(url_for("staff_queue.show"))


def _hand_over(number: str, to: Staff | None, by: Staff) -> bool:
    try:
        case = advancing.lock_case(db(), case_by_number(db(), number).id)
    except NoSuchCase:
        return False
    same = (case.owner or "") == request.form.get(f"was-{number}") and case.state in OPEN_STATES
    return same and not desk.is_about(db(), case, by) and desk.hand_over(db(), case, to, by=by)


def read_filters() -> desk.Filters:
    """What the address asks for; what it does not know is left out."""
    kind = request.args.get("kind", "")
    return desk.Filters(
        kind if kind in {one.value for one in CaseKind} else "", _word(desk.Stage, "stage"), _word(desk.Whose, "whose")
    )


def _word(kind: type[Word], name: str) -> Word:
    try:
        return kind(request.args.get(name, ""))
    except ValueError:
        return kind("")


def _after() -> tuple[date, int] | None:
    day, _dot, number = request.args.get("after", "").partition(".")
    try:
        return (date.fromisoformat(day), int(number)) if number.isdecimal() and len(number) < 18 else None
    except ValueError:
        return None
