"""Every mail as staff read it before a customer does: in each language, with nobody's data, and none that is missing."""

import pytest

from portal.accounts import registry
from portal.cases.letters import why_words
from portal.cases.sample_mails import sample_letter, sample_mails
from portal.outbox.rendering import FOLDER
from tests.doors.staff import hired
from tests.doors.tables import changed, digest

TEMPLATES = sorted(folder.name for folder in (FOLDER / "mail").iterdir() if folder.is_dir())
COMPANIES = ("fjordkaffe", "alpenrad")


@pytest.mark.parametrize("company", COMPANIES)
def test_every_mail_has_its_example_in_every_language_of_the_company(site, company):
    assert sorted(sample_mails()) == TEMPLATES
    config = registry.config().company(company)
    for language in config.languages:
        subjects = [sample_letter(config, mail, language).subject for mail in sample_mails()]
        assert all(subjects) and len(set(subjects)) >= len(subjects) - 2, "only a first and a later part may share a subject"


def test_a_mail_is_read_in_each_language_and_reading_writes_nothing(site):
    browser = hired(site, "privacy_officer")
    browser.open("/console/settings")
    assert "/console/settings/mails" in browser.answer.text
    before = digest(site)
    browser.open("/console/settings/mails")
    assert browser.status == 200 and all(mail in browser.words for mail in TEMPLATES)
    for language in registry.config().company("fjordkaffe").languages:
        letter = sample_letter(registry.config().company("fjordkaffe"), "erasure_started", language)
        browser.open(f"/console/settings/mails/erasure_started/{language}")
        assert letter.subject in browser.words and f'lang="{language}"' in browser.answer.text
        assert "/erase/stop/example" in browser.words
        browser.open(f"/console/settings/mails/erasure_started/{language}/html")
        assert browser.status == 200 and f'<html lang="{language}"' in browser.answer.text
        policy = browser.answer.headers["Content-Security-Policy"]
        assert "script-src" not in policy and policy.startswith("default-src 'none'") and "frame-ancestors 'none'" in policy
    assert changed(before, digest(site)) <= {"staff_session", "limit_counter"}


@pytest.mark.parametrize("address", ["nothing/en", "received/fr", "received/xx", "layout.html/en", "..%2flayout/en"])
def test_a_mail_or_language_that_the_company_has_not_is_missing(site, address):
    browser = hired(site, "auditor")
    for tail in ("", "/html"):
        browser.open(f"/console/settings/mails/{address}{tail}")
        assert browser.status == 404, address


def test_who_may_not_read_settings_reads_no_mail(site):
    browser = hired(site, "agent")
    for address in ("", "/received/en", "/received/en/html"):
        browser.open(f"/console/settings/mails{address}")
        assert browser.status == 403


def test_a_mail_names_how_its_request_came(site):
    company = registry.config().company("fjordkaffe")
    said = {source: why_words(company, source) for source in ("site", "letter", "phone", "counter", "mail", "api:web-shop")}
    assert "proved to have this mailbox" in said["site"]
    assert len({said[way] for way in ("letter", "phone", "counter", "mail")}) == 1 and "proved" not in said["letter"]
    assert "Fjordkaffe" in said["api:web-shop"] and "web-shop" not in said["api:web-shop"]
