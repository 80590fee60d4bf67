"""A changed word asks again where the purpose says so: the yes to the old words ends, and only that one."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.accounts import registry
from portal.consent.choices import Standing
from portal.consent.ledger import events_of
from portal.consent.notices import publish_notices
from portal.consent.renewing import end_old_words
from portal.consent.saving import Answer, Change, save_choices, version_of
from portal.consent.sealing import seal_proof
from portal.consent.words import Act
from tests.rooms.consent.acts import beside
from tests.rooms.consent.customers import Customer, changed_configuration, customer

NEW_WORDS = {"newsletter": {"en": "I want news, twice a week.", "de": "Ich möchte Neues, zweimal pro Woche."}}


def after_new_words(world, words, *, asks_again):
    """What a start and the worker do after someone edited portal.yaml."""
    company = with_new_words(world, words, asks_again=asks_again)
    with world.writing() as db:
        return end_old_words(db, company)


def with_new_words(world, words, *, asks_again):
    """The company as somebody edited it, its words published."""
    config = changed_configuration(words)
    registry.use_companies(config, dict(registry.ids()))
    company = config.company("first")
    newsletter = company.purposes["newsletter"].model_copy(update={"asks_again": asks_again})
    company = company.model_copy(update={"purposes": {**company.purposes, "newsletter": newsletter}})
    with world.writing() as db:
        publish_notices(db, company)
    return company


@pytest.fixture
def answered(world):
    """Maria said yes to news and to the old list, Ola no to news."""
    with world.writing() as db:
        maria, ola = customer(db), customer(db, "ola@example.org")
        maria.did(Act.GIVEN)
        maria.did(Act.GIVEN, "old_list.email")
        ola.did(Act.REFUSED)
    return maria.id, ola.id


def test_a_yes_to_old_words_ends_and_can_be_given_to_the_new(world, answered):
    assert after_new_words(world, NEW_WORDS, asks_again=True) == 1
    assert after_new_words(world, NEW_WORDS, asks_again=True) == 0
    with world.writing() as db:
        maria = customer(db)
        assert (maria.sees().standing, maria.may_be_used(), maria.may_be_used("old_list.email")) == (Standing.UNSET, False, True)
        assert [event.act for event in events_of(db, answered[1])] == [Act.REFUSED]
        save_choices(
            db, maria.id, [Change("newsletter", "email", Answer.YES)], seen=version_of(db, maria.id), language="en",
            collection_point="site:choices", confirmed=True,
        )  # fmt: skip
        assert maria.reads().text == "I want news, twice a week."
    assert after_new_words(world, NEW_WORDS, asks_again=True) == 0


def test_a_corrected_word_asks_nobody_again_where_the_purpose_does_not_say_so(world, answered):
    assert after_new_words(world, NEW_WORDS, asks_again=False) == 0
    with world.reading() as db:
        assert customer(db).may_be_used()


def test_a_yes_to_words_that_come_back_stands(world, answered):
    assert after_new_words(world, NEW_WORDS, asks_again=False) == 0
    assert after_new_words(world, {}, asks_again=True) == 0
    with world.reading() as db:
        assert customer(db).may_be_used()


def test_who_is_erased_while_the_worker_looks_is_passed_over_and_the_others_are_not(world, answered):
    maria, ola = answered
    with world.writing() as db:
        Customer(db, ola).did(Act.GIVEN)
    company = with_new_words(world, NEW_WORDS, asks_again=True)

    def ends():
        with world.writing() as db:
            return end_old_words(db, company)

    with world.database.open_to_write(world.first) as db, ThreadPoolExecutor() as pool:
        seal_proof(db, maria)
        ended = pool.submit(ends)
        time.sleep(0.5)
        db.commit()
    assert ended.result() == 1


def test_a_yes_to_the_new_words_while_the_worker_looks_is_not_ended(world, answered):
    maria, _ola = answered
    company = with_new_words(world, NEW_WORDS, asks_again=True)

    def ends():
        with world.writing() as db:
            return end_old_words(db, company)

    with beside(world, maria, Act.GIVEN) as pool:
        ended = pool.submit(ends)
    assert ended.result() == 0
    with world.reading() as db:
        assert events_of(db, maria)[-1].act is Act.GIVEN
