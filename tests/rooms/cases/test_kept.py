"""What had to stay is remembered without a name, and who comes back with the same address is told of it."""

from datetime import date

from sqlalchemy.orm import Session

from portal.adapters.contract import KeptRow
from portal.cases.kept import kept_for, remember_kept, rows_of
from portal.cases.kept_model import Kept
from portal.cases.model import Case, CaseKind
from portal.core import clock, crypto
from portal.people.keys import used_key_ids
from portal.people.model import Person, PersonIdentifier
from portal.people.service import Identifier, note_seen_alone, person_for
from tests.rooms.world import World

MARIA = Identifier("email", "maria@example.org")
ROWS = [
    KeptRow("shop.invoices", "shop.invoices:2024-0007", "bookkeeping", date(2030, 1, 1)),
    KeptRow("shop.invoices", "shop.invoices:2024-0009", "bookkeeping", date(2030, 1, 1)),
    KeptRow("shop.invoices", "shop.invoices:2022-0001", "bookkeeping", date(2028, 2, 29)),
    KeptRow("shop.orders", "shop.orders:55", "warranty", date(2027, 6, 1)),
]


def erased(db: Session, *, alone: bool = True, rows: list[KeptRow] = ROWS) -> int:
    """Maria is erased, and the shop had to keep something; gives her number of then."""
    person = person_for(db, MARIA, proven=True)
    note_seen_alone(db, person.id, alone=alone)
    case = a_case(db, person.id)
    remember_kept(db, case, person_id=person.id, system="shop", rows=rows)
    return person.id


def a_case(db: Session, person_id: int) -> Case:
    case = Case(
        number=crypto.random_public_id(), person_id=person_id, kind=CaseKind.ERASURE, law="eu_gdpr", language="en", source="site",
        choice=[], proven="{}", received_at=clock.now(),
    )  # fmt: skip
    db.add(case)
    db.flush()
    return case


def forget(db: Session, person_id: int) -> None:
    """The identity goes last."""
    for row in db.query(PersonIdentifier).filter_by(person_id=person_id):
        db.delete(row)
    db.flush()


def test_what_is_kept_is_told_by_ground_and_day_what_goes_first_first(world: World) -> None:
    with world.writing() as db:
        views = kept_for(db, erased(db))
    assert [(view.system, view.collection, view.ground, view.until, view.count) for view in views] == [
        ("shop", "shop.orders", "warranty", date(2027, 6, 1), 1),
        ("shop", "shop.invoices", "bookkeeping", date(2028, 2, 29), 1),
        ("shop", "shop.invoices", "bookkeeping", date(2030, 1, 1), 2),
    ]


def test_who_comes_back_with_the_same_address_sees_it_and_nobody_else_does(world: World, keys: crypto.KeyRing) -> None:
    with world.writing() as db:
        before = erased(db)
        forget(db, before)
    crypto.use_keys(keys.with_new_key("hash"))
    with world.writing() as db:
        back = person_for(db, MARIA, proven=True).id
        assert back != before
        assert len(kept_for(db, back)) == 3, "found although the hash key is another by now"
        other = person_for(db, Identifier("email", "nils@example.org"), proven=True).id
        assert kept_for(db, other) == []
    with world.writing(world.second) as db:
        assert kept_for(db, person_for(db, MARIA, proven=True).id) == []
    with world.reading("all") as db:
        assert "h1" in used_key_ids(db)["hash"]


def test_C2_of_an_address_that_several_people_may_use_nothing_is_told(world: World) -> None:
    with world.writing() as db:
        before = erased(db, alone=False)
        assert kept_for(db, before) == []
        forget(db, before)
        assert kept_for(db, person_for(db, MARIA, proven=True).id) == []


def test_a_deleted_person_leaves_what_is_kept_behind(world: World) -> None:
    with world.writing() as db:
        before = erased(db)
        db.delete(db.get_one(Person, before))
        db.flush()
        db.expire_all()
        assert [kept.person_id for kept in db.query(Kept)] == [None, None, None]
        assert len(kept_for(db, person_for(db, MARIA, proven=True).id)) == 3


def test_said_twice_it_is_remembered_once_and_the_newer_word_counts(world: World) -> None:
    with world.writing() as db:
        person_id = erased(db)
        case = db.query(Case).one()
        remember_kept(
            db, case, person_id=person_id, system="mail", rows=[KeptRow("mail.log", "mail.log:1", "proof", date(2027, 1, 1))]
        )
        remember_kept(db, case, person_id=person_id, system="shop", rows=ROWS[:1])
        assert [(view.system, view.count) for view in kept_for(db, person_id)] == [("mail", 1), ("shop", 1)]


def test_the_rows_can_be_found_again_and_stand_nowhere_in_clear(world: World) -> None:
    with world.writing() as db:
        erased(db)
        assert sorted(row.key for kept in db.query(Kept) for row in rows_of(kept)) == sorted(row.key for row in ROWS)
    stored = world.everything_stored()
    for secret in (b"2024-0007", b"invoices:2022", b"orders:55", b"maria"):
        assert secret not in stored
