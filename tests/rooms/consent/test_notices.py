"""Notices: the words that were agreed to are kept for good, whatever portal.yaml says later."""

import pytest
from sqlalchemy import event

from portal.accounts import registry
from portal.consent.notices import NoNotice, notice_for, publish_notices
from portal.consent.words import Act
from tests.rooms.consent.customers import changed_configuration, configuration, customer

NEW_WORDS = {"newsletter": {"en": "I want news, twice a week.", "de": "Ich möchte Neues, zweimal pro Woche."}}


def change_words(world, words):
    """What a start does after someone edited portal.yaml."""
    config = changed_configuration(words)
    registry.use_companies(config, dict(registry.ids()))
    with world.writing() as db:
        return publish_notices(db, config.company("first"))


def test_every_text_is_published_once_for_each_company(world):
    assert world.rows("SELECT count(*) FROM notice WHERE version = 1") == [(12,)]


def test_a_start_where_nothing_changed_writes_nothing_and_asks_once(world):
    statements = []
    with world.writing() as db:
        event.listen(db.connection(), "before_cursor_execute", lambda *details: statements.append(details[2]))
        assert publish_notices(db, configuration().company("first")) == 0
    assert [statement.split()[0] for statement in statements] == ["SELECT"]


def test_a_changed_word_is_a_new_version(world):
    assert change_words(world, NEW_WORDS) == 2
    with world.reading() as db:
        assert (notice_for(db, "newsletter", "en").version, notice_for(db, "partners", "en").version) == (2, 1)


def test_words_that_come_back_are_the_notice_they_were(world):
    with world.reading() as db:
        before = notice_for(db, "newsletter", "en").hash
    change_words(world, NEW_WORDS)
    assert change_words(world, {}) == 0
    with world.reading() as db:
        assert notice_for(db, "newsletter", "en").hash == before


def test_a_person_sees_the_words_they_agreed_to_not_those_of_today(world):
    with world.writing() as db:
        maria = customer(db)
        maria.did(Act.GIVEN, language="de")
    change_words(world, NEW_WORDS)
    with world.reading() as db:
        shown = customer(db).reads()
    assert (shown.text, shown.language, shown.version) == ("Ich möchte Neues von First Coffee.", "de", 1)


def test_a_language_that_the_company_does_not_speak_falls_back_to_its_first(db):
    assert notice_for(db, "newsletter", "fr").language == "en"


@pytest.mark.parametrize("purpose", ["orders", "unheard_of"])
def test_there_is_no_text_for_what_nobody_is_asked(db, purpose):
    with pytest.raises(NoNotice):
        notice_for(db, purpose, "en")


def test_a_text_that_is_not_published_yet_cannot_be_agreed_to(world):
    registry.use_companies(changed_configuration(NEW_WORDS), dict(registry.ids()))
    with world.reading() as db, pytest.raises(NoNotice):
        notice_for(db, "newsletter", "en")


def test_a_company_that_asks_nothing_publishes_nothing(world):
    quiet = configuration().company("first").model_copy(update={"purposes": {}})
    with world.writing() as db:
        assert publish_notices(db, quiet) == 0
