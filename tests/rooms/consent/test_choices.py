"""What a person sees of their choices: each as the ledger has it, with the words that were shown, and nothing of anyone else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.accounts import registry
from portal.consent.basis import Row
from portal.consent.choices import Standing, choices_of, history_of
from portal.consent.words import Act, Actor
from portal.core import clock
from tests.rooms.consent.customers import Customer, customer
from tests.watched import statements_on


def test_each_choice_begins_unset(world, db, maria):
    shown = choices_of(db, world.company(), maria.id)
    assert [purpose.key for purpose in shown] == ["newsletter", "old_list", "club", "similar", "partners"]
    for purpose in shown:
        for channel in purpose.channels:
            assert (channel.standing, channel.said, channel.since, channel.notice) == (Standing.UNSET, None, None, None)


def test_a_purpose_that_asks_nothing_is_no_choice(world, db, maria):
    assert "orders" in world.company().purposes
    assert "orders" not in [purpose.key for purpose in choices_of(db, world.company(), maria.id)]


def test_a_choice_says_what_was_said_when_where_and_on_which_words(maria):
    yesterday = clock.now() - timedelta(days=1)
    maria.did(Act.GIVEN, language="de", acted_at=yesterday, collection_point="api:shop", frequency="monthly", topics=["courses"])
    seen = maria.sees()
    assert (seen.standing, seen.since, seen.collection_point, seen.actor) == (Standing.GIVEN, yesterday, "api:shop", Actor.PERSON)
    assert (seen.frequency, seen.topics) == ("monthly", ("courses",))
    assert (maria.reads().text, maria.reads().language) == ("Ich möchte Neues von First Coffee.", "de")
    assert maria.sees("newsletter.sms").standing is Standing.UNSET


@pytest.mark.parametrize(
    ("act", "standing"),
    [
        (Act.GIVEN, Standing.GIVEN),
        (Act.REFUSED, Standing.REFUSED),
        (Act.WITHDRAWN, Standing.WITHDRAWN),
        (Act.OBJECTED, Standing.OBJECTED),
        (Act.ASKED, Standing.PENDING),
        (Act.IMPORTED, Standing.UNSET),
        (Act.RESUMED, Standing.UNSET),
    ],
)
def test_each_act_is_shown_in_its_word(maria, act, standing):
    maria.did(act)
    assert maria.sees().standing is standing


def test_what_expired_is_unanswered_again(maria):
    maria.did(Act.GIVEN)
    maria.did(Act.EXPIRED, actor=Actor.COMPANY_SYSTEM)
    assert (maria.sees().standing, maria.may_be_used()) == (Standing.UNSET, False)


def test_a_pause_shows_its_end_and_what_was_said_holds_again_after_it(maria):
    maria.did(Act.GIVEN)
    end = clock.now() + timedelta(days=30)
    maria.did(Act.PAUSED, until=end)
    assert (maria.sees().standing, maria.sees().until, maria.may_be_used()) == (Standing.PAUSED, end, False)
    with clock.moved(timedelta(days=30)):
        assert (maria.sees().standing, maria.sees().until, maria.may_be_used()) == (Standing.GIVEN, None, True)


def test_a_no_that_is_paused_is_still_a_no(maria):
    maria.did(Act.REFUSED)
    maria.did(Act.PAUSED, until=clock.now() + timedelta(days=30))
    assert maria.sees().standing is Standing.REFUSED


def test_a_pause_of_what_nobody_agreed_to_is_no_yes(maria):
    maria.did(Act.PAUSED, until=clock.now() + timedelta(days=30))
    maria.did(Act.PAUSED, "similar.email", until=clock.now() + timedelta(days=30))
    assert (maria.sees().standing, maria.may_be_used()) == (Standing.UNSET, False)
    assert (maria.sees("similar.email").standing, maria.may_be_used("similar.email")) == (Standing.PAUSED, False)


def test_an_old_list_is_used_only_where_the_company_says_so(maria):
    maria.did(Act.IMPORTED, actor=Actor.COMPANY_SYSTEM)
    maria.did(Act.IMPORTED, "old_list.email", actor=Actor.COMPANY_SYSTEM)
    assert (maria.sees().answer.allowed, maria.sees().answer.row) == (False, Row.LEGACY)
    assert (maria.sees("old_list.email").answer.allowed, maria.sees("old_list.email").answer.row) == (True, Row.LEGACY)


def test_a_stop_on_a_purpose_that_needs_no_yes_is_kept(maria):
    assert maria.may_be_used("similar.email")
    maria.did(Act.OBJECTED, "similar.email", actor=Actor.AGENT)
    assert not maria.may_be_used("similar.email")


def test_a_topic_is_a_choice_of_its_own_beside_its_channel(maria):
    maria.did(Act.GIVEN)
    maria.did(Act.REFUSED, "newsletter.email.courses")
    seen = maria.sees()
    assert seen.standing is Standing.GIVEN
    assert [(topic.key, topic.standing) for topic in seen.apart] == [("courses", Standing.REFUSED)]


def test_nobody_sees_the_choices_of_another_person_or_company(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN)
        assert customer(db, "ola@example.org").sees().standing is Standing.UNSET
    with world.writing(world.second) as db:
        assert customer(db).sees().standing is Standing.UNSET
        assert Customer(db, maria.id).sees().standing is Standing.UNSET


def test_the_page_costs_six_queries_however_long_the_history_is(world, db, maria):
    for number in range(12):
        maria.did(Act.GIVEN if number % 2 else Act.REFUSED, "newsletter.email" if number % 3 else "partners.email")
    with statements_on(db.connection()) as statements:
        choices_of(db, world.company(), maria.id)
    assert len(statements) == 6


def test_the_history_tells_every_act_with_its_words(db, maria):
    maria.did(Act.GIVEN)
    maria.did(Act.WITHDRAWN, actor=Actor.STAFF, collection_point="desk:bergen", evidence={"call": "7KQ2"})
    first, second = history_of(db, maria.id)
    assert first.notice is not None
    assert (first.event.act, first.notice.text) == (Act.GIVEN, "I want news from First Coffee.")
    assert (second.event.act, second.event.actor, second.notice) == (Act.WITHDRAWN, Actor.STAFF, None)
    assert second.event.evidence == {"call": "7KQ2"}


def test_what_a_company_no_longer_asks_for_can_still_be_taken_back(world, db, maria):
    maria.did(Act.GIVEN, "partners.email")
    config = registry.config()
    purposes = {key: purpose for key, purpose in world.company().purposes.items() if key != "partners"}
    without = world.company().model_copy(update={"purposes": purposes})
    portal = config.portal.model_copy(update={"companies": {**config.portal.companies, "first": without}})
    registry.use_companies(replace(config, portal=portal), dict(registry.ids()))
    maria.did(Act.WITHDRAWN, "partners.email")
    assert [entry.event.act for entry in history_of(db, maria.id)] == [Act.GIVEN, Act.WITHDRAWN]
