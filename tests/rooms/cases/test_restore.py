"""O1, O2: backup, erase, withdraw, revoke, restore, start. What was erased is erased again, what was taken back is taken back again."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.accounts import registry
from portal.accounts.api_keys import key_for, make_key, revoke_key
from portal.adapters.contract import Identifier as Known
from portal.adapters.contract import Subject
from portal.adapters.memory_store import Changes
from portal.cases.erasing.forgetting import forget_identity
from portal.cases.handlers import case_handlers
from portal.cases.model import CaseState
from portal.cases.restoring.replaying import replay, waiting_steps
from portal.cases.systems import close_systems, open_system, place_of
from portal.config import load_config
from portal.consent.events import Choice
from portal.consent.ledger import Book, events_of
from portal.consent.notices import notice_for, publish_notices
from portal.consent.verify import verify_person
from portal.consent.words import Act, Actor
from portal.core import clock, crypto
from portal.core.epoch import begin_epoch, begin_restoring, end_restoring, epoch_of, roll_epoch
from portal.core.journal_files import write_journal
from portal.engine.running import run_one
from portal.identity.sessions import begin_session, end_all_sessions, session_of
from portal.outbox.holding import held_mails, release_outbox
from portal.outbox.model import Mail, MailState
from portal.people.service import Identifier, find_person, person_for
from portal.people.suppressions import is_suppressed, suppress
from portal.people.tombstones import bury, tombstones_of
from tests import quick_yaml
from tests.adapters.companies import RULES, note
from tests.rooms.cases.backups import back_up
from tests.rooms.cases.test_kept import a_case
from tests.rooms.consent.customers import PURPOSES
from tests.rooms.world import COMPANIES, World

MARIA, NILS = Identifier("email", "maria@example.org"), Identifier("email", "nils@example.org")
HABIT = "user.behavior.purchase_history"
TOMORROW = (clock.now() + timedelta(days=1)).isoformat()


def order(key: str, owner: str, day: str) -> dict[str, Any]:
    fields = {"placed": {"category": HABIT, "value": day}, "total": {"category": HABIT, "value": f"{key} EUR"}}
    return {"collection": "shop.orders", "key": key, "belongs_to": owner, "fields": fields}


def customer(key: str, identifier: Identifier, day: str) -> dict[str, Any]:
    fields = {"number": {"category": "user.unique_id", "value": f"K-{key}"}, "since": {"category": HABIT, "value": day}}
    return {"collection": "shop.customers", "key": key, "identifiers": {"email": identifier.value}, "fields": fields}


SHOP = {
    "kind": "demo",
    "title": {"en": "Shop", "de": "Laden"},
    "settings": {
        "changes": {"env": "RESTORED_SHOP"},
        "records": [
            customer("7", MARIA, "2020-01-01"), order("old", "7", "2020-01-01"), order("new", "7", TOMORROW),
            customer("8", NILS, "2020-01-01"), order("his", "8", "2020-01-01"),
        ]
    },
    "collections": {
        "shop.customers": note(retention="removed", obtained="since"),
        "shop.orders": note(retention="removed", obtained="placed"),
    },
}  # fmt: skip


@pytest.fixture
def life(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["Life"]:
    """A company with a shop and a newsletter, Maria and Nils among its customers, and a backup of then."""
    close_systems()
    monkeypatch.setenv("RESTORED_SHOP", str(tmp_path / "shop.json"))
    folder = tmp_path / "company"
    folder.mkdir()
    shutil.copy(COMPANIES.parent / "logo.svg", folder)
    whole = quick_yaml.safe_load(COMPANIES.read_text())
    first = whole["companies"]["first"]
    first["purposes"] |= quick_yaml.safe_load(PURPOSES.read_text())["first"]
    first["retention_rules"] |= RULES
    first["systems"] = {"shop": SHOP}
    (folder / "portal.yaml").write_text(quick_yaml.safe_dump({"version": 1, "companies": {"first": first}}, sort_keys=False))
    config = load_config(folder / "portal.yaml")
    registry.use_companies(config, {"first": world.first})
    with world.writing() as db:
        publish_notices(db, config.company("first"))
    yield Life(world, tmp_path)
    close_systems()
    crypto.use_generation("")


class Life:
    """What happens to this portal."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.journal, self.changes = world, world.settings.journal_folder, folder / "shop.json"
        begin_epoch(world.database, self.journal, has_people=False)
        with world.writing() as db:
            for one in (MARIA, NILS):
                person = person_for(db, one, proven=True)
                self.did(db, person.id, Act.GIVEN)
            self.key = make_key(db, name="shop", scopes=["consents:read"], by="staff-1")
            self.token = begin_session(db, address=NILS.value, browser="firefox.linux", language="en", current=None).token
            db.add(self.mail("sign_in"))
        self.restore: Callable[[], None] = back_up(world, folder)

    def did(self, db: Any, person_id: int, act: Act) -> None:
        """An answer to the newsletter."""
        notice = notice_for(db, "newsletter", "en")
        Book(db, person_id).append(
            Choice("newsletter", "email"),
            act,
            actor=Actor.PERSON,
            collection_point="site",
            notice_hash=notice.hash,
            language="en",
        )

    def mail(self, template: str) -> Mail:
        """A mail that waits to be sent."""
        now = clock.now()
        return Mail(
            key=crypto.random_token(), template=template, language="en", message_id=f"<{crypto.random_token()}@x>", recipient="x@example.org",
            subject="s", text="t", html="h", next_at=now, queued_at=now,
        )  # fmt: skip

    def goes_on(self) -> None:
        """After the backup: Maria is erased, Nils takes back his yes and signs out everywhere, a key is shut off, the mail leaves."""
        with self.world.writing() as db:
            maria, nils = find_person(db, MARIA), find_person(db, NILS)
            assert maria
            assert nils
            case = a_case(db, maria.id)
            bury(db, MARIA, erased_at=clock.now(), system="shop", record_key="shop.customers:7")
            forget_identity(db, case, erased_at=clock.now())
            self.did(db, nils.id, Act.WITHDRAWN)
            end_all_sessions(db, nils.id)
            revoke_key(db, self.key.public_id, by="staff-1")
            db.query(Mail).one().state = MailState.SENT
        self.work()

    def work(self) -> None:
        """What the worker does for the journal and the epoch."""
        write_journal(self.world.database, self.journal, {self.world.first: "first"})
        roll_epoch(self.world.database, self.journal)

    def starts(self) -> bool:
        """Whether a start finds the database restored."""
        return begin_epoch(self.world.database, self.journal, has_people=True).restored

    def replays(self, *, finish: bool = True) -> None:
        """As `portal restore replay` does."""
        replay(self.world.database, self.journal)
        while run_one(self.world.database, case_handlers(self.world.database), "restore"):
            pass
        if finish:
            end_restoring(self.world.database, self.journal)

    def orders_of(self, identifier: Identifier) -> list[str]:
        """What the shop holds."""
        adapter = open_system(place_of(self.world.first, "shop"))
        found = adapter.find(Subject((Known("email", identifier.value),)))
        return sorted(one.key for match in found for one in adapter.export(match) if one.collection == "shop.orders")

    def touched(self) -> set[str]:
        """Records of the shop that are gone, or changed in any way."""
        changes = Changes.load(self.changes.read_text())
        return changes.gone | changes.nameless | set(changes.values)

    def newsletter_of(self, identifier: Identifier) -> list[tuple[str, str]]:
        """The acts in the person's history."""
        with self.world.reading() as db:
            person = find_person(db, identifier)
            assert person
            assert verify_person(db, person.id).whole
            return [(event.act.value, event.actor.value) for event in events_of(db, person.id)]


