"""Door 1, the browser's own word: Global Privacy Control. Seen on every page, kept for who is signed in, shown to everyone it concerns.

Must never write for anyone but the signed-in person, nor take any value but exactly `1` for the signal.
"""

from flask import Blueprint, request, session

from portal.consent.gpc import apply_signal, due_choices, is_signal, sold_choices
from portal.core import i18n
from portal.identity.sessions import session_of
from portal.web.context import current_company, database

bp = Blueprint("signal", __name__)

HEADER = "Sec-GPC"


def is_sent() -> bool:
    """Whether this request carries the signal: of several headers one that is exactly `1` is enough."""
    return is_signal(request.headers.getlist(HEADER))


def concerns() -> bool:
    """Whether the signal asks anything of this company: it sells or shares."""
    return bool(sold_choices(current_company().config))


@bp.before_app_request
def heed() -> None:
    """Lower what the signal lowers before the page is made: the one choice that a GET may change, in a short transaction of its own."""
    token = session.get("sid") if is_sent() and concerns() else None
    if not isinstance(token, str):
        return
    with database().reading(current_company().id) as db:
        current = session_of(db, token)
        due = current is not None and due_choices(db, current.person_id, session_id=current.id)
    if current is not None and due:
        with database().writing(current_company().id) as db:
            apply_signal(db, current.person_id, language=i18n.language(), session_id=current.id)


@bp.app_context_processor
def _shown() -> dict[str, bool]:
    """For pages: `signal`, where the browser sends it and it concerns this company."""
    return {"signal": is_sent() and concerns()}
