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
from portal.consent.rebuilding import rebuild_state
from portal.consent.saving import Answer, Change, Saved, save_choices, undo, version_of
from portal.consent.states import states_of
from portal.consent.stopping import stop_marketing
from portal.consent.waiting import open_question
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


def wider(**more):
    return Change(*NEWS, YES, **more)


def test_what_comes_on_top_of_a_yes_waits_beside_it_and_is_named(db, maria):
    save(maria, wider(topics=["coffees"], frequency="monthly"))
    saved = save(maria, wider(topics=["coffees", "courses"], frequency="weekly"), confirmed=False)
    assert (saved.events, saved.mailed, maria.sees().standing) == ((), True, Standing.GIVEN)
    question = open_question(db, maria.id)
    assert question is not None
    (waits,) = question.waits
    assert (waits.opens.whole, waits.opens.topics, waits.opens.frequency) == (False, ("courses",), "weekly")
    assert "News (Courses and Once a week)" in mails(db)[-1].text
    asked = asked_by(db, newest_token(db))
    assert asked is not None and asked.stays
    given = confirm(db, newest_token(db), typed_address=reader(db))
    assert isinstance(given, Saved)
    assert [(one.act, one.topics, one.frequency) for one in given.events] == [(Act.GIVEN, ("coffees", "courses"), "weekly")]
    assert open_question(db, maria.id) is None


def test_a_break_that_is_to_end_waits_and_is_named(db, maria):
    end = clock.now() + timedelta(days=30)
    save(maria, wider(paused_until=end))
    save(maria, Change(*NEWS, resume=True), confirmed=False)
    assert "News (the end of the break)" in mails(db)[-1].text
    save(maria, Change(*NEWS, paused_until=end - timedelta(days=9)), confirmed=False)
    assert "News (a break only until " in mails(db)[-1].text
    assert maria.sees().until == end


def test_the_mail_says_truly_what_happens_without_an_answer(db, maria):
    save(maria, wider(topics=["coffees"]))
    save(maria, wider(topics=["coffees", "courses"]), confirmed=False)
    assert "what you said yes to before goes on.\nYou did not choose this?" in mails(db)[-1].text
    assert "nothing is sent to you" not in mails(db)[-1].text
    cancel(db, maria.id, collection_point="site:preferences")
    save(maria, Change(*CLUB, YES))
    assert "nothing is sent to you, and the choice ends.\nYou did not choose this?" in mails(db)[-1].text


@pytest.mark.parametrize("by_mail", [True, False])
def test_a_no_to_what_comes_on_top_leaves_what_stands(db, maria, by_mail):
    save(maria, wider(topics=["coffees"]))
    save(maria, wider(topics=["coffees", "courses"]), confirmed=False)
    token, before = newest_token(db), len(events_of(db, maria.id))
    if by_mail:
        refused = refuse(db, token)
        assert refused is not None and refused.stays
    else:
        assert cancel(db, maria.id, collection_point="site:preferences")
    assert (maria.sees().topics, len(events_of(db, maria.id)), open_question(db, maria.id)) == (("coffees",), before, None)
    assert confirm(db, token, typed_address=reader(db)) is None


@pytest.mark.parametrize("again", [{"topics": ["courses", "coffees"]}, {"whole": True}], ids=["more of a yes", "a whole yes"])
def test_asking_for_the_same_while_it_waits_sends_no_second_mail(db, maria, again):
    if "whole" not in again:
        save(maria, wider(topics=["coffees"]))
    change = wider(topics=again.get("topics"))
    first = save(maria, change, confirmed=False)
    token = newest_token(db)
    repeated = [save(maria, change, confirmed=False) for _ in range(3)]
    assert first.mailed and all(one.mailed and one.pending for one in repeated)
    assert (len(mails(db)), asked_by(db, token) is not None) == (1, True)
    assert resend(db, maria.id)
    with clock.moved(timedelta(minutes=11)):
        assert save(maria, change, confirmed=False).mailed
        assert save(maria, Change(*CLUB, YES)).mailed
    assert len(mails(db)) == 4


def test_what_was_chosen_otherwise_since_waits_no_more_and_is_not_mailed_for(db, maria):
    save(maria, Change(*CLUB, YES), Change(*NEWS, YES), confirmed=False)
    save(maria, Change(*CLUB, NO))
    question = open_question(db, maria.id)
    assert question is not None
    assert [one.wanted.change.purpose for one in question.waits] == ["newsletter"]
    assert resend(db, maria.id) and "The club" not in mails(db)[-1].text
    save(maria, Change(*NEWS, NO))
    assert open_question(db, maria.id) is None and not resend(db, maria.id)
    assert save(maria, Change(*CLUB, YES)).mailed


def take_back(person, saved):
    return undo(person.db, person.id, saved.sequences, collection_point="site:preferences")


def as_derived(db, person_id):
    """The states as they stand, and as they are when they are built anew from the ledger."""
    stood = states_of(db, person_id)
    rebuild_state(db, person_id)
    return stood, states_of(db, person_id)


@pytest.mark.parametrize("stop_all", [True, False])
def test_C7_a_stop_that_was_taken_back_leaves_the_mail_good(db, maria, stop_all):
    save(maria, Change(*CLUB, YES))
    token = newest_token(db)
    stopped = (
        stop_marketing(db, maria.id, language="en", collection_point="link:page") if stop_all else save(maria, Change(*CLUB, NO))
    )
    assert open_question(db, maria.id) is None
    assert take_back(maria, stopped).ended == ()
    assert maria.sees("club.email").standing is Standing.PENDING and open_question(db, maria.id) is not None
    given = confirm(db, token, typed_address=reader(db))
    assert isinstance(given, Saved) and [one.act for one in given.events] == [Act.GIVEN]
    stood, derived = as_derived(db, maria.id)
    assert stood == derived and maria.may_be_used("club.email")


@pytest.mark.parametrize("how", ["refused", "late"])
def test_C7_a_stop_that_is_taken_back_after_the_question_ended_leaves_nothing_waiting(world, how):
    with world.writing() as db:
        maria = customer(db)
        save(maria, Change("similar", "email", NO))
        save(maria, Change(*CLUB, NO))
        save(maria, Change(*CLUB, YES))
        stopped = save(maria, Change(*CLUB, NO))
        if how == "refused":
            refuse(db, newest_token(db))
    with clock.moved(timedelta(days=8 if how == "late" else 0)), world.writing() as db:
        maria = customer(db)
        if how == "late":
            end_waiting(db, world.company())
        assert [one.purpose for one in take_back(maria, stopped).ended] == ["club"]
        seen = maria.sees("club.email")
        assert (seen.standing, events_of(db, maria.id)[-1].act) == (Standing.REFUSED, Act.EXPIRED)
        stood, derived = as_derived(db, maria.id)
        assert stood == derived
        again = save(maria, Change(*CLUB, YES))
        assert again.mailed and maria.sees("club.email").standing is Standing.PENDING


def test_C7_a_question_that_was_itself_taken_back_is_not_answered_any_more(db, maria):
    saved = save(maria, Change(*CLUB, YES))
    token = newest_token(db)
    take_back(maria, saved)
    assert open_question(db, maria.id) is None
    given = confirm(db, token, typed_address=reader(db))
    assert isinstance(given, Saved) and given.events == () and not maria.may_be_used("club.email")
