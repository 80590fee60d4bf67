"""The demo's mailbox: every mail that the portal would have sent, as a page and as JSON. Exists in demo mode only, on loopback."""

from flask import Blueprint, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from portal.core.db import ALL_COMPANIES
from portal.outbox.demo import ShownMail, demo_mails
from portal.web.context import database
from portal.web.guards import public
from portal.web.headers import MAIL_CSP
from portal.web.transactions import asks_systems

bp = Blueprint("mailbox", __name__, url_prefix="/demo")
WHY = "the demo shows its own mails; it answers on loopback only"


def _mails() -> list[ShownMail]:
    with database().reading(ALL_COMPANIES) as reading:
        return demo_mails(reading)


@bp.get("/mailbox")
@public(WHY)
@asks_systems
def show() -> ResponseReturnValue:
    """Every mail that the demo would have sent, newest first."""
    return render_template("demo/mailbox.html", mails=_mails())


@bp.get("/mailbox.json")
@public(WHY)
@asks_systems
def as_json() -> ResponseReturnValue:
    """The same as JSON: to, subject, text, html, headers, at."""
    return jsonify(
        [
            {
                "id": m.id,
                "to": m.to,
                "subject": m.subject,
                "text": m.text,
                "html": m.html,
                "headers": m.headers,
                "at": m.at.isoformat(),
            }
            for m in _mails()
        ]
    )


@bp.get("/mailbox/<int:number>")
@public(WHY)
@asks_systems
def show_one(number: int) -> ResponseReturnValue:
    """The HTML part of one mail, as a mail program would show it."""
    mail = next((mail for mail in _mails() if mail.id == number), None)
    return (mail.html, 200, {"Content-Security-Policy": MAIL_CSP}) if mail else abort(404)
