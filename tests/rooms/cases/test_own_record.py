"""The portal's own record of a person's choices in their copy: every act, as it was, beside what the systems hold."""

import json

import pytest

from portal.cases.meaning import CHOICES
from portal.cases.model import CaseState
from portal.consent.events import Choice
from portal.consent.ledger import Book
from portal.consent.notices import notice_for, publish_notices
from portal.consent.words import Act, Actor
from portal.identity.sessions import CurrentSession
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import MAREN, NOBODY
from tests.rooms.cases.test_access import ask, case_of, everything_in, fetch, settle_mail

pytestmark = pytest.mark.no_sql


def say(house: House, current: CurrentSession, act: Act) -> None:
    """The person answers on the page."""
    with house.world.writing() as db:
        publish_notices(db, house.world.company())
        Book(db, current.person_id).append(
            Choice("partners", "email"),
            act,
            actor=Actor.PERSON,
            collection_point="site:choices",
            notice_hash=notice_for(db, "partners", "en").hash,
            language="en",
        )


def test_the_copy_says_what_the_person_answered_and_not_that_they_agreed(house: House) -> None:
    settle_mail(house)
    current = house.sign_in(MAREN)
    say(house, current, Act.REFUSED)
    number = ask(house, current)
    house.work()
    first = fetch(house, current, number).read("index.html").decode()
    assert "You agreed to it" not in first
    assert "Only if you agree." in first
    assert "E-mail: No, since" in first


def test_who_never_answered_reads_that_it_counts_as_no(house: House) -> None:
    settle_mail(house)
    current = house.sign_in(MAREN)
    number = ask(house, current)
    house.work()
    pack = fetch(house, current, number)
    assert "E-mail: Not answered, so it counts as no" in pack.read("index.html").decode()
    assert "Your choices" not in everything_in(pack)


def test_every_act_is_in_the_copy_with_its_day_its_place_and_the_text_that_was_shown(house: House) -> None:
    settle_mail(house)
    current = house.sign_in(MAREN)
    say(house, current, Act.GIVEN)
    say(house, current, Act.WITHDRAWN)
    number = ask(house, current, CHOICES)
    house.work()
    pack = fetch(house, current, number)
    page = pack.read("category-01.html").decode()
    for words in ("What you agreed to", "I agree to offers from two bakeries.", "on these pages", "Taken back", "Your choices"):
        assert words in page
    [table] = json.loads(pack.read("data/01.json"))["tables"]
    assert [row["values"]["said"] for row in table["rows"]] == ["Yes", "Taken back"]
    assert {column["purpose"]["title"] for column in table["columns"].values()} == {"to keep to what you chose and to prove it"}
    assert pack.read("data/01-1.csv").count(b"\r\n") == 3
    assert "Maren Vik" not in everything_in(pack)


def test_choices_that_were_not_asked_for_are_not_packed(house: House) -> None:
    settle_mail(house)
    current = house.sign_in(MAREN)
    say(house, current, Act.GIVEN)
    number = ask(house, current, "bought")
    house.work()
    assert "bakeries" not in "".join(fetch(house, current, number).read(f"category-01.{kind}").decode() for kind in ("html",))
    assert b"What you agreed to" not in fetch(house, current, number).read("data/01.json")


@pytest.mark.parametrize("silent", [False, True])
def test_who_is_in_no_system_but_chose_something_gets_a_copy_of_that(house: House, *, silent: bool) -> None:
    current = house.sign_in(NOBODY)
    if not silent:
        say(house, current, Act.GIVEN)
    number = ask(house, current)
    house.work()
    if silent:
        assert case_of(house, current, number).state is CaseState.DONE
        return
    assert case_of(house, current, number).state is CaseState.READY
    assert "I agree to offers from two bakeries." in everything_in(fetch(house, current, number))
