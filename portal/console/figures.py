"""Door 4, how the company keeps its dates and promises: a page of counts, the year's figures and the register as files.

Must never show a figure from which one person could be told, beyond what the queue shows anyway: counts, shares and days alone.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from portal.accounts.companies import record_audit
from portal.cases import desk, register, yearly
from portal.cases.dates import today_of
from portal.cases.events import system_title
from portal.cases.figures import KindFigures, by_kind, due_ahead
from portal.consent.figures import Rate, opt_in_rates
from portal.console.files import csv_file
from portal.console.words import kind_of
from portal.core import clock
from portal.core.i18n import _, format_number, pick
from portal.engine.figures import SystemFigures, system_figures
from portal.outbox.figures import mail_figures
from portal.web.context import current_company
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_figures", __name__, url_prefix="/console/figures")
LATELY = timedelta(days=90)
THIS_MONTH = timedelta(days=30)
YEARS = 3
"""As long as cases are kept by default: of what is older, no true figure can be given."""


@bp.get("")
@staff_may("figures.read")
def show() -> ResponseReturnValue:
    """Everything on one page; each chart has its table."""
    now, year = clock.now(), today_of(db()).year
    return render_template(
        "console/figures.html", current=current_staff(), counts=desk.counts(db()), ahead=due_ahead(db()),
        kinds=[_kind(one) for one in by_kind(db(), since=now - LATELY)], rates=[_rate(one) for one in opt_in_rates(db())],
        systems=[_system(key, one) for key, one in sorted(system_figures(db(), since=now - THIS_MONTH).items())],
        mails=mail_figures(db(), since=now - THIS_MONTH), years=range(year, year - YEARS, -1),
    )  # fmt: skip


@bp.post("/year")
@staff_may("figures.read", fresh=True)
def year() -> ResponseReturnValue:
    """The figures of a year as CSV (11 CCR 7102)."""
    this, wanted = today_of(db()).year, request.form.get("year", "")
    chosen = (
        int(wanted)
        if wanted.isascii() and wanted.isdecimal() and len(wanted) == 4 and this - YEARS < int(wanted) <= this
        else this
    )
    return _file(f"requests-{chosen}.csv", "year", [yearly.COLUMNS, *(one.cells() for one in yearly.year_lines(db(), chosen))])


@bp.post("/register")
@staff_may("figures.read", fresh=True)
def processing() -> ResponseReturnValue:
    """The register of processing activities as CSV (GDPR Art. 30)."""
    return _file("register.csv", "register", [register.COLUMNS, *register.register_rows(current_company().config)])


def _file(name: str, what: str, rows: Iterable[tuple[str, ...]]) -> Response:
    record_audit(db(), actor=current_staff().staff.actor, act="figures.exported", target="company", what=what)
    return csv_file(name, rows)


def _kind(one: KindFigures) -> dict[str, Any]:
    days = "" if one.median_days is None else format_number(one.median_days)
    return {
        "words": kind_of(one.kind),
        "open": one.open,
        "overdue": one.overdue,
        "answered": one.answered,
        "days": days,
        "value": one.median_days or 0,
    }


def _rate(one: Rate) -> dict[str, Any]:
    """A purpose or channel that is no longer configured is called by its key."""
    purpose = current_company().config.purposes.get(one.purpose)
    channel = purpose.channels.get(one.channel) if purpose else None
    title = f"{pick(purpose.title) if purpose else one.purpose}, {pick(channel) if channel else one.channel}"
    percent = None if one.share is None else round(100 * one.share)
    return {"words": title, "yes": one.yes, "no": one.no, "pending": one.pending, "value": percent}


def _system(key: str, one: SystemFigures) -> dict[str, Any]:
    percent = round(100 * one.failed / one.tries) if one.tries else 0
    title = system_title(current_company().config, key) if key else _("This portal itself")
    return {"words": title, "figures": one, "percent": percent}
