"""What a person said themself at our own door, before a company's system asks or tells."""

from portal.accounts import registry
from portal.consent.events import Choice
from portal.consent.ledger import Book
from portal.consent.notices import notice_for
from portal.consent.words import Act, Actor
from portal.people.service import EMAIL, Identifier, person_for
from tests.doors.site import Site


def say(site: Site, address: str, act: Act) -> None:
    """They answer about the newsletter by e-mail, with the words that were shown."""
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        person = person_for(db, Identifier(EMAIL, address), proven=True)
        Book(db, person.id).append(
            Choice("newsletter", "email"),
            act,
            actor=Actor.PERSON,
            collection_point="site:preferences",
            notice_hash=notice_for(db, "newsletter", "en").hash,
            language="en",
        )
