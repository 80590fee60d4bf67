"""Door 1, the certificate of an erasure as a file: to the person of the request, and to who holds the link of the last mail.

Must never set a page while a transaction is open, nor tell more in the file than the page with its button does.
"""

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.cases.certificate.handing import NAME, certified_result, may_set
from portal.cases.certificate.paper import certificate_pdf
from portal.cases.certificate.signed import certificate_json
from portal.cases.erasing.result import ErasureResult
from portal.cases.erasing.sharing import open_result
from portal.cases.scope import may_see
from portal.cases.service import NoSuchCase, case_for_person
from portal.site.erase_links import WHY_RESULT, ended
from portal.web import steps
from portal.web.context import current_company, database
from portal.web.guards import current_session, person_required, public
from portal.web.transactions import asks_systems

bp = Blueprint("certificates", __name__)

LONGEST_SETTING = 20.0
"""Seconds that a browser waits for the PDF."""


@bp.post("/requests/<number>/certificate")
@person_required()
@asks_systems
def of_request(number: str) -> ResponseReturnValue:
    """The certificate of a request that has ended."""
    on_paper = _wants_paper()
    with database().writing(current_company().id) as db:
        try:
            case = case_for_person(db, current_session().person_id, number)
        except NoSuchCase:
            abort(404)
        if not may_see(db, current_session().id, case):
            return redirect(url_for("records.show", next=steps.sign(f"requests.show:{number}")))
        result = certified_result(db, case)
        may = result is not None and on_paper and may_set(db, case)
    if result is None:
        abort(404)
    if on_paper:
        return _paper(result, url_for("certificates.of_request", number=case.number), may=may)
    return _signed(result)


@bp.post("/erase/result/certificate")
@public(WHY_RESULT)
@asks_systems
def of_link() -> ResponseReturnValue:
    """The same certificate, for who holds the link of the last mail."""
    g.secret_link = True
    on_paper, token = _wants_paper(), request.form.get("token", "")
    with database().writing(current_company().id) as db:
        link = open_result(db, token)
        result = certified_result(db, link.case) if link and link.own else None
        may = link is not None and result is not None and on_paper and may_set(db, link.case)
    if result is None or result.company != current_company().key:
        return ended()
    if on_paper:
        return _paper(result, url_for("certificates.of_link"), may=may, token=token)
    return _signed(result)


def _wants_paper() -> bool:
    kind = request.form.get("kind", "")
    if kind not in ("paper", "signed"):
        abort(400)
    return kind == "paper"


def _paper(result: ErasureResult, again_url: str, *, may: bool, token: str = "") -> ResponseReturnValue:
    """The PDF, set with no transaction open; where it cannot be set, a page that offers the signed one."""
    pdf = certificate_pdf(result, seconds=LONGEST_SETTING) if may else None
    if pdf is None:
        return render_template("site/certificate_not_set.html", again_url=again_url, token=token), 503
    return _file(pdf, "application/pdf", f"{NAME}.pdf")


def _signed(result: ErasureResult) -> Response:
    return _file(certificate_json(result).encode("ascii"), "application/jose", f"{NAME}.jws")


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
