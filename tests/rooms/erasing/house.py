"""A company with two systems at the far side, people who want to be forgotten, and a worker: what tests of erasures speak with."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

from portal.accounts import registry
from portal.adapters.registry import BUILT_IN
from portal.cases.erasing.cancelling import Stopped, stop_erasure
from portal.cases.erasing.confirming import open_erasure_case
from portal.cases.erasing.model import Erasure, Stopper
from portal.cases.erasing.planning import plan_all
from portal.cases.erasing.plans import SystemPlan, digest_of_plans
from portal.cases.erasing.result import ErasureResult, load_result
from portal.cases.handlers import case_handlers
from portal.cases.model import Case
from portal.cases.proof import prove, read_values
from portal.cases.reading import Reader, open_now, read_held
from portal.cases.scope import scope_of
from portal.cases.systems import close_systems
from portal.config import Config, load_config
from portal.consent.events import Choice
from portal.consent.handlers import consent_handlers
from portal.consent.ledger import Book
from portal.consent.model import ConsentState
from portal.consent.notices import notice_for, publish_notices
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.engine.running import run_one
from portal.identity.sessions import CurrentSession, begin_session, session_of
from portal.outbox.delivery import deliver_due
from tests import quick_yaml
from tests.rooms.consent.customers import PURPOSES
from tests.rooms.erasing.far import CATEGORIES, FarSystem, open_far
from tests.rooms.world import COMPANIES, World

MAREN = "maren@example.org"
COUPLE = "vik@example.org"
GRACE = timedelta(hours=72)
SYSTEMS = ("shop", "post")
BUILT_IN["far"] = lambda: open_far


def far_config(folder: Path) -> Config:
    """The companies of all room tests; the first has two systems of kind `far` in that folder, and asks for agreement."""
    plain = quick_yaml.safe_load(COMPANIES.read_text(encoding="utf-8"))
    first = plain["companies"]["first"]
    first["purposes"] |= quick_yaml.safe_load(PURPOSES.read_text())["first"]
    ground = {"en": "Bookkeeping Act § 13", "de": "Buchführungsgesetz § 13"}
    first["retention_rules"]["three_years"] |= {"ground": ground, "years": 5, "counted_from": "calendar_year_end"}
    note = {"source": "you", "purpose": "orders", "retention": "three_years", "recipients": []}
    titles = {"person": "Your account", "orders": "Your orders", "receipts": "Your receipts", "letters": "What you wrote"}
    for key in SYSTEMS:
        first["systems"][key] = {
            "kind": "far",
            "title": {"en": f"The {key}", "de": f"Das {key}"},
            "settings": {"folder": str(folder)},
            "tells_apart": {"name": [f"{key}.person.name"]},
            "proof": {"postcode": f"{key}.person.postcode"} if key == "shop" else {},
            "collections": {f"{key}.{name}": {**note, "title": {"en": titles[name], "de": titles[name]}} for name in CATEGORIES},
        }
    (folder / "portal.yaml").write_text(quick_yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
    shutil.copy(COMPANIES.parent / "logo.svg", folder)
    return load_config(folder / "portal.yaml")


class Post:
    """Keeps what was sent, as a mailbox would."""

    sends = True
    keeps = False

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []

    def send(self, message: EmailMessage) -> None:
        """One mail more."""
        body = message.get_body(("plain",))
        self.mails.append((str(message["To"]), body.get_content() if body else ""))

    def close(self) -> None:
        """Nothing to close."""


class CountingPost(Post):
    """A mail system outside of every process: it counts what it was given."""

    def __init__(self, shop: FarSystem) -> None:
        super().__init__()
        self.shop = shop

    def send(self, message: EmailMessage) -> None:
        """One mail more, counted by what tells mails apart."""
        super().send(message)
        with self.shop.open() as far:
            far.execute("INSERT INTO call (key, what) VALUES (?, 'mail')", (str(message["Message-ID"]),))


@dataclass(frozen=True)
class FarHouse:
    """The world with two systems at the far side."""

    world: World
    shop: FarSystem
    post: FarSystem
    sent: Post

    def sign_in(self, address: str = MAREN) -> CurrentSession:
        """A browser in which the mailbox of `address` was proven."""
        with self.world.writing() as db:
            return begin_session(db, address=address, browser="firefox.linux", language="en", current=None).session

    def prove(self, current: CurrentSession, **typed: str) -> CurrentSession:
        """One detail more."""
        reader = self.reader(current)
        reading = read_held(self.world.database, reader)
        held = read_values(self.world.database, self.reader(current), reading, frozenset({"postcode"}))
        with self.world.writing() as db:
            opened = prove(db, current, typed, held)
            raised = session_of(db, getattr(opened, "token", "")) if hasattr(opened, "token") else None
        return raised or current

    def reader(self, current: CurrentSession) -> Reader:
        """Who reads in that browser."""
        return Reader(self.world.first, current.person_id, current.id)

    def plan(self, current: CurrentSession, *groups: str) -> tuple[SystemPlan, ...]:
        """What the page shows."""
        reader = self.reader(current)
        reading = read_held(self.world.database, reader)
        with self.world.reading() as db:
            scope = scope_of(db, self.world.company(), current.id, reading)
            opened = open_now(db, reader, reading)
        return plan_all(self.world.database, reader, reading, opened=opened, scope=scope, groups=groups)

    def confirm(self, current: CurrentSession, *groups: str, others: tuple[str, ...] = ()) -> Case:
        """Look at the plan and press the red button."""
        return self.press(current, digest_of_plans(self.plan(current, *groups)), *groups, others=others)

    def press(self, current: CurrentSession, seen: str, *groups: str, others: tuple[str, ...] = ()) -> Case:
        """The button alone, for a plan that was seen."""
        reading = read_held(self.world.database, self.reader(current))
        with self.world.writing() as db:
            scope = scope_of(db, self.world.company(), current.id, reading)
            return open_erasure_case(db, current, groups=groups, scope=scope, seen=seen, addresses=others, language="en")

    def stop(self, case: Case, by: Stopper = Stopper.PERSON) -> Stopped:
        """Press the button that stops it."""
        with self.world.writing() as db:
            return stop_erasure(db, case.id, by=by, actor="s1")

    def one_step(self) -> bool:
        """Do one step, if one is due."""
        handlers = {**case_handlers(self.world.database, with_pdf=False), **consent_handlers(self.world.database)}
        return run_one(self.world.database, handlers, "worker")

    def work(self) -> None:
        """Do everything that is due, mails as well."""
        for _ in range(60):
            mailed = deliver_due(self.world.database, self.sent)
            if not self.one_step() and not mailed:
                return
        raise AssertionError("The work does not come to an end.")

    def work_to_the_end(self) -> None:
        """Let the grace period pass, then do everything that is due, waits of seconds included."""
        with clock.moved(GRACE + timedelta(minutes=1)):
            self.work()
        with clock.moved(GRACE + timedelta(minutes=10)):
            self.work()

    def give(self, current: CurrentSession, purpose: str = "newsletter", channel: str = "email") -> None:
        """Agree to something, with the text that was shown."""
        with self.world.writing() as db:
            hashed = notice_for(db, purpose, "en").hash
            Book(db, current.person_id).append(
                Choice(purpose, channel),
                Act.GIVEN,
                actor=Actor.PERSON,
                collection_point="site:choices",
                notice_hash=hashed,
                language="en",
            )

    def says(self, person_id: int, purpose: str = "newsletter", channel: str = "email") -> Act | None:
        """What a choice says now."""
        with self.world.reading() as db:
            row = db.get(ConsentState, (person_id, purpose, channel, ""))
            return Act(row.said) if row and row.said else None

    def case(self, case: Case) -> Case:
        """The case as it is now."""
        with self.world.reading() as db:
            return db.get_one(Case, case.id)

    def result(self, case: Case) -> ErasureResult:
        """What the erasure says it did."""
        with self.world.reading() as db:
            return load_result(db.get_one(Erasure, case.id).result or "")

    def codes(self, case: Case) -> list[str]:
        """What happened, in order."""
        return [str(row[0]) for row in self.world.rows("SELECT code FROM case_event WHERE case_id = :id ORDER BY id", id=case.id)]

    def mails(self) -> list[str]:
        """Templates of all mails that were ever queued."""
        return [str(row[0]) for row in self.world.rows("SELECT template FROM mail ORDER BY id")]


@contextmanager
def far_house(world: World, folder: Path) -> Iterator[FarHouse]:
    """Fresh systems with Maren, a couple and a stranger in them, and a portal that knows them."""
    folder.mkdir(exist_ok=True)
    shop, post = FarSystem(folder, "shop"), FarSystem(folder, "post")
    for system in (shop, post):
        system.make()
    shop.add("1", MAREN, "Maren Vik", "5003", orders=3, receipts=2)
    shop.add("2", COUPLE, "Jonas Vik", "5004", orders=1)
    shop.add("3", COUPLE, "Kari Vik", "5005", orders=2)
    shop.add("4", "other@example.org", "Tuva Other", "5003", orders=1)
    post.add("1", MAREN, "Maren Vik", letters=1)
    registry.use_companies(far_config(folder), registry.ids())
    close_systems()
    with world.writing() as db:
        publish_notices(db, world.company())
    yield FarHouse(world, shop, post, Post())
    close_systems()


def with_cellar(house: FarHouse, owner: dict[str, str] | None = None) -> None:
    """The same company with an archive in its cellar, and (where one is named) somebody who looks after it."""
    config = registry.config().folder / "portal.yaml"
    plain = quick_yaml.safe_load(config.read_text(encoding="utf-8"))
    first, note = plain["companies"]["first"], {"source": "you", "purpose": "orders", "recipients": []}
    first["retention_rules"]["until_asked"] = {"title": {"en": "you ask", "de": "Sie fragen"}}
    first["systems"]["cellar"] = {
        "kind": "manual",
        "title": {"en": "The cellar", "de": "Der Keller"},
        "settings": {
            "holds": {"cellar.letters": ["user.content"], "cellar.bills": ["user.financial"]},
            "task": "Room 2, by name.",
            **({"owner": owner} if owner else {}),
        },
        "collections": {
            "cellar.letters": {**note, "title": {"en": "Old letters", "de": "Alte Briefe"}, "retention": "until_asked"},
            "cellar.bills": {**note, "title": {"en": "Paper bills", "de": "Rechnungen"}, "retention": "three_years"},
        },
    }
    config.write_text(quick_yaml.safe_dump(plain, allow_unicode=True, sort_keys=False), encoding="utf-8")
    registry.use_companies(load_config(config), registry.ids())
    close_systems()
