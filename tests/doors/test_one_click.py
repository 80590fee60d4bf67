"""One-click unsubscribe (RFC 8058), as mail programs do it: a bare POST, answered plainly, always."""

import email.policy
import re
from email.message import EmailMessage

import pytest

import demo
from tests.doors.links import events, shut_off, standing, suppressed, token_for
from tests.doors.tables import changed, digest, strip

MAREN, STRANGER = demo.CUSTOMER, "ingen.kjenner@example.net"
CHOICE = "newsletter.email"
BASE = "http://127.0.0.1:8080"
MULTIPART = (
    b'--mark\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--mark--\r\n',
    "multipart/form-data; boundary=mark",
)
URLENCODED = b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"


def post(site, token, body=URLENCODED, **headers):
    client = site.app.test_client(use_cookies=False)
    return client.post(f"/u/{token}", data=body[0], content_type=body[1], base_url=BASE, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        MULTIPART,
        URLENCODED,
        (b"", "application/x-www-form-urlencoded"),
        (b"--mark\r\nhalf", MULTIPART[1]),
        (b"{}", "application/json"),
    ],
    ids="multipart urlencoded empty broken json".split(),
)
def test_L8_one_click_is_answered_200_without_redirect_or_cookie_in_every_encoding(both_sites, body):
    answer = post(both_sites, token_for(MAREN, CHOICE), body)
    assert answer.status_code == 200
    assert "Location" not in answer.headers and "Set-Cookie" not in answer.headers
    assert standing(both_sites, MAREN)[CHOICE] == "withdrawn"


def test_L8_no_origin_referrer_or_foreign_site_keeps_it_from_working(site):
    answer = post(
        site, token_for(MAREN, CHOICE), Origin="https://mail.example", **{"Sec-Fetch-Site": "cross-site", "Cookie": "portal=x"}
    )
    assert answer.status_code == 200
    assert standing(site, MAREN)[CHOICE] == "withdrawn"


def test_L8_the_second_time_answers_alike_and_writes_nothing(site):
    token = token_for(MAREN, CHOICE)
    first, count, before = post(site, token), len(events(site, MAREN)), digest(site)
    second = post(site, token)
    assert (first.status_code, strip(first.text)) == (second.status_code, strip(second.text))
    assert len(events(site, MAREN)) == count and changed(before, digest(site)) == set()


def test_only_the_list_of_the_mail_is_stopped(site):
    before = standing(site, MAREN)
    post(site, token_for(MAREN, CHOICE))
    after = standing(site, MAREN)
    assert {choice for choice in before if before[choice] != after[choice]} == {CHOICE}


def test_a_link_about_all_marketing_stops_all_of_it(site):
    post(site, token_for(MAREN))
    assert "given" not in standing(site, MAREN).values()


def test_who_no_longer_exists_gets_the_same_answer(both_sites):
    known, unknown = post(both_sites, token_for("aa@example.net", CHOICE)), post(both_sites, token_for("ab@example.net", CHOICE))
    maren = post(both_sites, token_for(MAREN, CHOICE))
    assert known.status_code == unknown.status_code == maren.status_code == 200
    assert {*known.headers.keys()} == {*maren.headers.keys()}
    assert suppressed(both_sites, "aa@example.net") == {CHOICE}


def test_no_limit_ever_refuses_it(site):
    token = token_for(STRANGER, CHOICE)
    assert {post(site, token).status_code for _ in range(400)} == {200}


def test_L6_under_a_shut_off_key_it_works_and_the_person_is_told_once(site):
    token = token_for(MAREN, CHOICE)
    shut_off()
    post(site, token)
    post(site, token)
    assert standing(site, MAREN)[CHOICE] == "withdrawn"
    assert len([mail for mail in site.mails(MAREN) if "/undo/" in mail.text]) == 1


def test_under_a_good_key_no_mail_answers_an_unsubscribe(site):
    post(site, token_for(MAREN, CHOICE))
    assert [mail for mail in site.mails(MAREN) if "/undo/" in mail.text] == []


def test_the_header_as_a_plain_smtp_sender_writes_it_comes_through_and_works(site):
    message = EmailMessage(policy=email.policy.SMTP)
    message["List-Unsubscribe"] = f"<{BASE}/u/{token_for(MAREN, CHOICE)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("Kaffe")
    received = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    token = re.sub(r"\s", "", received["List-Unsubscribe"]).removeprefix(f"<{BASE}/u/").removesuffix(">")
    assert post(site, token).status_code == 200
    assert standing(site, MAREN)[CHOICE] == "withdrawn"


def test_get_shows_one_button_that_does_the_same(site):
    browser = site.browser()
    browser.open(f"/u/{token_for(MAREN, CHOICE)}")
    assert len(browser.page.all("main")[0].all("button")) == 1
    browser.submit("Unsubscribe")
    assert browser.status == 200 and standing(site, MAREN)[CHOICE] == "withdrawn"


def test_the_button_says_which_channel_it_stops(site):
    """A stop of text messages leaves mails as they are, and the page does not let one think otherwise."""
    browser = site.browser()
    for channel, name in (("sms", "Text message"), ("email", "E-mail")):
        browser.open(f"/u/{token_for(MAREN, f'newsletter.{channel}')}")
        assert f"Stops “News and offers, {name}” at once." in browser.words
    browser.open(f"/p/{token_for(MAREN, 'newsletter.sms')}")
    browser.submit("Stop “News and offers, Text message”")
    assert standing(site, MAREN)["newsletter.sms"] == "refused" and standing(site, MAREN)["newsletter.email"] == "given"
    browser.open(f"/u/{token_for(MAREN)}")
    assert "Stops all advertising at once." in browser.words
