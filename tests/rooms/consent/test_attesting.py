"""A company vouches for a yes from its own form: only a fresh one, on known words, with nothing newer; anything else proves nothing."""

from datetime import timedelta
from typing import Any

import pytest

from portal.consent.attesting import attest
from portal.consent.basis import Row
from portal.consent.choices import Standing
from portal.consent.ledger import UnknownChoice
from portal.consent.notices import notice_for
from portal.consent.words import Act, Actor
from portal.core import clock


def vouch(maria, purpose="newsletter", ago=timedelta(hours=1), **more):
    fine: dict[str, Any] = {
        "channel": "email",
        "notice_hash": notice_for(maria.db, purpose, "de").hash,
        "form_url": "https://www.first.example/news",
        "acted_at": clock.now() - ago,
        "key_name": "shop",
    }
    return attest(maria.db, maria.id, purpose=purpose, **{**fine, **more})


def test_a_fresh_yes_on_known_words_counts_and_says_who_vouched(maria):
    attested = vouch(maria, topics=["courses"])
    assert (attested.counts, maria.may_be_used()) == (True, True)
    (event,) = attested.events
    assert event.evidence == {"attested_by": "shop", "form_url": "https://www.first.example/news"}
    assert (event.act, event.actor, event.collection_point, event.language) == (Act.GIVEN, Actor.PERSON, "api:shop", "de")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"ago": timedelta(days=7)}, "too_old"),
        ({"ago": timedelta(minutes=-1)}, "in_the_future"),
        ({"notice_hash": b"x" * 32}, "notice_unknown"),
        ({"form_url": "http://www.first.example/news"}, "form_unknown"),
        ({"form_url": "javascript:alert(1)"}, "form_unknown"),
        ({"form_url": ""}, "form_unknown"),
    ],
)
def test_C7_what_cannot_be_vouched_for_is_a_line_of_an_old_list(maria, wrong, why):
    attested = vouch(maria, **wrong)
    assert (attested.counts, attested.why) == (False, why)
    assert (maria.sees().said, maria.sees().answer.allowed, maria.sees().answer.row) == (Act.IMPORTED, False, Row.LEGACY)


def test_C7_the_words_of_another_purpose_vouch_for_nothing(db, maria):
    attested = vouch(maria, notice_hash=notice_for(db, "old_list", "en").hash)
    assert (attested.counts, attested.why) == (False, "notice_unknown")


@pytest.mark.parametrize("actor", [Actor.PERSON, Actor.AGENT, Actor.STAFF])
def test_C7_a_vouched_yes_does_not_pass_a_newer_no(maria, actor):
    maria.did(Act.REFUSED, actor=actor)
    attested = vouch(maria)
    assert (attested.counts, attested.why, maria.sees().standing) == (False, "something_newer", Standing.REFUSED)


def test_a_vouched_yes_after_an_older_no_counts(maria):
    with clock.moved(-timedelta(days=2)):
        maria.did(Act.REFUSED)
    assert vouch(maria).counts
    assert maria.may_be_used()


def test_C7_a_purpose_that_is_confirmed_twice_still_waits_for_the_mailbox(maria):
    assert vouch(maria, "club").counts
    assert (maria.sees("club.email").standing, maria.may_be_used("club.email")) == (Standing.PENDING, False)


def test_what_is_not_asked_for_cannot_be_vouched_for(maria):
    with pytest.raises(UnknownChoice):
        vouch(maria, channel="fax")
    with pytest.raises(UnknownChoice):
        vouch(maria, topics=["tea"])
