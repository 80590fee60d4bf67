"""Templates of answers: put in on the page of the case in the customer's language, changed there, sent by hand, and never by themselves."""

import re
from html import unescape
from typing import get_args

import pytest
from sqlalchemy import select

import demo
from portal.accounts import registry
from portal.cases.model import Case, CaseKind
from portal.cases.ready_answers import draft_of, templates_for
from portal.config.model import AnswerTemplate, Placeholder
from tests.doors.site import SECOND_HOST
from tests.doors.staff import hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, token_on


def typed_in(browser):
    """The answer as it stands in its field, line ends and all."""
    found = re.search(r'<textarea[^>]* name="answer"[^>]*>\s?(.*?)</textarea>', browser.answer.text, re.DOTALL)
    assert found, browser.path
    return unescape(found[1]).replace("\r\n", "\n").strip()


def put_in(browser, key, **typed):
    return browser.submit("Put it in", template=key, **typed)


def offered(browser):
    return [one.attributes["value"] for box in browser.page.all("select", name="template") for one in box.all("option")]


def asked(site, address=MAREN, host=None, language="en"):
    """A question of this person; gives its number."""
    customer = site.signed_in(address, host) if host else site.signed_in(address)
    customer.headers["Accept-Language"] = language
    customer.open("/ask")
    customer.post("/ask", {"csrf_token": token_on(customer), "message": f"Where? {language}", "number": ""})
    assert customer.path.startswith("/requests/"), customer.path
    return customer.path.rsplit("/", 1)[1]


def test_a_template_is_put_in_and_only_the_press_after_it_sends(walked):
    site, browser = walked.site, hired(walked.site)
    browser.open(f"/console/cases/{walked.number}")
    assert offered(browser) == ["", "one_more_detail"], "only what fits a copy"
    before, mails = digest(site), len(site.mails())
    put_in(browser, "one_more_detail")
    assert browser.status == 200 and changed(before, digest(site)) == {"audit_entry"}, "that somebody looked"
    draft = typed_in(browser)
    assert walked.number in draft and "A copy of your data" in draft and draft.endswith("Fjordkaffe")
    assert re.search(r"by \w+day \d+ \w+ 20\d\d at the latest", draft) and not re.search(r"[{}]", draft)
    assert len(site.mails()) == mails
    browser.submit("Send to the customer", answer=draft.replace("Fjordkaffe", "Ida of Fjordkaffe"))
    assert "Sent." in browser.words
    customer = walked.person()
    customer.open(f"/requests/{walked.number}")
    assert "Ida of Fjordkaffe" in customer.words and "we need one more detail" in customer.words


def test_what_was_typed_stays_before_the_template_and_an_untouched_template_makes_room_for_another(walked):
    number = asked(walked.site)
    browser = hired(walked.site)
    browser.open(f"/console/cases/{number}")
    put_in(browser, "we_look_for_it", answer="Hello,\r\nthis is Ida.", closes="y")
    draft = typed_in(browser)
    assert draft.startswith("Hello,\nthis is Ida.\n\nWe have your question")
    assert "checked" in browser.page.all("input", name="closes")[0].attributes
    put_in(browser, "we_look_for_it", answer="")
    alone = typed_in(browser)
    put_in(browser, "we_look_for_it", answer=alone.replace("\n", "\r\n"))
    assert typed_in(browser) == alone, "it is not there twice"


@pytest.mark.parametrize("key", ["", "it_is_done", "no_such_one", "../x"])
def test_a_template_that_does_not_fit_changes_nothing_and_keeps_what_was_typed(walked, key):
    browser = hired(walked.site)
    browser.open(f"/console/cases/{walked.number}")
    put_in(browser, key, answer="My own <words> {case_number}")
    assert browser.status == 422 and "Choose a template." in browser.words
    assert typed_in(browser) == "My own <words> {case_number}"


def test_the_draft_speaks_the_customer_s_language_and_the_choice_that_of_staff(walked):
    site = walked.site
    numbers = {language: asked(site, language=language) for language in ("de", "ar")}
    browser = hired(site)
    for language, words in (("de", "Ihre Frage"), ("ar", "وصلنا سؤالك")):
        browser.open(f"/console/cases/{numbers[language]}")
        assert "We look for it" in browser.words
        put_in(browser, "we_look_for_it")
        assert words in typed_in(browser) and numbers[language] in typed_in(browser)


def test_who_puts_a_template_into_an_overtaken_page_is_told_so(walked):
    one, other = hired(walked.site), hired(walked.site, address="colleague@example.net")
    for browser in (one, other):
        browser.open(f"/console/cases/{walked.number}")
    one.submit("Send to the customer", answer="First")
    put_in(other, "one_more_detail", answer="Mine")
    assert other.status == 409 and "Somebody was faster" in other.words and typed_in(other) == "Mine"


def test_templates_of_another_company_and_cases_of_another_are_as_if_missing(walked):
    browser = hired(walked.site, company="alpenrad", host=SECOND_HOST)
    browser.open("/console/own")
    browser.post(f"/console/cases/{walked.number}/draft", {"csrf_token": token_on(browser), "template": "which_invoice"})
    assert browser.status == 404
    number = asked(walked.site, demo.stars.ANNA.email, SECOND_HOST, "de")
    browser.open(f"/console/cases/{number}")
    assert offered(browser) == ["", "which_invoice"]


def test_every_template_of_the_demo_can_be_put_into_every_case_that_it_fits(site):
    """No placeholder is left, in any language, for any kind."""
    asked(site)
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        case, seen = db.scalars(select(Case)).one(), set()
        db.expunge(case)
        for kind in CaseKind:
            for language in ("en", "de", "ar"):
                case.kind, case.language = kind, language
                for key, title in templates_for(case):
                    draft = draft_of(db, case, key)
                    assert title and draft and not re.search(r"[{}]", draft), (kind, language, key)
                    seen.add(key)
    assert seen == set(registry.config().company("fjordkaffe").answer_templates)


def test_the_kinds_that_a_template_may_name_are_the_kinds_there_are_and_its_key_tells_what_it_may_hold():
    fields = AnswerTemplate.model_fields
    (kinds,) = get_args(fields["kinds"].annotation)
    assert set(get_args(kinds)) == {kind.value for kind in CaseKind}
    assert all(f"`{{{one.value}}}`" in (fields["text"].description or "") for one in Placeholder)
