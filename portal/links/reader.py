"""Who a link is for, and what its page may show of their choices.

Must never give the whole identifier to a page, nor name a sensitive purpose: whoever was sent the mail on reads it, too.
"""

from collections.abc import Sequence

from flask import request
from itsdangerous import BadSignature
from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.consent import readers
from portal.consent.events import Choice, Event
from portal.consent.readers import Reader
from portal.consent.unproven import is_asked
from portal.core import crypto
from portal.core.i18n import _, pick
from portal.identity import sessions
from portal.people.link_tokens import Link
from portal.web.context import current_company
from portal.web.cookies import DoorCookie

UNDO_SECONDS = 600
UNDO = "link-undo"


def reader_of(db: Session, link: Link) -> Reader:
    """Whom the link is for, as the database knows them now."""
    return readers.reader_of(db, link.identifier)


def choice_of(link: Link) -> Choice | None:
    """The one choice that the link is about; None where it is about all marketing."""
    purpose, _dot, channel = link.choice.partition(".")
    return Choice(purpose, channel) if link.choice else None


def title_of(company: Company, choice: Choice | None) -> str:
    """What the choice may be called on a page, with its channel: only that one is stopped. Nothing, where it is sensitive, gone, or all
    marketing.
    """
    if choice is None or not is_asked(company, choice) or company.purposes[choice.purpose].sensitive:
        return ""
    purpose = company.purposes[choice.purpose]
    return _("%(purpose)s, %(channel)s", purpose=pick(purpose.title), channel=pick(purpose.channels[choice.channel]))


def name_of(choice: Choice) -> str:
    """The choice as links and addresses write it; its topic stays out."""
    return f"{choice.purpose}.{choice.channel}"


def titles_of(names: Sequence[str], *, with_channel: bool = True) -> list[str]:
    """The choices in the words of the company, each once; all that may not be named are one among them."""
    titles = []
    for purpose, _dot, channel in (name.partition(".") for name in names):
        title = title_of(current_company().config, Choice(purpose, channel))
        if title and not with_channel:
            title = pick(current_company().config.purposes[purpose].title)
        titles.append(title or _("Something that is not named here"))
    return list(dict.fromkeys(titles))


def sign_undo(reader: Reader, done: Sequence[Event]) -> str:
    """A token that takes back what was just lowered on this page. It works once: afterwards something newer stands there."""
    return (
        str(crypto.signer(UNDO).dumps([current_company().id, reader.person_id, [event.sequence for event in done]]))
        if done
        else ""
    )


def read_undo(reader: Reader, token: str) -> list[int]:
    """The events that it takes back; none where it is not ours, not this person's, or older than ten minutes."""
    try:
        company_id, person_id, sequences = crypto.signer(UNDO).loads(token, max_age=UNDO_SECONDS)
    except (BadSignature, ValueError, TypeError):
        return []
    return [int(one) for one in sequences] if (company_id, person_id) == (current_company().id, reader.person_id) else []


def signed_in_as(db: Session, reader: Reader) -> str:
    """Who is signed in in this browser: `same`, `other`, or nobody. Only to be said; it gives no right here."""
    token = (DoorCookie().read(request) or {}).get("sid")
    current = sessions.session_of(db, token) if isinstance(token, str) else None
    if current is None:
        return ""
    return "same" if current.person_id == reader.person_id else "other"
