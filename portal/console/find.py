"""Door 4, finding a case: by its number, or by the exact address or number of a customer for a reason that is kept.

Must never put an address into an address bar, and never answer to a part of one (K7).
"""

import re

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.companies import record_audit
from portal.accounts.staff import names_of
from portal.cases import desk, searching
from portal.console import words
from portal.console.forms import SearchForm
from portal.core.i18n import _
from portal.people.addresses import AddressRefused
from portal.web.context import current_company, database
from portal.web.staff_guards import current_staff, staff_may
from portal.web.transactions import db

bp = Blueprint("staff_find", __name__, url_prefix="/console")
NUMBER = re.compile(r"[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z]{4}")


@bp.get("/find")
@staff_may("cases.read")
def show() -> ResponseReturnValue:
    """Two ways to find a case."""
    return _page(SearchForm(formdata=None))


@bp.post("/find/number")
@staff_may("cases.read")
def number() -> ResponseReturnValue:
    """On to the case of that number; the page there says whether there is one."""
    typed = request.form.get("number", "").strip().upper().replace(" ", "-")
    if not NUMBER.fullmatch(typed):
        return _page(SearchForm(formdata=None), wrong=_("A case number looks like 7KQ2-M9XD-4TBR."))
    plain = typed.replace("-", "")
    wanted = f"{plain[:4]}-{plain[4:8]}-{plain[8:]}"
    record_audit(db(), actor=current_staff().staff.actor, act="case.sought", target=f"case:{wanted}")
    return redirect(url_for("staff_case.show", number=wanted))


@bp.post("/find")
@staff_may("people.search")
def send() -> ResponseReturnValue:
    """Look for one exact address or number, and go on to a page with a random name."""
    form = SearchForm()
    if form.validate_on_submit():
        try:
            token = searching.search(
                db(),
                kind=form.kind.data or "",
                typed=form.email.data or "",
                reason=form.reason.data or "",
                by=current_staff().staff,
            )
        except AddressRefused as refusal:
            form.email.errors = [_(refusal.reason)]
        else:
            return redirect(url_for("staff_find.found", search=token))
    return _page(form)


@bp.get("/found/<search>")
@staff_may("people.search")
def found(search: str) -> ResponseReturnValue:
    """The cases that this colleague's search found; that they were read is written down."""
    current = current_staff()
    try:
        search_id, cases = searching.found_by(db(), search, by=current.staff)
        somebody = searching.found_somebody(db(), search_id)
    except searching.NoSuchSearch:
        abort(404)
    with database().writing(current_company().id) as writing:
        record_audit(writing, actor=current.staff.actor, act="people.found", target=f"search:{search_id}")
    lines = words.lines(desk.lines_of(db(), cases), names_of(db()), current.staff)
    ask_url = url_for("staff_phone.ask", search=search) if somebody and current.staff.may("cases.work") else ""
    return render_template("console/found.html", current=current, lines=lines, ask_url=ask_url)


def _page(form: SearchForm, *, wrong: str = "") -> ResponseReturnValue:
    current = current_staff()
    page = render_template(
        "console/find.html", current=current, form=form, wrong=wrong, may_search=current.staff.may("people.search")
    )
    return page, 422 if form.errors or wrong else 200
