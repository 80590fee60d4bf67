"""After the proof: the browser gets its new token and goes on to where it was. Must never lead anywhere but into the console."""

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue

from portal.console.homes import home_of
from portal.identity.staff_sessions import CurrentStaff
from portal.web import signing
from portal.web.staff_guards import THEN
from portal.web.steps import NUMBER

FORMS = "csrf_token"


def go_on(token: str, current: CurrentStaff | None, *, again: bool) -> ResponseReturnValue:
    """On to the case that a fresh proof was asked for, or to their first page. `again`: they were signed in before."""
    then = str(session.get(THEN, ""))
    # Asked once more in another tab: the forms that wait in the first one belong to the same session and stay good.
    same_forms = session.get(FORMS) if again else None
    signing.keep(token)
    if same_forms is not None:
        session[FORMS] = same_forms
    if NUMBER.fullmatch(then):
        return redirect(url_for("staff_case.show", number=then))
    return redirect(url_for(home_of(current.staff)) if current else url_for("staff_sign_in.show"))
