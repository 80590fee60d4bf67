"""On the telephone without a sign-in: a code that staff tell opens one question in one browser, and nothing else of anybody."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.model import AuditEntry
from portal.cases.model import Case
from portal.cases.phone import codes
from portal.cases.phone.asking import LASTS, WAITS
from portal.cases.phone.model import PhoneSession
from portal.cases.scope import Scope, load_scope
from portal.core import clock
from portal.outbox.model import Mail
from tests.doors.site import FIRST_HOST, SECOND_HOST
from tests.doors.staff import hired
from tests.doors.tables import changed, digest
from tests.doors.test_console_phone import COLLEAGUE, QUESTION, find, posts, rows
from tests.doors.walked import MAREN, OTHER, token_on

WRONG = "This code does not work. It may be mistyped, used, or too old."
SECRETS = ("/", "/data", "/preferences", "/requests", "/phone", "/address", "/get-a-copy", "/erase")


def asking_staff(site, address=MAREN, **hire):
    """A colleague who asks that customer for a yes; nobody has signed in."""
    browser = hired(site, **hire)
    find(browser, address)
    browser.submit("Ask for their yes")
    return browser


def desk_of(browser):
    """The page of the asking, whatever was pressed on it."""
    (path,) = re.findall(r"^/console/phone/[\w-]+", browser.path)
    return path


def told(browser):
    """The code that the colleague reads out."""
    browser.submit("Give them a code")
    (code,) = re.findall(r"\b\d{4} \d{4}\b", browser.words)
    browser.open(desk_of(browser))
    assert code not in browser.words
    return code


def typed(site, code, host=FIRST_HOST):
    """A browser of somebody on the telephone, in which that was typed."""
    browser = site.browser(host)
    browser.open("/call")
    browser.submit("Continue", code=code)
    return browser


def agreed(site, staff=None):
    staff = staff or asking_staff(site)
    caller = typed(site, told(staff))
    caller.submit("Yes, go ahead")
    staff.open(staff.path)
    return staff, caller


@pytest.fixture
def known(site):
    """The demo's customer is known to the portal, and nobody is signed in."""
    site.signed_in(MAREN)
    return site


def test_a_code_lets_the_customer_say_yes_without_a_sign_in_and_each_act_is_shown_and_mailed(known):
    staff = asking_staff(known)
    caller = typed(known, told(staff))
    assert "asks for your yes" in caller.words and "m•••n@example.org" in caller.words and MAREN not in caller.answer.text
    mails = len(known.mails(MAREN))
    caller.submit("Yes, go ahead")
    assert "You said yes" in caller.words and "Nothing yet." in caller.words
    staff.open(staff.path)
    assert "The customer said yes." in staff.words and "without a sign-in, for: m•••n@example.org" in staff.words
    staff.submit("Open it", **QUESTION)
    staff.submit("Stop it all")
    caller.open("/call")
    assert "A request was opened." in caller.words and "All advertising was stopped." in caller.words
    known.work()
    told_of = [one for one in rows(known, Mail) if one.template == "done_by_phone"]
    assert len(told_of) == 2 and len(known.mails(MAREN)) >= mails + 2
    case = rows(known, Case)[-1]
    assert (case.source, case.kind, load_scope(case.proven)) == ("phone", "question", Scope())
    acts = [one.act for one in rows(known, AuditEntry) if one.act.startswith("phone.")]
    assert acts == [
        "phone.asked",
        "phone.code_given",
        "phone.code_used",
        "phone.agreed",
        "phone.case_opened",
        "phone.adverts_stopped",
    ]


def test_the_browser_of_a_code_opens_nothing_else_of_the_person(known):
    _staff, caller = agreed(known)
    for path in SECRETS:
        caller.open(path)
        assert caller.path.startswith(("/sign-in", "/call")), (path, caller.path)
    caller.open("/call")
    assert "You said yes" in caller.words


def test_by_code_as_by_sign_in_nobody_begins_a_copy_a_deletion_or_a_change_of_address(known):
    staff, _caller = agreed(known)
    for kind in ("access", "erasure", "portability", "appeal"):
        posts(staff, "case", kind=kind, text="Now, please.")
        assert staff.status == 422, kind
    assert rows(known, Case) == []


def test_no_browser_but_the_one_in_which_it_was_typed_says_yes_or_sees_anything(known):
    staff = asking_staff(known)
    caller = typed(known, told(staff))
    other = known.browser()
    other.open("/call")
    token = token_on(other)
    before = digest(known)
    for act in ("yes", "end"):
        other.post(f"/call/{act}", {"csrf_token": token})
        assert "over already" in other.words
    assert changed(before, digest(known)) == set()
    caller.submit("Yes, go ahead")
    assert "You said yes" in caller.words


def test_a_code_is_good_once_and_a_newer_one_ends_it(known):
    staff = asking_staff(known)
    first = told(staff)
    second = told(staff)
    assert WRONG in typed(known, first).words
    assert "asks for your yes" in typed(known, second).words
    assert WRONG in typed(known, second).words


@pytest.mark.parametrize("sent", ["", "1234", "12345678", "abcdefgh", "1" * 41, "٠٠٠٠٠٠٠٠"])
def test_what_is_no_code_of_ours_is_told_alike_and_changes_no_call(known, sent):
    asking_staff(known)
    before = digest(known)
    browser = typed(known, sent)
    assert browser.status == 422 and "asks for your yes" not in browser.words
    assert changed(before, digest(known)) <= {"limit_counter"}


