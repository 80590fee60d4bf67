"""Door 1, receipts: each act's own to keep, for its person alone; and a page on which anyone checks one that they were shown.

Must never show or keep what was pasted where its signature does not hold, nor say more of a receipt than stands in it.
"""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from portal.consent.receipts import NoSuchAct, ReceiptIsWrong, receipt_for
from portal.core.signatures import SignatureRefused
from portal.site import receipt_words as words
from portal.site.forms import ReceiptForm
from portal.web.guards import current_session, person_required, public
from portal.web.transactions import db, opens_to_read

bp = Blueprint("receipts", __name__)


@bp.get("/preferences/history/receipt")
@person_required()
def keep() -> ResponseReturnValue:
    """The receipt of the person's own act of that number, as a file."""
    number = request.args.get("act", 0, type=int)
    if not 0 < number <= words.LAST_NUMBER:
        abort(404)
    try:
        receipt = receipt_for(db(), current_session().person_id, number)
    except NoSuchAct:
        abort(404)
    answer = Response(receipt + "\n", content_type="text/plain; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="receipt-{number}.txt"'
    return answer


@bp.get("/receipt")
@public("a receipt is there to be checked by whoever is shown it")
def show() -> ResponseReturnValue:
    """Paste a receipt."""
    return render_template("site/receipt.html", form=ReceiptForm(formdata=None), said=None, wrong=False)


@bp.post("/receipt")
@public("a receipt is there to be checked by whoever is shown it")
@opens_to_read
def check() -> ResponseReturnValue:
    """Whether this company wrote it as it stands, and what it says."""
    form = ReceiptForm()
    if not form.validate_on_submit():
        return render_template("site/receipt.html", form=form, said=None, wrong=False), 422
    empty = ReceiptForm(formdata=None)
    try:
        said = words.read(form.receipt.data or "")
    except (SignatureRefused, ReceiptIsWrong):
        return render_template("site/receipt.html", form=empty, said=None, wrong=True), 422
    return render_template("site/receipt.html", form=empty, said=said, wrong=False)
