"""Door 1, change your address: asked for by a fresh sign-in, confirmed from both mailboxes, undone from either without a session.

Must never act on a look, nor say at a link more than who holds its mailbox may know.
"""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.core import i18n
from portal.core.i18n import N_, _
from portal.identity.address_change import (
    ChangeShown,
    ChangeUnderWay,
    MayBeSeveral,
    Outcome,
    SameAddress,
    TooManyChanges,
    ask_change,
    change_under_way,
    confirm_change,
    may_move,
    show_change,
    stop_change,
    stop_changes,
    unsettled_until,
)
from portal.identity.address_code import confirm_by_code
from portal.identity.address_undo import undo_change
from portal.identity.browsers import browser_words
from portal.people.addresses import AddressRefused, masked
from portal.people.service import mail_address_of
from portal.site import own_data
from portal.site.forms import ChangeForm, CodeForm, LinkForm
from portal.web import signing
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required, public
from portal.web.language import can_be_read_at
from portal.web.said import said_at, say_at
from portal.web.transactions import asks_systems, db

bp = Blueprint("address", __name__, url_prefix="/address")
WHY = "the token of the mail is the authority, for its one change only; the address that got it is typed where another browser asked"
REFUSED = {
    SameAddress: N_("This is your address already."),
    MayBeSeveral: N_("Several people may use this address, so it is not changed here. Write to us, then a person helps."),
    ChangeUnderWay: N_("Your address was changed a few days ago. The next change can begin once that one is final."),
    TooManyChanges: N_("You have asked for several changes today. You can ask again tomorrow."),
}
MISTAKES = {
    Outcome.ADDRESS_WANTED: N_("Type the address that got the mail."),
    Outcome.ADDRESS_WRONG: N_("This is not the address that got the mail. The page still works."),
    Outcome.ONLY_WHERE_ASKED: N_("Say yes in the browser in which you asked, or type the code of the mail there."),
}
CODE_MISTAKES = {
    Outcome.CODE_WRONG: N_("This is not the code of the mail to the new address. Nothing was changed."),
    Outcome.ONLY_WHERE_ASKED: N_("Say yes in the browser in which you asked, or type the code of the mail there."),
}
BY_CODE = "code"
"""Stands for the token where there was none: what is said of the code that was typed."""
ACTS = {"stop": stop_change, "undo": undo_change}


@bp.get("")
@person_required(fresh=True)
@asks_systems
def show() -> ResponseReturnValue:
    """The address, a change that waits, and the form for a new one; none of it where several people may use the address."""
    own_data.read()
    with database().reading(current_company().id) as db:
        return _page(db, ChangeForm())


@bp.post("")
@person_required(fresh=True)
def ask() -> ResponseReturnValue:
    """Begin a change: both mailboxes get a mail."""
    form = ChangeForm()
    if not form.validate_on_submit():
        return _page(db(), form, 422)
    try:
        _ask(form.email.data or "")
    except AddressRefused as refusal:
        form.email.errors = [_(refusal.reason)]
    except (SameAddress, MayBeSeveral, ChangeUnderWay, TooManyChanges) as refusal:
        form.email.errors = [_(REFUSED[type(refusal)])]
    else:
        flash(_("Two mails are on their way, one to each address. Nothing changes before both have said yes."), "ok")
        return redirect(url_for("address.show"))
    return _page(db(), form, 422)


@bp.post("/code")
@person_required(fresh=True)
def enter_code() -> ResponseReturnValue:
    """The new mailbox says yes by its code."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(db(), ChangeForm(formdata=None), 422, form)
    outcome = confirm_by_code(db(), current_session(), form.code.data or "", nonce=signing.nonce())
    if outcome in CODE_MISTAKES:
        form.code.errors = [_(CODE_MISTAKES[outcome])]
        return _page(db(), ChangeForm(formdata=None), 422, form)
    return _said(outcome, BY_CODE)


@bp.post("/stop")
@person_required()
def stop() -> ResponseReturnValue:
    """Give up a change that waits."""
    stop_changes(db(), current_session().person_id)
    flash(_("Stopped. Your address stays as it is."), "ok")
    return redirect(url_for("address.show"))


@bp.get("/<token>")
@public(WHY)
def open_link(token: str) -> ResponseReturnValue:
    """Says what the buttons will do, and once one was pressed what came of it."""
    if said := said_at("address.open_link", token=token):
        g.secret_link = True
        return render_template("site/address_said.html", outcome=said)
    return _link_page(LinkForm(formdata=None), token, _shown(token))


@bp.post("/act")
@public(WHY)
def act() -> ResponseReturnValue:
    """Say yes, say "this was not me", or undo."""
    form, token = LinkForm(), request.form.get("token", "")
    shown, chosen = _shown(token), request.form.get("act", "")
    if chosen not in ("confirm", *ACTS) or not form.validate_on_submit():
        return _link_page(form, token, shown)
    said = {"nonce": signing.nonce(), "typed_address": form.email.data}
    outcome = ACTS[chosen](db(), token, **said) if chosen in ACTS else _confirm(token, **said)
    if outcome in MISTAKES:
        form.email.errors = [_(MISTAKES[outcome])]
        return _link_page(form, token, shown)
    return _said(outcome, token)


def _confirm(token: str, *, nonce: str | None, typed_address: str | None) -> Outcome:
    return confirm_change(db(), token, nonce=nonce, typed_address=typed_address, current=signing.live_session())


def _shown(token: str) -> ChangeShown | None:
    return show_change(db(), token, nonce=signing.nonce(), current=signing.live_session())


def _said(outcome: Outcome, token: str) -> ResponseReturnValue:
    g.secret_link = True
    if outcome is Outcome.ENDED:
        return render_template("site/address_said.html", outcome=outcome.value), 410
    return say_at("address.open_link", outcome.value, token=token)


def _ask(address: str) -> None:
    ask_change(
        db(),
        current_session(),
        address=address,
        nonce=signing.nonce_made(),
        user_agent=request.user_agent.string,
        language=i18n.language(),
    )


def _page(db: Session, form: ChangeForm, status: int = 200, code: CodeForm | None = None) -> ResponseReturnValue:
    can_be_read_at(url_for("address.show"))
    person_id = current_session().person_id
    row = change_under_way(db, person_id)
    waiting = row and {
        "to": masked(row.new_address),
        "old_said": row.old_confirmed_at is not None,
        "new_said": row.new_confirmed_at is not None,
        "until": row.expires_at,
    }
    until = unsettled_until(db, person_id)
    page = render_template(
        "site/address.html", form=form, address=masked(mail_address_of(db, person_id) or current_session().address), waiting=waiting,
        undo_until=until,
        code=code or CodeForm(formdata=None),
        alone=may_move(db, person_id),
    )  # fmt: skip
    return page, status


def _link_page(form: LinkForm, token: str, shown: ChangeShown | None) -> ResponseReturnValue:
    g.secret_link = True
    if shown is None:
        return render_template("site/address_said.html", outcome=Outcome.ENDED.value), 410
    page = render_template(
        "site/address_link.html",
        form=form,
        token=token,
        side=shown.side.value,
        own=shown.masked_own,
        old=shown.masked_old,
        to=shown.masked_new,
        asked_at=shown.asked_at,
        until=shown.until,
        browser=browser_words(shown.browser),
        typed=shown.side.undoes or not shown.in_asking_browser,
        may_confirm=shown.may_confirm,
        confirmed=shown.confirmed,
    )
    return page, 422 if form.errors else 200
