"""A yes that waits: asked for by one mail, given by a button behind it, and ended by whoever does not want it, or by time."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.consent.asking import resend
from portal.consent.choices import Standing
from portal.consent.confirming import asked_by, cancel, confirm, end_waiting, refuse
from portal.consent.ledger import events_of
from portal.consent.saving import Answer, Change, Saved, save_choices, version_of
from portal.consent.stopping import stop_marketing
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.outbox.model import Mail
from portal.people.service import EMAIL, Identifier, find_person, identifiers_of
from tests.rooms.consent.customers import customer

YES, NO = Answer.YES, Answer.NO
CLUB = ("club", "email")
NEWS = ("newsletter", "email")


def save(person, *changes, confirmed=True):
    db, language = person.db, "en"
    seen = version_of(db, person.id)
    return save_choices(
        db, person.id, changes, seen=seen, language=language, collection_point="link:page", confirmed=confirmed
    )  # fmt: skip


def mails(db):
    return db.scalars(select(Mail).filter_by(template="confirm_choice").order_by(Mail.id)).all()


def newest_token(db):
    return re.findall(r"/confirm/([\w-]{43})", mails(db)[-1].text)[0]


def reader(db):
    """The address that got the mail, as its reader types it where another browser asked."""
    return mails(db)[-1].recipient


def test_a_yes_by_a_link_is_mailed_for_and_counts_from_the_button_on(db, maria):
    saved = save(maria, Change(*NEWS, YES, topics=["courses"], frequency="monthly"), confirmed=False)
    assert (saved.mailed, maria.sees().standing) == (True, Standing.PENDING)
    token = newest_token(db)
    for _ in range(3):
        asked = asked_by(db, token)
        assert asked is not None
        assert [one.change.topics for one in asked.wanted] == [["courses"]]
        assert not maria.may_be_used()
    given = confirm(db, token, typed_address=reader(db))
    assert isinstance(given, Saved)
    (event,) = given.events
    assert (event.act, event.actor, event.topics, event.frequency) == (Act.GIVEN, Actor.PERSON, ("courses",), "monthly")
    assert event.evidence is not None
    assert (event.evidence["confirmed_by"], event.evidence["asked_in"]) == ("mailbox", "link:page")
    assert "maria@example.org" not in str(event.evidence)
    assert maria.may_be_used()


@pytest.mark.parametrize(
    ("gone", "topics"),
    [({"topics": {"courses"}, "frequencies": {"monthly"}}, ("coffees",)), ({"topics": {"courses", "coffees"}}, None)],
    ids=["some", "all"],
)
def test_topics_and_rhythms_that_are_gone_when_the_mailbox_says_yes_are_left_out(world, db, maria, gone, topics):
    save(maria, Change(*NEWS, YES, topics=["courses", "coffees"], frequency="monthly"), confirmed=False)
    config, company = registry.config(), world.company()
    news = company.purposes["newsletter"]
    less = news.model_copy(
        update={name: {key: one for key, one in getattr(news, name).items() if key not in keys} for name, keys in gone.items()}
    )
    changed = company.model_copy(update={"purposes": {**company.purposes, "newsletter": less}})
    portal = config.portal.model_copy(update={"companies": {**config.portal.companies, "first": changed}})
    registry.use_companies(replace(config, portal=portal), dict(registry.ids()))
    given = confirm(db, newest_token(db), typed_address=reader(db))
    assert isinstance(given, Saved)
    if topics is None:
        assert given.events == () and maria.sees().standing is Standing.UNSET and not maria.may_be_used()
        return
    assert [(one.act, one.topics, one.frequency) for one in given.events] == [(Act.GIVEN, topics, None)]
    assert maria.may_be_used()


def test_C7_a_link_works_once(db, maria):
    save(maria, Change(*CLUB, YES))
    token = newest_token(db)
    assert confirm(db, token, typed_address=reader(db)) is not None
    save(maria, Change(*CLUB, NO))
    assert confirm(db, token, typed_address=reader(db)) is None
    assert asked_by(db, token) is None
    assert not maria.may_be_used("club.email")


def test_who_is_signed_in_still_confirms_where_the_purpose_asks_for_it(db, maria):
    save(maria, Change(*CLUB, YES), Change(*NEWS, YES))
    assert (maria.may_be_used(), maria.may_be_used("club.email"), len(mails(db))) == (True, False, 1)
    confirm(db, newest_token(db), typed_address=reader(db))
    assert maria.may_be_used("club.email")


def test_C7_what_was_stopped_since_is_not_given(db, maria):
    save(maria, Change(*CLUB, YES))
    token = newest_token(db)
    stop_marketing(db, maria.id, language="en", collection_point="site:choices")
    given = confirm(db, token, typed_address=reader(db))
    assert isinstance(given, Saved)
    assert (given.events, [choice.purpose for choice in given.stale]) == ((), ["club"])
    assert not maria.may_be_used("club.email")


def test_one_link_speaks_for_all_that_waits_and_the_earlier_one_ends(db, maria):
    save(maria, Change(*CLUB, YES))
    first = newest_token(db)
    save(maria, Change("newsletter", "sms", YES), confirmed=False)
    assert asked_by(db, first) is None
    given = confirm(db, newest_token(db), typed_address=reader(db))
    assert isinstance(given, Saved)
    assert [event.choice.purpose for event in given.events] == ["club", "newsletter"]


def test_the_mail_can_be_had_again_but_not_without_end(db, maria):
    save(maria, Change(*CLUB, YES))
    assert [resend(db, maria.id) for _ in range(6)] == [True, True, True, True, False, False]
    assert len(mails(db)) == 5
    saved = save(maria, Change(*NEWS, YES), confirmed=False)
    assert (saved.mailed, maria.sees().standing) == (False, Standing.PENDING)
    asked = asked_by(db, newest_token(db))
    assert asked is not None
    assert [one.change.purpose for one in asked.wanted] == ["club", "newsletter"]


@pytest.mark.parametrize("by_mail", [True, False])
def test_who_does_not_want_it_ends_it(db, maria, by_mail):
    save(maria, Change(*CLUB, YES))
    token = newest_token(db)
    assert refuse(db, token) if by_mail else cancel(db, maria.id, collection_point="site:preferences")
    assert maria.sees("club.email").standing is Standing.UNSET
    assert confirm(db, token, typed_address=reader(db)) is None
    assert not cancel(db, maria.id, collection_point="site:preferences")


def test_a_wait_ends_by_itself_and_an_address_that_nobody_proved_is_forgotten(world):
    with world.writing() as db:
        maria, ola = customer(db), customer(db, "ola@example.org")
        save(ola, Change("similar", "email", NO))
        for person in (maria, ola):
            save(person, Change(*CLUB, YES), confirmed=False)
        token = newest_token(db)
        assert end_waiting(db, world.company()) == 0
    with clock.moved(timedelta(days=8)), world.writing() as db:
        assert confirm(db, token, typed_address=reader(db)) is None
        assert end_waiting(db, world.company()) == 2
        assert find_person(db, Identifier(EMAIL, "maria@example.org")) is None
        assert identifiers_of(db, ola.id) != []
        assert [event.act for event in events_of(db, ola.id)] == [Act.OBJECTED, Act.ASKED, Act.EXPIRED]
        assert end_waiting(db, world.company()) == 0
    assert world.rows("SELECT count(*) FROM consent_waiting") == [(0,)]


def test_another_company_cannot_use_the_link(world):
    with world.writing() as db:
        save(customer(db), Change(*CLUB, YES))
        token, typed = newest_token(db), reader(db)
    with world.writing(world.second) as db:
        assert asked_by(db, token) is None
        assert confirm(db, token, typed_address=typed) is None


def test_nothing_of_it_stands_in_clear(world):
    with world.writing() as db:
        save(customer(db), Change(*CLUB, YES))
        token = newest_token(db)
    stored = world.everything_stored()
    assert token.encode() not in stored
    assert b"maria" not in stored
