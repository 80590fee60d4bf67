"""Saving choices: what was shown is what is changed, one event for what really changes, and the same rows by whatever door."""

import re
from datetime import timedelta

import pytest

from portal.consent.choices import Standing
from portal.consent.ledger import Book, PauseOutOfRange, UnknownChoice, events_of
from portal.consent.notices import notice_for
from portal.consent.saving import Answer, Change, Saved, save_choices, undo, version_of
from portal.consent.states import states_of
from portal.consent.stopping import stop_marketing
from portal.consent.verify import verify_person
from portal.consent.words import Act, Actor
from portal.core import clock
from portal.people.service import EMAIL, Identifier
from portal.people.suppressions import suppress
from tests.rooms.consent.customers import customer
from tests.watched import statements_on

YES, NO = Answer.YES, Answer.NO
NEWS = ("newsletter", "email")


def save(person, *changes, seen=None, confirmed=True, collection_point="site:choices", language="en", **more):
    return save_choices(
        person.db,
        person.id,
        changes,
        seen=version_of(person.db, person.id) if seen is None else seen,
        language=language,
        collection_point=collection_point,
        confirmed=confirmed,
        **more,
    )


def acts(person):
    return [event.act for event in events_of(person.db, person.id)]


def test_a_yes_stores_the_words_that_were_shown(db, maria):
    (event,) = save(maria, Change(*NEWS, YES, topics=["courses"], frequency="monthly"), language="de").events
    assert (event.act, event.actor, event.language) == (Act.GIVEN, Actor.PERSON, "de")
    assert event.notice_hash == notice_for(db, "newsletter", "de").hash
    seen = maria.sees()
    assert (seen.standing, seen.topics, seen.frequency) == (Standing.GIVEN, ("courses",), "monthly")
    assert maria.reads().text == "Ich möchte Neues von First Coffee."


def test_every_standing_can_be_reached(maria):
    assert maria.sees().standing is Standing.UNSET
    save(maria, Change(*NEWS, YES))
    save(maria, Change("newsletter", "sms", NO), Change("similar", "email", NO), Change("club", "email", YES))
    save(maria, Change("old_list", "email", YES, paused_until=clock.now() + timedelta(days=30)))
    standings = {key: maria.sees(key).standing for key in ("newsletter.sms", "similar.email", "club.email", "old_list.email")}
    assert list(standings.values()) == [Standing.REFUSED, Standing.OBJECTED, Standing.PENDING, Standing.PAUSED]
    assert maria.sees().standing is Standing.GIVEN
    save(maria, Change(*NEWS, NO))
    assert maria.sees().standing is Standing.WITHDRAWN


def test_only_what_really_changes_becomes_an_event(maria):
    wanted = [Change(*NEWS, YES, topics=["courses"], frequency="weekly"), Change("similar", "email", NO)]
    assert len(save(maria, *wanted).events) == 2
    assert save(maria, *wanted) == Saved()
    every = Change("old_list", "email"), Change("newsletter", "sms", None), Change("similar", "email", None)
    assert save(maria, *every) == Saved()


def test_C6_a_stale_page_neither_lowers_nor_raises_what_it_did_not_show(maria):
    save(maria, Change(*NEWS, YES), Change("newsletter", "sms", NO))
    shown = version_of(maria.db, maria.id)
    save(maria, Change(*NEWS, NO), Change("newsletter", "sms", YES))
    saved = save(maria, Change(*NEWS, YES), Change("newsletter", "sms", NO), Change("old_list", "email", YES), seen=shown)
    assert [choice.channel for choice in saved.stale] == ["email", "sms"]
    assert [event.choice.purpose for event in saved.events] == ["old_list"]
    assert (maria.sees().standing, maria.sees("newsletter.sms").standing) == (Standing.WITHDRAWN, Standing.GIVEN)


def test_C6_a_stale_page_that_wants_what_stands_is_told_nothing(maria):
    save(maria, Change(*NEWS, YES))
    assert save(maria, Change(*NEWS, YES), seen=0) == Saved()


def test_an_objection_acts_at_once_by_any_hand(maria):
    saved = save(maria, Change("similar", "email", NO), Change("partners", "email", NO), confirmed=False)
    assert [event.act for event in saved.events] == [Act.OBJECTED, Act.OBJECTED]
    assert not maria.may_be_used("similar.email")


def test_C7_an_unconfirmed_yes_waits_and_counts_as_no(maria):
    saved = save(maria, Change(*NEWS, YES, topics=["courses"]), confirmed=False)
    assert [event.act for event in saved.events] == [Act.ASKED]
    assert saved.pending == (Change(*NEWS, YES, topics=["courses"]),)
    assert (maria.sees().standing, maria.may_be_used()) == (Standing.PENDING, False)
    assert [event.act for event in save(maria, Change(*NEWS, NO), confirmed=False).events] == [Act.REFUSED]
    assert maria.sees().standing is Standing.REFUSED


