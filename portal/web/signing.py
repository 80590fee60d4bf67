"""What sign-in leaves in the cookie: the session's token and the nonce of the browser that asks. Nothing of before but answers that were
given as a session ended, which open for their own person alone.
"""

from flask import session

from portal.identity.links import new_nonce
from portal.identity.sessions import CurrentSession, session_of
from portal.web import kept_answers
from portal.web.transactions import db


def nonce() -> str | None:
    """The nonce of this browser, if it ever asked for a link."""
    value = session.get("nonce")
    return value if isinstance(value, str) else None


def nonce_made() -> str:
    """The nonce of this browser, made where it has none."""
    if nonce() is None:
        session["nonce"] = new_nonce()
    return str(session["nonce"])


def keep(token: str) -> None:
    """Sign this browser in: a fresh cookie that keeps only language, nonce and sealed answers of the one before (no fixation)."""
    kept = {name: session[name] for name in ("language", "nonce", kept_answers.NAME) if name in session}
    session.clear()
    session.update(kept, sid=token)


def live_session() -> CurrentSession | None:
    """The live session of this browser, on a page that does not ask for one."""
    token = session.get("sid")
    return session_of(db(), token) if isinstance(token, str) else None
