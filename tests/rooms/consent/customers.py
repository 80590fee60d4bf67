"""People who agree and refuse: what the tests of this room speak with, so that a test says nothing about tables."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.config import Config, load_config
from portal.consent.choices import ChannelChoice, ShownNotice, choices_of
from portal.consent.events import Choice, Event
from portal.consent.ledger import Book
from portal.consent.notices import notice_for, publish_notices
from portal.consent.words import Act, Actor
from portal.core.db import company_of
from portal.people.service import EMAIL, Identifier, person_for
from tests import quick_yaml
from tests.rooms.world import COMPANIES, World

PURPOSES = Path(__file__).parent / "purposes.yaml"


@cache
def configuration() -> Config:
    """The two companies of all tests, with purposes that ask."""
    return changed_configuration({})


def changed_configuration(notices: dict[str, dict[str, str]], systems: dict[str, Any] | None = None) -> Config:
    """The same, but the first company says other words for some purposes, or has these systems."""
    companies = quick_yaml.safe_load(COMPANIES.read_text())
    for key, purposes in quick_yaml.safe_load(PURPOSES.read_text()).items():
        companies["companies"][key]["purposes"] |= purposes
    for purpose, texts in notices.items():
        companies["companies"]["first"]["purposes"][purpose]["notice"] = texts
    companies["companies"]["first"]["systems"] = systems or {}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(COMPANIES.parent / "logo.svg", folder)
        file = Path(folder) / "portal.yaml"
        file.write_text(quick_yaml.safe_dump(companies, allow_unicode=True, sort_keys=False))
        return load_config(file)


def open_for_choices(world: World) -> World:
    """Give the companies of a world their purposes, and publish what they ask."""
    config = configuration()
    registry.use_companies(config, dict(registry.ids()))
    for key, company_id in registry.ids().items():
        with world.writing(company_id) as db:
            publish_notices(db, config.company(key))
    return world


@dataclass(frozen=True, slots=True)
class Customer:
    """One person in an open transaction. Choices are named `purpose.channel` or `purpose.channel.topic`."""

    db: Session
    id: int

    def did(self, act: Act, choice: str = "newsletter.email", *, actor: Actor = Actor.PERSON, **more: Any) -> Event:
        """Append one act; a yes of the person comes with the text of today."""
        purpose, channel, topic = (*choice.split("."), "")[:3]
        if act is Act.GIVEN and actor is Actor.PERSON and "notice_hash" not in more:
            notice = notice_for(self.db, purpose, more.get("language", "en"))
            more |= {"notice_hash": notice.hash, "language": notice.language}
        more.setdefault("collection_point", "site:choices")
        return Book(self.db, self.id).append(Choice(purpose, channel, topic), act, actor=actor, **more)

    def sees(self, choice: str = "newsletter.email") -> ChannelChoice:
        """What the page shows of a choice."""
        purpose, channel = choice.split(".")
        company = registry.company(company_of(self.db))
        shown = next(one for one in choices_of(self.db, company, self.id) if one.key == purpose)
        return next(one for one in shown.channels if one.key == channel)

    def reads(self, choice: str = "newsletter.email") -> ShownNotice:
        """The words that the page shows with an answer."""
        notice = self.sees(choice).notice
        assert notice is not None
        return notice

    def may_be_used(self, choice: str = "newsletter.email") -> bool:
        """May the company use the choice now?"""
        return self.sees(choice).answer.allowed


def customer(db: Session, address: str = "maria@example.org") -> Customer:
    """The person who reads that address."""
    return Customer(db, person_for(db, Identifier(EMAIL, address)).id)


@dataclass(frozen=True, slots=True)
class OldAct:
    """One line of another system's history."""

    email: str
    act: str
    at: datetime
    purpose: str = "newsletter"
    channel: str = "email"
    language: str = "en"
