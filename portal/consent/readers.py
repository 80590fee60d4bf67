"""Who a link is for, and how the choices stand that whoever holds it may see: for the page of a link, and for pages of the company's own.

Must never give the whole identifier away, nor name a sensitive purpose: whoever was sent the mail on reads it, too.
"""

from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from portal.config.model import Company
from portal.consent.basis import NO_CHOICE
from portal.consent.choices import ChannelChoice, PurposeChoices, Standing, choices_of
from portal.consent.events import Choice
from portal.consent.saving import version_of
from portal.people.addresses import masked
from portal.people.service import EMAIL, Identifier, find_person
from portal.people.suppressions import suppressed_choices

NOBODY = 0
"""Stands for a person whom nobody is: nothing was ever chosen."""

OFF = (Standing.REFUSED, Standing.WITHDRAWN, Standing.OBJECTED)


@dataclass(frozen=True, slots=True)
class Reader:
    """The person behind a link, if one is known, and how a page may call them."""

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
    """One choice as a page shows it. `said` is yes, no, or empty while nobody answered."""

    name: str
    choice: Choice
    purpose: PurposeChoices
    channel: ChannelChoice
    said: str
    paused: bool
    waits: bool


def reader_of(db: Session, identifier: Identifier) -> Reader:
    """Whom the identifier belongs to, as the database knows them now."""
    person = find_person(db, identifier)
    return Reader(identifier, person.id if person else None, version_of(db, person.id) if person else 0)


def items_of(db: Session, company: Company, reader: Reader) -> list[Item]:
    """Every choice that may be named, as it stands."""
    off = suppressed_choices(db, [reader.identifier])
    items = []
    for purpose in choices_of(db, company, reader.person_id or NOBODY):
        if purpose.sensitive or purpose.basis in NO_CHOICE:
            continue
        for channel in purpose.channels:
            choice = Choice(purpose.key, channel.key)
            said = "no" if channel.standing in OFF or (choice.purpose, choice.channel) in off else _said(channel)
            name = f"say-{choice.purpose}-{choice.channel}"
            paused = said == "yes" and channel.standing is Standing.PAUSED
            items.append(Item(name, choice, purpose, channel, said, paused, channel.standing is Standing.PENDING))
    return items


def choices_for(db: Session, company: Company, reader: Reader) -> list[PurposeChoices]:
    """The same as the page shows them; what only the identifier was stopped for, with nobody known behind it, stands as that."""
    off = suppressed_choices(db, [reader.identifier]) if reader.person_id is None else {}

    def shown(purpose: PurposeChoices, channel: ChannelChoice) -> ChannelChoice:
        since = off.get((purpose.key, channel.key))
        return replace(channel, standing=Standing.SUPPRESSED, since=since) if since else channel

    return [
        replace(purpose, channels=tuple(shown(purpose, channel) for channel in purpose.channels))
        for purpose in choices_of(db, company, reader.person_id or NOBODY)
        if not purpose.sensitive and purpose.basis not in NO_CHOICE and purpose.channels
    ]


def _said(channel: ChannelChoice) -> str:
    return "yes" if channel.standing in (Standing.GIVEN, Standing.PAUSED) else ""
