"""What was agreed to, in the words of home and of the choices page. Must never show a choice other than the ledger has it."""

from typing import Any

from sqlalchemy.orm import Session

from portal.config.model import Basis
from portal.core.i18n import N_, _, format_date, pick
from portal.web.context import current_company

SHOWN = {"pending": "unset", "objected": "withdrawn", "expired": "unset"}
"""States that are drawn like another one; their words differ."""

BASES = {
    Basis.CONSENT: N_("You agreed to it"),
    Basis.CONTRACT: N_("Our contract with you"),
    Basis.LEGAL_DUTY: N_("The law makes us"),
    Basis.LEGITIMATE_INTEREST: N_("Our legitimate interest"),
    Basis.SOFT_OPT_IN: N_("You bought from us, and can say no"),
    Basis.SALE_OR_SHARING: N_("You can say no"),
}


def summary(db: Session, person_id: int) -> dict[str, Any]:
    """Every choice with its state in words, and how many of each kind."""
    from portal.consent.choices import choices_of

    company = current_company().config
    counts = {"given": 0, "refused": 0, "taken_back": 0, "unanswered": 0}
    kinds = {"given": "given", "paused": "given", "refused": "refused", "withdrawn": "taken_back", "objected": "taken_back"}
    purposes = []
    for group in choices_of(db, company, person_id):
        purpose = company.purposes[group.purpose]
        lines = []
        for choice in group.choices:
            counts[kinds.get(choice.state, "unanswered")] += 1
            lines.append(
                {
                    "title": pick(purpose.channels[choice.channel]),
                    "state": SHOWN.get(choice.state, choice.state),
                    "short": _short(choice.state),
                    "words": _words(choice),
                    "notice": choice.notice or "",
                }
            )
        purposes.append({"key": group.purpose, "title": pick(purpose.title), "text": pick(purpose.text), "choices": lines})
    return {**counts, "purposes": purposes}