def test_a_code_of_another_company_is_unknown(known):
    code = told(asking_staff(known))
    assert WRONG in typed(known, code, SECOND_HOST).words
    assert "asks for your yes" in typed(known, code).words


def test_it_ends_after_its_time_by_the_customer_and_by_the_colleague(known):
    staff = asking_staff(known)
    code = told(staff)
    with clock.moved(WAITS + timedelta(seconds=1)):
        assert WRONG in typed(known, code).words
    find(staff)
    staff.submit("Ask for their yes")
    staff, caller = agreed(known, staff)
    with clock.moved(LASTS + timedelta(seconds=1)):
        caller.open("/call")
        assert "This call is over" in caller.words
        posts(staff, "stop")
        assert staff.status == 409
    caller.open("/call")
    caller.submit("End it now")
    assert "Ended." in caller.words and "Type it here." in caller.words
    posts(staff, "stop")
    assert staff.status == 409


def test_a_no_is_a_no_and_forgets_the_call(known):
    staff = asking_staff(known)
    caller = typed(known, told(staff))
    caller.submit("No")
    assert "Type it here." in caller.words
    staff.open(staff.path)
    assert "There was no yes." in staff.words
    posts(staff, "code")
    assert staff.status == 409


def test_a_colleague_gives_codes_for_their_own_asking_only_and_who_left_can_do_nothing(known):
    staff = asking_staff(known)
    other = hired(known, address=COLLEAGUE)
    other.open("/console/own")
    path = desk_of(staff)
    other.post(f"{path}/code", {"csrf_token": token_on(other)})
    assert other.status == 404
    assert [one.code_hash for one in rows(known, PhoneSession)] == [None]


def test_no_further_code_is_given_twenty_minutes_after_the_asking(known):
    staff = asking_staff(known)
    for minutes in (0, 9, 18):
        with clock.moved(timedelta(minutes=minutes)):
            posts(staff, "code")
            assert staff.status == 200, minutes
    with clock.moved(timedelta(minutes=27)):
        posts(staff, "code")
        assert staff.status == 409


def test_who_typed_a_code_stands_in_the_audit_as_who_held_it_and_not_as_the_person(known):
    _staff, caller = agreed(known)
    caller.submit("End it now")
    actors = {
        one.act: one.actor for one in rows(known, AuditEntry) if one.act in ("phone.code_used", "phone.agreed", "phone.ended")
    }
    assert actors == {"phone.code_used": "code", "phone.agreed": "code", "phone.ended": "code"}


def test_who_says_yes_on_their_own_page_is_the_person_although_a_code_was_typed_elsewhere(known):
    typed(known, told(asking_staff(known)))
    maren = known.signed_in(MAREN)
    maren.open("/phone")
    maren.submit("Yes, go ahead")
    assert [one.actor for one in rows(known, AuditEntry) if one.act == "phone.agreed"] == ["person"]


def test_looking_changes_nothing_and_the_page_that_waits_hears_of_an_act(known):
    staff, caller = agreed(known)
    before = digest(known)
    (seen,) = re.findall(r'data-wait="([^"]+)"', caller.answer.text)
    assert caller.client.get(seen, base_url=f"http://{FIRST_HOST}").get_json() == {}
    caller.open("/call")
    known.browser().open("/call")
    assert changed(before, digest(known)) == set()
    staff.submit("Stop it all")
    assert caller.client.get(seen, base_url=f"http://{FIRST_HOST}").get_json() == {"go": "/call"}


def test_S2_codes_are_counted_by_network_and_over_the_company_and_then_none_is_taken(known, caplog):
    code = told(asking_staff(known))
    for number in range(codes.TRIES.count):
        assert WRONG in typed(known, f"{number:08}").words
    last = typed(known, code)
    assert last.status == 429 and "Too many codes were typed." in last.words
    company_id = registry.ids()["fjordkaffe"]
    with known.running.database.writing(company_id) as db:
        for number in range(codes.CEILING.count):
            if number < codes.CEILING.count - codes.TRIES.count:
                assert codes.enter_code(db, f"{number:08}", network=f"192.0.2.{number}") is None
    assert [record.message for record in caplog.records].count("phone.codes_switched_off") == 1
    with known.running.database.writing(company_id) as db, pytest.raises(codes.TooManyTries):
        codes.enter_code(db, code, network="198.51.100.1")
    with clock.moved(timedelta(hours=1)):
        with known.running.database.reading(company_id) as db:
            assert db.scalars(select(PhoneSession)).one().code_hash is not None
        assert typed(known, "00000000").status == 422


def test_of_whom_staff_found_nothing_there_is_no_code(known):
    browser = hired(known)
    find(browser, "nobody-here@example.org")
    assert "Ask for their yes" not in browser.words


def test_somebody_else_who_is_signed_in_there_gains_and_loses_nothing(known):
    code = told(asking_staff(known))
    other = known.signed_in(OTHER)
    other.open("/call")
    other.submit("Continue", code=code)
    assert "m•••n@example.org" in other.words
    other.open("/requests")
    assert other.path == "/requests"
    other.open("/phone")
    assert "Nobody asks for your yes now." in other.words