def test_C7_a_purpose_that_is_confirmed_twice_waits_even_for_who_is_signed_in(maria):
    assert len(save(maria, Change("club", "email", YES)).pending) == 1
    assert not maria.may_be_used("club.email")


def test_C7_by_a_link_topics_only_go_and_the_words_stay_those_of_the_yes(db, maria):
    save(maria, Change(*NEWS, YES, topics=["coffees"]), language="de")
    saved = save(maria, Change(*NEWS, YES, topics=["courses"]), confirmed=False)
    assert [event.act for event in saved.events] == [Act.WITHDRAWN, Act.ASKED]
    save(maria, Change(*NEWS, YES, topics=["coffees", "courses"], frequency="weekly"), language="de")
    saved = save(maria, Change(*NEWS, YES, topics=["courses"], frequency="monthly"), confirmed=False, language="en")
    assert ([event.topics for event in saved.events], saved.pending) == ([("courses",)], ())
    assert (maria.reads().language, maria.sees().frequency) == ("de", "monthly")


def test_C7_by_a_link_a_pause_only_grows(maria):
    save(maria, Change(*NEWS, YES))
    end = clock.now() + timedelta(days=30)
    save(maria, Change(*NEWS, paused_until=end), confirmed=False)
    for change in (Change(*NEWS, paused_until=end - timedelta(days=9)), Change(*NEWS, resume=True)):
        saved = save(maria, change, confirmed=False)
        assert (saved.events, saved.pending) == ((), (change,))
    assert maria.sees().until == end
    assert [event.act for event in save(maria, Change(*NEWS, resume=True)).events] == [Act.RESUMED]
    assert maria.may_be_used()


def test_a_pause_outlives_a_change_of_topics(maria):
    end = clock.now() + timedelta(days=30)
    save(maria, Change(*NEWS, YES, paused_until=end))
    save(maria, Change(*NEWS, YES, topics=["courses"], paused_until=end))
    assert (maria.sees().standing, maria.sees().until, maria.sees().topics) == (Standing.PAUSED, end, ("courses",))
    assert acts(maria) == [Act.GIVEN, Act.PAUSED, Act.GIVEN]


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_pause_out_of_range_is_refused_before_anything_is_written(maria, days):
    with pytest.raises(PauseOutOfRange):
        save(maria, Change("similar", "email", NO), Change(*NEWS, YES, paused_until=clock.now() + timedelta(days=days)))
    assert acts(maria) == []


@pytest.mark.parametrize(
    "change",
    [
        Change("nothing", "email", NO),
        Change("newsletter", "fax", NO),
        Change("orders", "email", NO),
        Change(*NEWS, YES, topics=["tea"]),
        Change(*NEWS, YES, frequency="hourly"),
    ],
)
def test_what_the_company_does_not_ask_for_is_refused_before_anything_is_written(maria, change):
    with pytest.raises(UnknownChoice):
        save(maria, Change("similar", "email", NO), change)
    assert acts(maria) == []


def test_a_form_without_topics_is_no_no(maria):
    save(maria, Change("old_list", "email", YES, topics=[]))
    assert maria.may_be_used("old_list.email")
    save(maria, Change(*NEWS, YES))
    save(maria, Change(*NEWS, YES, topics=[]))
    assert maria.sees().standing is Standing.WITHDRAWN


def test_A2_equal_choices_leave_equal_rows_by_whatever_door(world):
    with world.writing() as db:
        one, other = customer(db, "one@example.org"), customer(db, "other@example.org")
        for person, point in ((one, "site:choices"), (other, "api:shop")):
            save(person, Change(*NEWS, YES, topics=["courses"]), Change("similar", "email", NO), collection_point=point)
            save(person, Change(*NEWS, NO), collection_point=point)
        told = [
            [
                (event.sequence, event.choice, event.act, event.actor, event.notice_hash, event.language, event.topics)
                for event in events
            ]
            for events in (events_of(db, one.id), events_of(db, other.id))
        ]
    assert told[0] == told[1]
    query = "SELECT purpose, channel, topic, said, pending, paused_until, frequency, topics, sequence FROM consent_state"
    rows = [world.rows(f"{query} WHERE person_id = :id ORDER BY purpose, channel", id=person.id) for person in (one, other)]
    assert rows[0] == rows[1]


# Stop all, and take it back


