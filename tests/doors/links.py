"""Links as a mail tool would make them, and what the ledger says afterwards: what the tests of door 2 speak with."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from portal.accounts import registry
from portal.consent.choices import choices_of
from portal.consent.ledger import events_of
from portal.core import clock, crypto
from portal.core.crypto_links import newest_link_key
from portal.people.link_tokens import Link, Mint, Scope
from portal.people.service import EMAIL, Identifier, find_person
from portal.people.suppressions import suppressed_choices
from portal.people.tombstones import bury

FIRST, SECOND = "fjordkaffe", "alpenrad"


def token_for(address, choice="", *, company=FIRST, days=365, scope=Scope.PREFERENCES, kind=EMAIL):
    """A token under the company's newest key."""
    key = newest_link_key(crypto.keys().links, company)
    assert key is not None
    issued = clock.now() - timedelta(days=1)
    link = Link(Identifier(kind, address), issued, issued + timedelta(days=days), scope, choice, "2026-03")
    return Mint.under(company, key).token_of(link)


def shut_off(company=FIRST):
    """Shut off every key of links of the company, in this process."""
    ring = crypto.keys()
    keys = tuple(replace(key, shut_off_on=clock.now().date()) for key in ring.links[company])
    crypto.use_keys(replace(ring, links={**ring.links, company: keys}))


def erased(site, address, company=FIRST):
    """Everything that was known under this address went a minute ago; who is known under it now came since."""
    with site.running.database.writing(registry.ids()[company]) as db:
        bury(db, Identifier(EMAIL, address), erased_at=clock.now() - timedelta(minutes=1))


def standing(site, address, company=FIRST):
    """Each choice of whoever has that address, as `{"newsletter.email": "given"}`; empty where nobody is known."""
    with site.running.database.reading(registry.ids()[company]) as db:
        person = find_person(db, Identifier(EMAIL, address))
        if person is None:
            return {}
        return {
            f"{purpose.key}.{channel.key}": channel.standing.value
            for purpose in choices_of(db, registry.config().company(company), person.id)
            for channel in purpose.channels
        }


def events(site, address, company=FIRST):
    """Everything in the ledger of whoever has that address."""
    with site.running.database.reading(registry.ids()[company]) as db:
        person = find_person(db, Identifier(EMAIL, address))
        assert person is not None
        return events_of(db, person.id)


def suppressed(site, address, company=FIRST):
    """The choices for which that address must not be contacted."""
    with site.running.database.reading(registry.ids()[company]) as db:
        return {f"{one}.{other}" for one, other in suppressed_choices(db, [Identifier(EMAIL, address)])}


def undo_path(mail):
    """The path of the undo that a mail carries."""
    (link,) = [line for line in mail.text.splitlines() if "/undo/" in line]
    return urlsplit(link.strip()).path


def with_company(monkeypatch, key=FIRST, **changes):
    """The company's part of portal.yaml with some keys changed, until the test ends."""
    config = registry.config()
    company = config.company(key).model_copy(update=changes)
    portal = config.portal.model_copy(update={"companies": {**config.portal.companies, key: company}})
    monkeypatch.setattr(registry, "_config", replace(config, portal=portal))
