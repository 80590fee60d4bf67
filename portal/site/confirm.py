"""Door 1, a choice that waits: the page behind the mailed link, with a button for yes and one for no.

Must never act on GET or HEAD, and show nothing of the person but what this one link asks.
"""

from typing import Any

from flask import Blueprint, g, render_template, request
from flask.typing import ResponseReturnValue

from portal.consent.changes import Change
from portal.consent.confirming import Asked, NotTheAddress, asked_by, confirm, refuse
from portal.consent.notices import notice_for
from portal.consent.waiting import Wanted
from portal.core.i18n import N_, _, pick
from portal.site.forms import LinkForm
from portal.web import signing
from portal.web.context import current_company
from portal.web.guards import public
from portal.web.said import said_at, say_at
from portal.web.transactions import db

bp = Blueprint("confirm", __name__)
WANTED, WRONG = N_("Type the address that got the mail."), N_("This is not the address that got the mail. The page still works.")
WHY = "the token of the mailed link is the authority, and opens nothing but this one choice; a yes also wants the address typed"


@bp.get("/confirm/<token>")
@public(WHY)
def show(token: str) -> ResponseReturnValue:
    """What waits, and what the buttons will do."""
    g.secret_link = True
    if how := said_at("confirm.show", token=token):
        stays = how == "no_but_stays"
        return render_template("site/confirm_done.html", done="no" if stays else how, stays=stays)
    return _page(token, LinkForm(formdata=None))


@bp.post("/confirm")
@public(WHY)
def press() -> ResponseReturnValue:
    """Yes: it counts from now on."""
    form, token, current = LinkForm(), request.form.get("token", ""), signing.live_session()
    if not form.validate_on_submit():
        return _page(token, form)
    typed = form.email.data or ""
    saved = confirm(db(), token, person_id=current.person_id if current else None, typed_address=typed)
    if isinstance(saved, NotTheAddress):
        form.email.errors = [_(WRONG if typed.strip() else WANTED)]
        return _page(token, form)
    return _ended() if saved is None else _done(token, "yes" if saved.events else "changed")


@bp.post("/confirm/no")
@public(WHY)
def no() -> ResponseReturnValue:
    """No: nothing waits any more."""
    token = request.form.get("token", "")
    refused = refuse(db(), token)
    return _done(token, "no_but_stays" if refused.stays else "no") if refused else _ended()


def _page(token: str, form: LinkForm) -> ResponseReturnValue:
    g.secret_link = True
    asked, current = asked_by(db(), token), signing.live_session()
    if asked is None:
        return _ended()
    typed = current is None or current.person_id != asked.person_id
    page = render_template("site/confirm.html", token=token, asked=asked, choices=_words(asked), form=form, typed=typed)
    return page, 422 if form.errors else 200


def _done(token: str, how: str) -> ResponseReturnValue:
    g.secret_link = True
    return say_at("confirm.show", how, token=token)


def _ended() -> ResponseReturnValue:
    g.secret_link = True
    return render_template("site/confirm_ended.html"), 410


def _words(asked: Asked) -> list[dict[str, Any]]:
    return [_line(one, asked.language) for one in asked.wanted]


def _line(one: Wanted, language: str) -> dict[str, Any]:
    change: Change = one.change
    purpose = current_company().config.purposes[change.purpose]
    topics = [pick(purpose.topics[key].title) for key in purpose.topics if key in (change.topics or ())]
    frequency = purpose.frequencies.get(change.frequency or "")
    return {
        "title": pick(purpose.title),
        "channel": pick(purpose.channels[change.channel]),
        "topics": topics,
        "frequency": pick(frequency) if frequency else "",
        "notice": notice_for(db(), change.purpose, language).text,
        "language": language,
    }