def test_stop_all_says_no_to_all_marketing_and_only_to_that_and_is_undone_in_one(maria):
    save(maria, Change(*NEWS, YES), Change("partners", "email", YES), Change("old_list", "email", YES))
    saved = stop_marketing(maria.db, maria.id, language="en", collection_point="site:choices")
    assert {(event.choice.purpose, event.choice.channel) for event in saved.events} == {
        ("newsletter", "email"), ("newsletter", "sms"), ("club", "email"), ("similar", "email")
    }  # fmt: skip
    assert not any(maria.may_be_used(key) for key in ("newsletter.email", "newsletter.sms", "club.email", "similar.email"))
    assert maria.may_be_used("old_list.email")
    assert stop_marketing(maria.db, maria.id, language="en", collection_point="site:choices") == Saved()
    undone = undo(maria.db, maria.id, saved.sequences, collection_point="site:choices")
    assert (len(undone.events), undone.stale) == (4, ())
    assert maria.sees().standing is Standing.GIVEN
    assert maria.sees("newsletter.sms").standing is Standing.UNSET
    assert maria.may_be_used("similar.email")


def test_C5_staff_may_stop_and_only_the_person_takes_it_back(maria):
    save(maria, Change(*NEWS, YES))
    stop_marketing(maria.db, maria.id, language="en", collection_point="staff", actor=Actor.STAFF)
    assert not maria.may_be_used()
    save(maria, Change(*NEWS, YES))
    assert maria.may_be_used()


def test_C7_an_undo_takes_back_a_whole_save_once_and_nothing_newer(maria):
    saved = save(maria, Change(*NEWS, YES, paused_until=clock.now() + timedelta(days=3)), Change("similar", "email", NO))
    save(maria, Change("similar", "email", YES))
    undone = undo(maria.db, maria.id, saved.sequences, collection_point="site:choices")
    assert [event.undoes for event in undone.events] == [2, 1]
    assert [choice.purpose for choice in undone.stale] == ["similar"]
    assert (maria.sees().standing, maria.may_be_used("similar.email")) == (Standing.UNSET, True)
    again = undo(maria.db, maria.id, saved.sequences, collection_point="site:choices")
    assert (again.events, {choice.purpose for choice in again.stale}) == ((), {"newsletter", "similar"})


# Suppressions


def suppressed(maria, purpose="newsletter", channel="email"):
    suppress(maria.db, Identifier(EMAIL, "maria@example.org"), purpose=purpose, channel=channel, source="link:opt_out")


def test_who_opted_out_without_signing_in_is_shown_stopped_until_their_own_yes(maria):
    save(maria, Change(*NEWS, YES))
    suppressed(maria)
    assert (maria.sees().standing, maria.may_be_used()) == (Standing.SUPPRESSED, False)
    assert maria.sees("newsletter.sms").standing is Standing.UNSET
    assert [event.act for event in save(maria, Change(*NEWS, YES), confirmed=False).events] == []
    assert not maria.may_be_used()
    assert [event.act for event in save(maria, Change(*NEWS, YES)).events] == [Act.GIVEN]
    assert (maria.sees().standing, maria.may_be_used()) == (Standing.GIVEN, True)


def test_C7_taking_back_a_yes_puts_the_stop_in_force_again(maria):
    suppressed(maria, "similar")
    saved = save(maria, Change("similar", "email", YES))
    assert maria.may_be_used("similar.email")
    undo(maria.db, maria.id, saved.sequences, collection_point="site:choices")
    assert not maria.may_be_used("similar.email")


def test_taking_back_a_no_lifts_what_was_noted_with_it_and_nothing_older(maria):
    suppressed(maria)
    with clock.moved(timedelta(days=1)):
        suppressed(maria, "similar")
        saved = save(maria, Change("similar", "email", NO), Change(*NEWS, NO), confirmed=False)
        undo(maria.db, maria.id, saved.sequences, collection_point="mail:undo")
        assert maria.may_be_used("similar.email")
        maria.did(Act.GIVEN, "newsletter.email", acted_at=clock.now() - timedelta(days=2))
        assert not maria.may_be_used()


def test_what_stands_for_a_person_is_found_without_a_look_at_the_states_of_all_others(db, maria):
    maria.did(Act.GIVEN)
    with statements_on(db.connection()) as told:
        Book(db, maria.id)
        states_of(db, maria.id)
        verify_person(db, maria.id)
    asked = [one for one in told if "consent_state" in one]
    assert len(asked) >= 2
    # PostgreSQL weighs its ways anew by how many rows there are.
    for statement in asked if db.get_bind().dialect.name == "sqlite" else ():
        text_, values = re.sub(r":\w+", "?", statement), (1,) * len(re.findall(r":\w+|\?", statement))
        plan = " ".join(row[3] for row in db.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text_}", values))
        assert "ix_consent_state_company_id" not in plan and "SCAN consent_state" not in plan, plan