def test_O1_what_a_restore_brought_back_is_erased_again_and_the_order_of_a_day_later_survives(life: Life) -> None:
    life.goes_on()
    life.restore()
    with life.world.reading() as db:
        assert find_person(db, MARIA), "she is back"
        assert not tombstones_of(db, MARIA)
    assert life.starts()
    life.replays()
    assert not epoch_of(life.world.database).restored
    assert not life.starts()
    with life.world.reading() as db:
        assert find_person(db, MARIA) is None
        assert {stone.system for stone in tombstones_of(db, MARIA)} == {"", "shop"}
        assert find_person(db, NILS), "nobody else went"
    assert life.orders_of(NILS) == ["shop.orders:his"]
    assert life.orders_of(MARIA) == [], "the account that the orders hung on is gone"
    assert life.touched() == {"shop.customers:7", "shop.orders:old"}, "and not the order of a day later"


def test_O2_a_withdrawal_holds_again_with_the_time_of_the_act_and_once(life: Life) -> None:
    life.goes_on()
    life.restore()
    assert life.newsletter_of(NILS) == [("given", "person")]
    assert life.starts()
    for _ in range(2):
        life.replays(finish=False)
    assert life.newsletter_of(NILS) == [("given", "person"), ("withdrawn", "person")]
    with life.world.reading() as db:
        person = find_person(db, NILS)
        assert person
        event = events_of(db, person.id)[-1]
        assert event.acted_at is not None
        assert event.acted_at < event.received_at
    life.replays()
    assert life.newsletter_of(NILS) == [("given", "person"), ("withdrawn", "person")]


