"""No link at hand: a typed address is opted out at once, and nothing tells whether anyone is known behind it."""

import time
from datetime import timedelta

import pytest
from itsdangerous import BadSignature, TimestampSigner

import demo
from portal.consent.opting_out import UNDO_DAYS
from portal.core import crypto
from portal.web import restored
from tests.doors.links import standing, suppressed, undo_path
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest
from tests.watched import statements_on

MAREN, STRANGER = demo.CUSTOMER, "ingen.kjenner@example.net"


def type_in(site, address, **headers):
    browser = site.browser(**headers)
    browser.open("/unsubscribe")
    browser.submit("Stop advertising", email=address)
    return browser


def undo_mails(site, address):
    return [mail for mail in site.mails(address) if "/undo/" in mail.text]


@pytest.mark.parametrize("address", [MAREN, STRANGER, MAREN.upper()])
def test_it_counts_before_the_worker_has_done_anything(both_sites, address):
    browser = type_in(both_sites, address)
    assert browser.status == 200 and browser.page.all("h1")[0].words == "Stopped"
    assert {"newsletter.email", "partners.email"} < suppressed(both_sites, address.lower())
    assert address.lower() not in browser.answer.text.lower()


def test_a_known_and_an_unknown_address_get_the_same_bytes_statements_and_rows(both_sites, monkeypatch):
    # The look whether the database was restored comes by the clock, for whoever asks then: here, for the first alone.
    monkeypatch.setattr(restored, "LOOK_AGAIN_SECONDS", 600.0)
    site, seen = both_sites, {}
    type_in(site, "first@example.net")  # whose network is counted for the first time
    for address in (MAREN, STRANGER):
        before = digest(site)
        with statements_on(site.running.database.engine) as statements:
            browser = type_in(site, address)
        after = digest(site)
        grown = {name: len(after[name]) - len(before[name]) for name in changed(before, after)}
        seen[address] = browser.answer.data, dict(browser.answer.headers), statements, grown
    one, other = seen.values()
    assert one == other
    assert one[3]["suppression"] > 0 and len(one[2]) > 5


def test_who_is_known_gets_one_mail_with_an_undo_and_who_is_not_gets_none(both_sites):
    site = both_sites
    before = standing(site, MAREN)
    for _ in range(2):
        type_in(site, MAREN)
        type_in(site, STRANGER)
    site.work()
    assert "given" not in standing(site, MAREN).values()
    (mail,) = undo_mails(site, MAREN)
    assert MAREN not in mail.text
    assert site.mails(STRANGER) == []
    browser = site.browser()
    browser.open(undo_path(mail))
    assert "given" not in standing(site, MAREN).values()
    browser.submit("Undo it", email=MAREN)
    assert browser.status == 200
    assert standing(site, MAREN) == before
    assert not suppressed(site, MAREN) & {choice for choice, said in before.items() if said == "given"}


def test_S4_a_gateway_that_submits_the_form_of_the_undo_raises_nothing(site):
    type_in(site, MAREN)
    site.work()
    before, path = standing(site, MAREN), undo_path(undo_mails(site, MAREN)[0])
    gateway = site.browser()
    for typed in ("", STRANGER, "rubbish"):
        gateway.open(path)
        assert MAREN not in gateway.answer.text
        gateway.submit("Undo it", email=typed)
        assert gateway.status == 422
        assert standing(site, MAREN) == before


def test_the_undo_is_one_companys_and_takes_back_nothing_that_was_chosen_since(site):
    type_in(site, MAREN)
    site.work()
    path = undo_path(undo_mails(site, MAREN)[0])
    foreign = site.browser(SECOND_HOST)
    foreign.open(path)
    assert foreign.status == 404
    browser = site.browser()
    assert browser.open(path[:-3]).status_code == 404
    browser.open(path)
    browser.submit("Undo it", email=MAREN)
    type_in(site, MAREN)
    site.work()
    browser.open(path)
    browser.submit("Undo it", email=MAREN)
    assert "Something newer was chosen since" in browser.words
    assert "given" not in standing(site, MAREN).values()


def test_an_undo_ends_after_its_days(site, monkeypatch):
    type_in(site, MAREN)
    site.work()
    path = undo_path(undo_mails(site, MAREN)[0])
    later = time.time() + timedelta(days=UNDO_DAYS, minutes=1).total_seconds()
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: int(later))
    assert site.browser().open(path).status_code == 404


@pytest.mark.parametrize("typed", ["", "maren", "maren@", "a@b@c", "x" * 5000, "maren@example\u3002org", "\x00@example.org"])
def test_what_is_no_address_is_said_beside_the_field_and_writes_nothing(site, typed):
    before = digest(site)
    browser = type_in(site, typed)
    assert browser.status == 422 and browser.page.all("p", class_="error")
    assert changed(before, digest(site)) <= {"limit_counter"}


def test_a_flood_from_one_network_is_stopped_and_told(site):
    from portal.links import unsubscribe

    assert unsubscribe.TYPING.count >= 100
    for number in range(unsubscribe.TYPING.count):
        site.browser().client.post("/unsubscribe", data={"email": f"a{number % 3}@example.net"}, base_url="http://127.0.0.1:8080")
    browser = type_in(site, "late@example.net")
    assert browser.status == 429 and "Wait a few minutes" in browser.words


def test_the_signed_undo_of_a_mail_is_no_undo_of_a_page(site):
    type_in(site, MAREN)
    site.work()
    token = undo_path(undo_mails(site, MAREN)[0]).rpartition("/")[2]
    with pytest.raises(BadSignature):
        crypto.signer("link-undo").loads(token)


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ("a@b", "The ending is missing after the @, like .com in name@example.com"),
        ("maren@example,org", "There is a comma after the @. A full stop belongs there, like in name@example.com"),
        ("maren@exam ple.org", "There is a space after the @. An address has none, like name@example.com"),
        ("maren@example..org", "There is a full stop too many after the @. It should look like name@example.com"),
    ],
)
def test_the_mistake_that_was_made_is_the_one_that_is_said(site, typed, mistake):
    browser = type_in(site, typed)
    assert browser.status == 422
    assert mistake in browser.words
