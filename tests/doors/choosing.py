"""The ledger behind the pages, for tests of doors: what one person's chain says, and acts that come in elsewhere."""

from typing import Any

from portal.accounts import registry
from portal.consent.events import Choice, Event
from portal.consent.ledger import Book, events_of
from portal.consent.notices import notice_for
from portal.people.service import EMAIL, Identifier, find_identifier
from tests.doors.site import Site

COMPANY = "fjordkaffe"


def person_of(site: Site, address: str, company: str = COMPANY) -> int:
    """The id of the person with that address."""
    with site.running.database.reading(registry.ids()[company]) as db:
        found = find_identifier(db, Identifier(EMAIL, address))
        assert found, address
        return found.person_id


def events(site: Site, address: str, company: str = COMPANY) -> list[Event]:
    """Everything in the person's chain, in order."""
    person_id = person_of(site, address, company)
    with site.running.database.reading(registry.ids()[company]) as db:
        return events_of(db, person_id)


def write(site: Site, address: str, company: str = COMPANY, **act: Any) -> Event:
    """One act on a person's choices, straight into the ledger, with the text of its purpose."""
    person_id = person_of(site, address, company)
    with site.running.database.writing(registry.ids()[company]) as db:
        notice = notice_for(db, act["purpose"], "en")
        choice = Choice(act.pop("purpose"), act.pop("channel"), act.pop("topic", ""))
        return Book(db, person_id).append(choice, **{"notice_hash": notice.hash, "language": notice.language, **act})
