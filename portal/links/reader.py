"""Who a link is for, and what its page may show of their choices.

Must never give the whole identifier to a page, nor name a sensitive purpose: whoever was sent the mail on reads it, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from flask import request
from itsdangerous import BadSignature
from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.consent.basis import NO_CHOICE
from portal.consent.choices import ChannelChoice, PurposeChoices, Standing, choices_of
from portal.consent.events import Choice, Event
from portal.consent.saving import version_of
from portal.consent.unproven import is_asked
from portal.core import crypto
from portal.identity import sessions
from portal.people.addresses import masked
from portal.people.link_tokens import Link
from portal.people.service import EMAIL, Identifier, find_person
from portal.people.suppressions import suppressed_choices
from portal.web.context import current_company
from portal.web.cookies import SiteCookie

NOBODY = 0
"""Stands for a person whom nobody is: nothing was ever chosen."""

UNDO_SECONDS = 600
UNDO = "link-undo"
OFF = (Standing.REFUSED, Standing.WITHDRAWN, Standing.OBJECTED)


@dataclass(frozen=True, slots=True)
class Reader:
    """The person behind a link, if one is known, and how the page may call them."""

    identifier: Identifier
    person_id: int | None
    seen: int

    @property
    def hint(self) -> str:
        """Enough for its owner to know it, and for nobody else."""
        if self.identifier.kind == EMAIL:
            return masked(self.identifier.value)
        return f"•••{self.identifier.value[-2:]}" if len(self.identifier.value) > 4 else "•••"


@dataclass(frozen=True, slots=True)
class Item:
    """One choice as the page shows it. `said` is yes, no, or empty while nobody answered."""

    name: str
    choice: Choice
    purpose: PurposeChoices
    channel: ChannelChoice
    said: str
    paused: bool
    waits: bool


def reader_of(db: Session, link: Link) -> Reader:
    """Whom the link is for, as the database knows them now."""
    person = find_person(db, link.identifier)
    return Reader(link.identifier, person.id if person else None, version_of(db, person.id) if person else 0)


def choice_of(link: Link) -> Choice | None:
    """The one choice that the link is about; None where it is about all marketing."""
    purpose, _dot, channel = link.choice.partition(".")
    return Choice(purpose, channel) if link.choice else None


def title_of(company: Company, choice: Choice | None) -> Mapping[str, str] | None:
    """What the choice may be called on a page: nothing, where it is sensitive, gone, or all marketing."""
    if choice is None or not is_asked(company, choice) or company.purposes[choice.purpose].sensitive:
        return None
    return company.purposes[choice.purpose].title


def items_of(db: Session, reader: Reader) -> list[Item]:
    """Every choice that may be named, as it stands."""
    company = current_company().config
    off = suppressed_choices(db, [reader.identifier])
    items = []
    for purpose in choices_of(db, company, reader.person_id or NOBODY):
        if purpose.sensitive or purpose.basis in NO_CHOICE:
            continue
        for channel in purpose.channels:
            choice = Choice(purpose.key, channel.key)
            said = "no" if channel.standing in OFF or (choice.purpose, choice.channel) in off else _said(channel)
            name = f"say-{choice.purpose}-{choice.channel}"
            items.append(
                Item(
                    name,
                    choice,
                    purpose,
                    channel,
                    said,
                    said == "yes" and channel.standing is Standing.PAUSED,
                    channel.standing is Standing.PENDING,
                )
            )
    return items


def _said(channel: ChannelChoice) -> str:
    return "yes" if channel.standing in (Standing.GIVEN, Standing.PAUSED) else ""


def by_purpose(items: Sequence[Item]) -> list[tuple[PurposeChoices, list[Item]]]:
    """The same, one purpose with all its channels."""
    return [(purpose, list(own)) for purpose, own in groupby(items, key=lambda item: item.purpose)]


def sign_undo(reader: Reader, stops: Sequence[Event]) -> str:
    """A token that takes back what was just stopped on this page. It works once: afterwards something newer stands there."""
    return (
        str(crypto.signer(UNDO).dumps([current_company().id, reader.person_id, [stop.sequence for stop in stops]]))
        if stops
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
    token = (SiteCookie().read(request) or {}).get("sid")
    current = sessions.session_of(db, token) if isinstance(token, str) else None
    if current is None:
        return ""
    return "same" if current.person_id == reader.person_id else "other"
