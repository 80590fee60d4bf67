"""Door 4, every mail as a customer gets it today: per language, in the company's colours, with made-up numbers.

Must never show a mail that was sent, nor let one be sent from here.
"""

from flask import Blueprint, Response, abort, make_response, render_template
from flask.typing import ResponseReturnValue

from portal.cases.sample_mails import sample_letter, sample_mails
from portal.core import i18n
from portal.outbox.rendering import Letter
from portal.web.context import current_company
from portal.web.headers import MAIL_CSP
from portal.web.staff_guards import current_staff, staff_may

bp = Blueprint("staff_mails", __name__, url_prefix="/console/settings/mails")


@bp.get("")
@staff_may("settings.read")
def show_all() -> ResponseReturnValue:
    """All of them by their subject in the language of the page, each with the languages that it is sent in."""
    company = current_company().config
    mails = [{"name": name, "subject": sample_letter(company, name, i18n.language()).subject} for name in sample_mails()]
    return render_template("console/mails.html", current=current_staff(), mails=mails, languages=_languages())


@bp.get("/<mail>/<language>")
@staff_may("settings.read")
def show(mail: str, language: str) -> ResponseReturnValue:
    """One mail: its subject, its text part, and the way to its HTML part."""
    return render_template(
        "console/mail.html", current=current_staff(), mail=mail, in_language=language, letter=_letter(mail, language), sender=current_company().config.sender,
        direction_of_mail=i18n.direction(language), languages=_languages(),
    )  # fmt: skip


@bp.get("/<mail>/<language>/html")
@staff_may("settings.read")
def show_html(mail: str, language: str) -> ResponseReturnValue:
    """The HTML part alone, as a mail program shows it: its own styles, and nothing that runs or is fetched."""
    answer: Response = make_response(_letter(mail, language).html)
    answer.headers["Content-Security-Policy"] = MAIL_CSP
    return answer


def _letter(mail: str, language: str) -> Letter:
    company = current_company().config
    if mail not in sample_mails() or language not in company.languages:
        abort(404)
    return sample_letter(company, mail, language)


def _languages() -> list[tuple[str, str]]:
    return [(code, i18n.name_of(code)) for code in current_company().config.languages]
