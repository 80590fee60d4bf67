"""A form was sent after its session had ended: says that nothing came of it, and keeps what its page may keep.

Must never do what was asked, nor keep anything of a form that did not carry the token of its own page.
"""

from collections.abc import Callable

from flask import flash, request, session, url_for

from portal.core.i18n import _
from portal.identity import sessions
from portal.web import kept_answers, steps
from portal.web.context import current_company, database
from portal.web.kept_answers import Answers

Keeps = Callable[[], Answers | None]
"""Reads from the form of this request what may be shown once more."""


def sign_in_url() -> str:
    """The sign-in, and from there on to the page of this request."""
    step = steps.here()
    return url_for("sign_in.show", next=steps.sign(step)) if step != steps.HOME else url_for("sign_in.show")


def say_nothing_came_of_it(keeps: Keeps | None) -> None:
    """In words on the next page. Behind the check of form tokens and of where a form came from: another site gets nothing kept."""
    if request.blueprint == "sessions":
        # Who wanted to end a session has what they wanted.
        return
    if keeps is None:
        flash(_("You were signed out, so nothing was sent yet. Sign in, and we go on where you were."), "warn")
    elif _keep(keeps()):
        flash(_("You were signed out, so nothing was saved yet. Sign in, and we go on where you were."), "warn")
    else:
        flash(_("You were signed out, so nothing was saved. Sign in, and give your answers once more."), "warn")


def _keep(answers: Answers | None) -> bool:
    """For whose session it was; where nobody can tell, nothing is kept."""
    token = session.get("sid")
    if not answers or not isinstance(token, str):
        return False
    with database().reading(current_company().id) as reading:
        person_id = sessions.person_of_ended(reading, token)
    return person_id is not None and kept_answers.keep(person_id, answers)
