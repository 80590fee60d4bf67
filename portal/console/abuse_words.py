"""What staff read of signs of abuse, and of the mark on a case. Must never call anybody an abuser: signs are what they are."""

from typing import Any

from sqlalchemy.orm import Session

from portal.cases.abuse import Seen, Sign, can_be_marked, signs_of
from portal.cases.laws.citing import in_words
from portal.cases.laws.model import Law
from portal.cases.model import Case
from portal.core.i18n import _, ngettext


def abuse(db: Session, case: Case, law: Law) -> dict[str, Any] | None:
    """The signs in words, and whether the case can be marked or is; None where there is nothing to show."""
    if not can_be_marked(case) and case.suspected_at is None:
        return None
    return {
        "signs": [_said(seen, law) for seen in signs_of(db, case, law)],
        "since": case.suspected_at,
        "can": can_be_marked(case),
    }


def _said(seen: Seen, law: Law) -> str:
    if seen.sign is Sign.REPEATED:
        return _repeated(seen, law)
    if seen.sign is Sign.MANY:
        return ngettext(
            "%(num)s case was opened within one day.", "%(num)s cases were opened for this customer within one day.", seen.count
        )
    if seen.sign is Sign.FOR_OTHERS:
        return ngettext(
            "%(num)s request for somebody else came from this mailbox within 30 days.",
            "%(num)s requests for somebody else came from this mailbox within 30 days.",
            seen.count,
        )
    if seen.sign is Sign.NEW_ADDRESS:
        return _("An address of this customer is newer than 30 days.")
    return ngettext(
        "“This was not me” was pressed for a sign-in of this customer just now.",
        "“This was not me” was pressed for %(num)s sign-ins of this customer just now.",
        seen.count,
    )


def _repeated(seen: Seen, law: Law) -> str:
    said = ngettext(
        "The same was asked for once in the 12 months before.",
        "The same was asked for %(num)s times in the 12 months before.",
        seen.count,
    )
    if not seen.article:
        return said
    article = in_words(law, seen.article)
    if seen.free is None:
        more = _(
            "The law names no number: only what is plainly unfounded or excessive may be refused (%(article)s).", article=article
        )
    else:
        more = ngettext(
            "The law lets one within 12 months be free of charge (%(article)s).",
            "The law lets %(num)s within 12 months be free of charge (%(article)s).",
            seen.free,
            article=article,
        )
    return f"{said} {more}"
