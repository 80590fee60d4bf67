"""Systems that keep choices, for the tests of how a choice reaches them: kept in memory, or behind a server that a test makes odd."""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from portal.accounts import registry
from portal.adapters.memory import DemoAdapter
from portal.adapters.opening import open_system, place_of
from portal.consent.delivery import Reached, standing_of
from portal.consent.handlers import consent_handlers
from portal.core import clock
from portal.engine.delivery import PollingDelivery
from tests import quick_yaml
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


MAP = {
    "dataset": [
        {
            "fides_key": "tool",
            "collections": [
                {
                    "name": "contacts",
                    "fields": [
                        {"name": "id", "data_categories": ["system.operations"], "fides_meta": {"primary_key": True}},
                        {"name": "email", "data_categories": ["user.contact.email"], "fides_meta": {"identity": "email"}},
                        {"name": "status", "data_categories": ["user.privacy_preferences"]},
                    ],
                },
                {
                    "name": "sent",
                    "fields": [
                        {"name": "id", "data_categories": ["system.operations"], "fides_meta": {"primary_key": True}},
                        {
                            "name": "contact_id",
                            "data_categories": ["system.operations"],
                            "fides_meta": {"references": [{"dataset": "tool", "field": "contacts.id", "direction": "from"}]},
                        },
                        {"name": "at", "data_categories": ["user.behavior"]},
                        {"name": "purpose", "data_categories": ["user.behavior"]},
                        {"name": "topic", "data_categories": ["user.behavior"]},
                    ],
                },
            ],
        }
    ]
}


def mail_tool(folder: Path, **sent: int) -> dict[str, Any]:
    """A mail tool in a SQLite file that keeps `newsletter.email` and sent Maria so many messages, `purpose__topic=count`, this week.

    It counts no choices, so that nothing but the portal keeps an older one from standing over a newer one.
    """
    file = folder / "tool.db"
    if not file.exists():
        _fill(file, sent)
    (folder / "tool.yml").write_text(quick_yaml.safe_dump(MAP))
    os.environ["TEST_TOOL_URL"] = f"sqlite:///{file}"
    return {
        "kind": "sql",
        "title": {"en": "Mail tool", "de": "Mailprogramm"},
        "settings": {
            "databases": {"tool": {"env": "TEST_TOOL_URL"}},
            "maps": [str(folder / "tool.yml")],
            "consent": {
                "collection": "tool.contacts",
                "choices": {"newsletter.email": {"column": "status", "allowed": "active", "stopped": "unsubscribed"}},
            },
            "sent": {
                "collection": "tool.sent",
                "person": "contact_id",
                "at": "at",
                "purpose": {"column": "purpose"},
                "channel": {"value": "email"},
                "topic": {"column": "topic"},
            },
        },
        "collections": {"tool.contacts": NOTE, "tool.sent": NOTE},
    }


def _fill(file: Path, sent: dict[str, int]) -> None:
    with closing(sqlite3.connect(file)) as tool:
        tool.execute("CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT, status TEXT)")
        tool.execute("CREATE TABLE sent (id INTEGER PRIMARY KEY, contact_id INTEGER, at TEXT, purpose TEXT, topic TEXT)")
        tool.execute("INSERT INTO contacts VALUES (1, 'Maria@example.org', 'active'), (2, 'otto@example.org', 'active')")
        week_ago, long_ago = ((clock.now() - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S") for days in (7, 70))
        for name, count in sent.items():
            purpose, _, topic = name.partition("__")
            for contact, at in [(1, week_ago)] * count + [(1, long_ago), (2, week_ago)]:
                tool.execute(
                    "INSERT INTO sent (contact_id, at, purpose, topic) VALUES (?, ?, ?, ?)", (contact, at, purpose, topic)
                )
        tool.commit()


def in_tool(folder: Path, statement: str = "SELECT status FROM contacts WHERE id = 1") -> Any:
    """Ask or change the mail tool itself, past the adapter; the first value it answers."""
    with closing(sqlite3.connect(folder / "tool.db")) as tool:
        row = tool.execute(statement).fetchone()
        tool.commit()
        return row[0] if row else None
