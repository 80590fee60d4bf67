"""The two links in the mails of an erasure: one stops it, one shows what it did. No sign-in, and nothing happens before the button.

Must never name anyone on these pages, nor act on GET.
"""

from flask import Blueprint, abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.certificate.handing import certified_result
from portal.cases.erasing.cancelling import NotTheAddress, Stopped, stop_by_link
from portal.cases.erasing.links import OpenedLink, open_link
from portal.cases.erasing.model import LinkKind
from portal.cases.erasing.result import ErasureResult, load_result
from portal.cases.erasing.sharing import open_result, open_with_code
from portal.cases.events import system_title
from portal.cases.model import OPEN_STATES
from portal.core.i18n import N_, _, format_list
from portal.site import erase_words as words
from portal.site.forms import LinkForm, ResultForm
from portal.web import signing
from portal.web.context import current_company
from portal.web.guards import public
from portal.web.transactions import db

bp = Blueprint("erase_links", __name__, url_prefix="/erase")
WHY_STOP = (
    "the mailed token is the authority, with a sign-in or the address that got it, and it can do nothing but stop a deletion"
)
WANTED, WRONG = N_("Type the address that got the mail."), N_("This is not the address that got the mail. The page still works.")
WHY_RESULT = "the mailed token is the authority; who it is about cannot be read from the page"


@bp.get("/stop/<token>")
@public(WHY_STOP)
def stop_page(token: str) -> ResponseReturnValue:
    """Says what the button will do."""
    return _stop_page(token, LinkForm(formdata=None))


@bp.post("/stop")
@public(WHY_STOP)
def stop() -> ResponseReturnValue:
    """Stop it. Outside a browser in which the person is signed in, the address that got the mail is typed."""
    g.secret_link = True
    form, token, current = LinkForm(), request.form.get("token", ""), signing.live_session()
    link = open_link(db(), LinkKind.CANCEL, token)
    if link is None or not form.validate_on_submit():
        return _stop_page(token, form)
    typed = form.email.data or ""
    stopped = stop_by_link(db(), token, person_id=current.person_id if current else None, typed_address=typed)
    if stopped is None or isinstance(stopped, NotTheAddress):
        form.email.errors = [_(WRONG if typed.strip() else WANTED)]
        return _stop_page(token, form)
    return render_template("site/erase_stopped.html", stopped=stopped, own=link.own, **named(stopped))


def _stop_page(token: str, form: LinkForm) -> ResponseReturnValue:
    g.secret_link = True
    link, current = open_link(db(), LinkKind.CANCEL, token), signing.live_session()
    if link is None:
        return ended()
    page = render_template(
        "site/erase_stop.html", token=token, own=link.own, over=link.case.state not in OPEN_STATES, begun=link.erasure.begun_at is not None,
        starts_at=link.erasure.starts_at, stop_url=url_for("erase_links.stop"), form=form,
        typed=current is None or current.person_id != link.case.person_id,
    )  # fmt: skip
    return page, 422 if form.errors else 200


@bp.get("/result/<token>")
@public(WHY_RESULT)
def result_page(token: str) -> ResponseReturnValue:
    """A page with one button: mail programs that open links see nothing."""
    g.secret_link = True
    link = open_result(db(), token)
    if link is None or link.erasure.result is None:
        return ended()
    return render_template("site/erase_result_door.html", token=token, own=link.own, show_url=url_for("erase_links.result"))


@bp.post("/result")
@public(WHY_RESULT)
def result() -> ResponseReturnValue:
    """What went and what stays; where others may read the mailbox, only that it is over, until the code of the request is typed."""
    g.secret_link = True
    form, token = ResultForm(), request.form.get("token", "")
    if form.code.data and form.validate():
        token = open_with_code(db(), token, form.code.data) or token
    link = open_result(db(), token)
    if link is None or link.erasure.result is None:
        return ended()
    told = load_result(link.erasure.result)
    if told.company != current_company().key:
        abort(404)
    return _all_of_it(link, told, token) if link.own else _only_that_it_is_over(told, token, form)


def _all_of_it(link: OpenedLink, told: ErasureResult, token: str) -> ResponseReturnValue:
    return render_template(
        "site/erase_result.html",
        result=told,
        erased=words.result_sections(told),
        token=token,
        certificate_url=url_for("certificates.of_link") if certified_result(db(), link.case) else "",
        proof=words.proof_kept(told.groups) if told.is_complete else "",
    )


def _only_that_it_is_over(told: ErasureResult, token: str, form: ResultForm) -> ResponseReturnValue:
    """No system, no kind of data, no count: somebody else may be reading this."""
    if form.code.data and not form.code.errors:
        form.code.errors = [_("This is not the code of the request. Look at its page once more.")]
    page = render_template(
        "site/erase_over.html", form=form, token=token, number=told.number, complete=told.is_complete, ended_at=told.ended_at,
        show_url=url_for("erase_links.result"),
    )  # fmt: skip
    return page, 422 if form.errors else 200


def named(stopped: Stopped) -> dict[str, str]:
    """The systems of an answer, by their titles."""
    company = current_company().config
    return {
        "gone": format_list([system_title(company, key) for key in stopped.gone]) if stopped.gone else "",
        "running": format_list([system_title(company, key) for key in stopped.running]) if stopped.running else "",
    }


def ended() -> ResponseReturnValue:
    """The one answer for every link that leads nowhere."""
    return render_template("site/erase_link_ended.html"), 410