def test_O2_a_suppression_holds_again_and_so_does_the_no_of_who_came_after_the_backup(life: Life) -> None:
    later, stranger = Identifier("email", "later@example.org"), Identifier("email", "stranger@example.org")
    with life.world.writing() as db:
        suppress(db, stranger, purpose="newsletter", channel="email", source="link")
        life.did(db, person_for(db, later, proven=True).id, Act.REFUSED)
    life.work()
    life.restore()
    assert life.starts()
    for _ in range(2):
        life.replays(finish=False)
    with life.world.reading() as db:
        assert find_person(db, later) is None
        for one in (later, stranger):
            assert is_suppressed(db, one, purpose="newsletter", channel="email")
        assert not is_suppressed(db, NILS, purpose="newsletter", channel="email")


def test_O2_sessions_keys_and_signed_values_of_before_are_void_and_the_old_outbox_is_held(life: Life) -> None:
    signed = crypto.signer("undo").dumps("x")
    life.goes_on()
    life.restore()
    with life.world.reading() as db:
        assert session_of(db, life.token), "the ended session is back"
        assert key_for(db, life.key.secret), "so is the key"
    assert life.starts()
    life.replays()
    with life.world.writing() as db:
        assert session_of(db, life.token) is None
        assert key_for(db, life.key.secret) is None
        assert crypto.signer("undo").loads_unsafe(signed)[0] is False
        assert held_mails(db) == [("sign_in", 1)]
        db.add(life.mail("new"))
        db.flush()
        assert [mail.template for mail in db.query(Mail).filter_by(state=MailState.QUEUED)] == ["new"], "what is new goes out"
        assert release_outbox(db, drop=True) == 1
        dropped = db.query(Mail).filter_by(template="sign_in").one()
        assert (dropped.state, dropped.recipient, dropped.text) == (MailState.FAILED, None, None)


def test_O1_an_erasure_that_had_ended_or_was_taken_back_is_not_begun_anew(life: Life) -> None:
    from portal.cases.advancing import close_case
    from portal.cases.model import Case

    with life.world.writing() as db:
        nils = find_person(db, NILS)
        assert nils
        number = a_case(db, nils.id).number
    restore = back_up(life.world, life.journal.parent / "files")
    with life.world.writing() as db:
        close_case(db.query(Case).filter_by(number=number).one(), CaseState.CANCELLED)
    life.work()
    restore()
    assert life.starts()
    life.replays()
    with life.world.reading() as db:
        assert db.query(Case).filter_by(number=number).one().state == CaseState.CANCELLED
        assert find_person(db, NILS)


def test_O1_who_came_back_by_themselves_is_no_remnant(life: Life) -> None:
    life.goes_on()
    with life.world.writing() as db:
        back = person_for(db, MARIA, proven=True).id
    with life.world.writing() as db:
        begin_restoring(db)
    life.replays()
    with life.world.reading() as db:
        person = find_person(db, MARIA)
        assert person
        assert person.id == back
    assert waiting_steps(life.world.database) == 0


def test_a_start_after_a_kill_at_any_point_of_the_renewal_is_no_restore(life: Life) -> None:
    assert not life.starts()
    file = life.journal / "epoch"
    before = file.read_text()
    roll_epoch(life.world.database, life.journal)
    file.write_text(before)
    for _ in range(3):
        assert not life.starts(), "killed between database and file"
        roll_epoch(life.world.database, life.journal)
    assert not life.starts()


def test_a_lost_or_foreign_journal_folder_is_noticed(life: Life) -> None:
    life.work()
    (life.journal / "epoch").unlink()
    assert life.starts()
    assert not roll_epoch(life.world.database, life.journal), "a running worker stops, too"


def test_a_new_database_beside_an_old_journal_is_new(life: Life) -> None:
    with life.world.database.engine.execution_options(portal_writes=True).begin() as connection:
        connection.exec_driver_sql("DELETE FROM epoch")
    assert not begin_epoch(life.world.database, life.journal, has_people=False).restored
    assert not life.starts()
