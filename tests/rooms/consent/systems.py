"""Systems that keep choices, for the tests of how a choice reaches them: kept in memory, or behind a server that a test makes odd."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from portal.accounts import registry
from portal.adapters.memory import DemoAdapter
from portal.adapters.opening import open_system, place_of
from portal.consent.delivery import Reached, standing_of
from portal.consent.handlers import consent_handlers
from portal.core import clock
from portal.engine.delivery import PollingDelivery
from tests.rooms.consent.customers import changed_configuration
from tests.rooms.world import World

NOTE = {
    "title": {"en": "Guests", "de": "Gäste"},
    "source": "you",
    "purpose": "orders",
    "retention": "three_years",
    "recipients": [],
}


class Written(NamedTuple):
    """What a system in memory has of a choice."""

    allowed: bool
    sequence: int


def in_memory(*choices: str, addresses: tuple[str, ...] = ("maria@example.org",)) -> dict[str, Any]:
    """A system of kind `demo` that keeps these choices and knows these addresses."""
    records = [
        {
            "collection": "app.guests",
            "key": f"g{number}",
            "identifiers": {"email": address},
            "fields": {"name": {"category": "user.name", "value": "Maria"}},
        }
        for number, address in enumerate(addresses, 1)
    ]
    settings = {"records": records, "consent": list(choices)}
    return {"kind": "demo", "title": {"en": "App", "de": "App"}, "settings": settings, "collections": {"app.guests": NOTE}}


def give_systems(world: World, **systems: dict[str, Any]) -> None:
    """Give the first company these systems, by key."""
    registry.use_companies(changed_configuration({}, systems), dict(registry.ids()))


def find_written(world: World, system: str, choice: str = "newsletter.email", *, key: str = "app.guests:g1") -> Written | None:
    """What a system in memory has of a choice, if anything."""
    adapter = open_system(place_of(world.first, system))
    assert isinstance(adapter, DemoAdapter)
    purpose, channel, topic = (*choice.split("."), "")[:3]
    found = adapter.choice_of(key, purpose, channel, topic)
    return Written(*found) if found else None


def written(world: World, system: str, choice: str = "newsletter.email", *, key: str = "app.guests:g1") -> Written:
    """What a system in memory has of a choice."""
    found = find_written(world, system, choice, key=key)
    assert found is not None
    return found


def work(world: World, *, later: timedelta = timedelta()) -> int:
    """Do what is due for choices, `later` from now; returns how many steps were worked on."""
    with clock.moved(later):
        return PollingDelivery(world.database, consent_handlers(world.database), threads=1, owner="worker").run_due()


def reached(world: World, person_id: int) -> Mapping[tuple[str, str], Reached]:
    """How far the person's choices have got, by choice and system."""
    with world.reading() as db:
        found = standing_of(db, person_id)
    names = [".".join(filter(None, (one.choice.purpose, one.choice.channel, one.choice.topic))) for one in found]
    return {(name, one.system): one.reached for name, one in zip(names, found, strict=True)}
