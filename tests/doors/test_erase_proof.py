"""Who has everything deleted is told beforehand and afterwards that the proof of their consent stays, for how long, and that it then ends."""

import re
from datetime import timedelta

import pytest

import demo
from portal.accounts import registry
from portal.core import clock
from tests.doors.links import with_company
from tests.doors.test_erase import MAREN, confirmed, plan_of

STAYS, ENDS = "stays sealed as proof for 3 years", "Then its key is destroyed, and nobody can read it any more."


def test_the_plan_and_the_request_say_how_long_the_proof_stays(site):
    browser = plan_of(site)
    assert STAYS in browser.words
    assert ENDS in browser.words
    browser.submit("Delete my data", understood="y")
    assert browser.path.startswith("/requests/")
    assert STAYS in browser.words
    browser.submit("Cancel the deletion")
    assert STAYS not in browser.words


@pytest.mark.parametrize(("language", "words"), [("en", "18 months"), ("de", "18 Monate"), ("ar", "18 شهرًا")])
def test_it_is_the_companys_own_length_in_the_persons_language(site, monkeypatch, language, words):
    retention = registry.company(registry.ids()["fjordkaffe"]).retention
    with_company(monkeypatch, retention=retention.model_copy(update={"proof_retention": "18 months"}))
    browser = plan_of(site)
    browser.open(f"/erase/plan?lang={language}")
    assert words in browser.words


def test_where_only_some_of_it_goes_nothing_is_sealed_and_nothing_said(site):
    browser = plan_of(site)
    browser.open("/erase/plan?group=contact")
    assert browser.status == 200
    assert "sealed as proof" not in browser.words


def test_the_result_says_it_again_to_whoever_has_the_mail(site):
    confirmed(site)
    with clock.moved(timedelta(days=4)):
        mail = next(mail for mail in site.mails(MAREN) if "/erase/result/" in mail.text)
        link = re.search(r"/erase/result/[\w-]+", mail.text)
        assert link
        stranger = site.browser()
        stranger.open(link[0])
        stranger.submit("See the result")
        assert stranger.status == 200
        complete = "All of it is done" in stranger.words
        assert (STAYS in stranger.words) is complete
        assert complete, stranger.words
        assert demo.CUSTOMER not in stranger.answer.text
