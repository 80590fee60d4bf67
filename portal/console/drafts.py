"""Door 4, templates of answers: the page of a case once more, with one of them put into the answer.

Must never send anything, nor lose what was typed.
"""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue

from portal.cases.file_words import choose_again
from portal.cases.ready_answers import NoSuchTemplate, draft_of
from portal.console.acts import is_overtaken
from portal.console.case import case_to_work_on, page, write_down_look
from portal.console.forms import AnswerForm
from portal.core.i18n import _
from portal.web.staff_guards import staff_may
from portal.web.transactions import db, opens_to_read
from portal.web.uploads import brought, takes_files

bp = Blueprint("staff_drafts", __name__, url_prefix="/console/cases")


@bp.post("/<number>/draft")
@staff_may("cases.work")
@opens_to_read
@takes_files
def fill(number: str) -> ResponseReturnValue:
    """Put a template into the answer; sending it is another press."""
    write_down_look(number)
    case, form = case_to_work_on(number), AnswerForm()
    if is_overtaken(case):
        return page(case, stale=True, answer=form)
    if brought(form.files.data):
        flash(choose_again(), "warn")
    try:
        form.answer.data = draft_of(db(), case, form.template.data or "", typed=form.answer.data or "")
    except NoSuchTemplate:
        form.template.errors = [_("Choose a template.")]
    return page(case, answer=form)
