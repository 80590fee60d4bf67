"""Door 2, the page behind a link in a mail: the token alone says who, a no counts at once, nothing is ever opened from here."""

import re
import time
from datetime import timedelta

import pytest
from itsdangerous import TimestampSigner

import demo
from benchmarks.home_weight import weigh
from demo.stars import ANNA
from portal.accounts import registry
from portal.cases.joining import merge_people, upsert_person
from portal.consent.telling import Source
from portal.core import clock
from portal.links.reader import UNDO_SECONDS
from portal.people.link_tokens import Scope
from portal.people.numbers import CUSTOMER_NUMBER
from portal.people.service import EMAIL, Identifier, find_identifier
from tests.doors.api.caller import caller
from tests.doors.links import SECOND, erased, events, shut_off, standing, suppressed, token_for, undo_path, with_company
from tests.doors.site import FIRST_HOST, SECOND_HOST
from tests.doors.tables import changed, digest

MAREN, STRANGER = demo.CUSTOMER, "ingen.kjenner@example.net"
SAID_YES = "newsletter.email"


def given(site):
    return {choice for choice, said in standing(site, MAREN).items() if said == "given"}


def test_the_page_says_for_whom_it_is_and_never_the_whole_address(both_sites):
    browser = both_sites.browser()
    browser.open(f"/p/{token_for(MAREN, SAID_YES)}")
    assert browser.status == 200
    assert "This page is for m" in browser.words and "•••" in browser.words
    assert MAREN not in browser.answer.text and MAREN.partition("@")[0] not in browser.answer.text


def test_a_no_counts_at_once_and_only_for_what_was_changed(both_sites):
    site, browser = both_sites, both_sites.browser()
    before = given(site)
    assert SAID_YES in before
    browser.open(f"/p/{token_for(MAREN)}")
    browser.submit("Save", **{"say-newsletter-email": "no"})
    assert browser.status == 200 and "News and offers" in browser.words
    assert given(site) == before - {SAID_YES}
    assert standing(site, MAREN)[SAID_YES] == "withdrawn"
    assert events(site, MAREN)[-1].collection_point == "link:page"


def test_one_press_stops_what_the_mail_was_about_and_another_stops_all(site):
    before = given(site)
    browser = site.browser()
    browser.open(f"/p/{token_for(MAREN, SAID_YES)}")
    browser.submit("Stop “News and offers, E-mail”")
    assert given(site) == before - {SAID_YES}
    browser.open(f"/p/{token_for(MAREN, SAID_YES)}")
    browser.submit("Stop all advertising")
    assert given(site) == set()


def test_L1_reading_the_page_changes_nothing_and_burns_nothing(site):
    token = token_for(MAREN, SAID_YES)
    before = digest(site)
    for path in (f"/p/{token}", f"/u/{token}"):
        for method in ("GET", "HEAD"):
            answer = site.browser().client.open(path, method=method, base_url="http://127.0.0.1:8080")
            assert answer.status_code == 200
    assert changed(before, digest(site)) == set()


def test_no_cookie_is_set_in_any_language_and_nothing_needs_one(site):
    browser = site.browser()
    token = token_for(MAREN)
    for path in (f"/p/{token}?lang=de", f"/u/{token}?lang=ar", "/unsubscribe?lang=de", "/p/nonsense?lang=de"):
        browser.open(path)
        assert "Set-Cookie" not in browser.answer.headers, path
        assert "<script" not in browser.answer.text and "csrf_token" not in browser.answer.text, path
    browser.open(f"/p/{token}")
    browser.submit("Stop all advertising")
    assert "Set-Cookie" not in browser.answer.headers


def test_a_language_that_was_chosen_stays_through_every_button_and_in_the_ledger(site):
    browser = site.browser()
    browser.open(f"/p/{token_for(MAREN)}?lang=de")
    browser.submit("Speichern", **{"say-newsletter-email": "no"})
    assert "Ab jetzt gilt als Nein" in browser.words and browser.page.all("html", lang="de")
    assert events(site, MAREN)[-1].language == "de"
    browser.submit("Rückgängig")
    assert browser.page.all("html", lang="de") and SAID_YES in given(site)
    (back,) = [one for one in browser.page.all("a") if one.words == "Zurück zur Auswahl"]
    browser.open(back.attributes["href"])
    assert browser.page.all("html", lang="de") and "Set-Cookie" not in browser.answer.headers
    browser.open(f"/p/{token_for(MAREN)}")
    assert "lang=" not in browser.form("Save")[0]
    browser.open("/unsubscribe?lang=ar")
    browser.post(browser.form("إيقاف الإعلانات")[0], {"email": ""})
    assert browser.status == 422 and browser.page.all("html", lang="ar")


def test_L2_who_stopped_everything_still_gets_codes(site):
    site.browser().client.post(f"/u/{token_for(MAREN)}", base_url="http://127.0.0.1:8080")
    site.browser().ask_for_link(MAREN)
    assert site.code_of(MAREN)


@pytest.mark.parametrize("door", ["page", "one click", "only stops"])
def test_what_was_stopped_is_named_in_the_words_of_the_company(site, door):
    scope = Scope.STOP if door == "only stops" else Scope.PREFERENCES
    for choice, named, other in (
        (SAID_YES, "News and offers, E-mail", "Offers from our partners"),
        ("", "News and offers", "E-mail"),
    ):
        browser = site.browser()
        browser.open(f"/{'u' if door == 'one click' else 'p'}/{token_for(MAREN, choice, scope=scope)}")
        browser.submit("Unsubscribe" if door == "one click" else "Stop “" if choice else "Stop all")
        lines = [line.words for line in browser.page.all("main")[0].all("li")]
        assert named in lines and other not in " ".join(lines), lines
    assert len(lines) > 2, "all that is advertising is named"


def test_L3_no_field_and_no_session_changes_for_whom_the_page_is(site):
    other = site.signed_in(demo.SHARED_ADDRESS)
    other.open(f"/p/{token_for(MAREN)}")
    assert "Someone else is signed in in this browser" in other.words
    theirs = standing(site, demo.SHARED_ADDRESS)
    other.submit("Stop all advertising", email=demo.SHARED_ADDRESS, identifier=demo.SHARED_ADDRESS, person_id="1")
    assert given(site) == set()
    assert standing(site, demo.SHARED_ADDRESS) == theirs
    own = site.signed_in(MAREN)
    own.open(f"/p/{token_for(MAREN)}")
    assert "You are signed in." in own.words


def test_L4_a_link_of_one_company_is_nothing_at_another(site):
    before = digest(site)
    for path in (f"/p/{token_for(MAREN)}", f"/u/{token_for(MAREN)}"):
        browser = site.browser(SECOND_HOST)
        browser.open(path)
        assert browser.status == 404 and "This link cannot be read" in browser.words
        assert browser.client.post(path, base_url=f"http://{SECOND_HOST}").status_code == 404
    assert site.browser().open(f"/p/{token_for(MAREN, company=SECOND)}").status_code == 404
    assert changed(before, digest(site)) == set()


@pytest.mark.parametrize("spoil", [str.upper, lambda token: token[:-7], lambda token: "x" * 120], ids="upper cut forged".split())
def test_L9_what_is_no_link_gets_one_answer_and_the_way_that_needs_none(site, spoil):
    before, browser = digest(site), site.browser()
    pages = {browser.open(f"/{door}/{spoil(token_for(MAREN))}").text for door in "pu"}
    pages |= {browser.open("/p/nothing").text}
    assert len(pages) == 1
    assert browser.status == 404 and browser.page.all("a", href="/unsubscribe")
    assert changed(before, digest(site)) == set()


@pytest.mark.parametrize("kind", ["late", "shut off", "only stops"])
def test_L6_an_old_link_still_stops_and_never_shows_choices(site, kind):
    token = token_for(
        MAREN, SAID_YES, days=0 if kind == "late" else 365, scope=Scope.STOP if kind == "only stops" else Scope.PREFERENCES
    )
    if kind == "shut off":
        shut_off()
    browser = site.browser()
    browser.open(f"/p/{token}")
    assert browser.status == 200
    assert "Yes, since" not in browser.words and "Save" not in browser.words
    answer = browser.client.post(
        f"/p/{token}", data={"seen": "0", "say-newsletter-email": "no"}, base_url="http://127.0.0.1:8080"
    )
    assert answer.status_code == 303
    assert "Nothing was saved" not in browser.words
    browser.open(answer.headers["Location"])
    assert "Nothing was saved" in browser.words and SAID_YES in given(site)
    browser.submit("Stop “News and offers, E-mail”")
    assert SAID_YES not in given(site)
    assert "News and offers – E-mail" not in browser.words and "Undo" not in browser.words
    mails = [mail for mail in site.mails(MAREN) if "/undo/" in mail.text]
    assert len(mails) == 1
    browser.open(undo_path(mails[0]))
    browser.submit("Undo it", email=MAREN)
    assert SAID_YES in given(site)


def test_E7_a_link_from_before_an_erasure_stops_and_shows_nothing_of_whoever_has_the_address_now(both_sites):
    site, browser = both_sites, both_sites.browser()
    token = token_for(MAREN, SAID_YES)
    erased(site, MAREN)
    browser.open(f"/p/{token}")
    assert browser.status == 200
    assert "Yes, since" not in browser.words and "Save" not in browser.words
    answer = browser.client.post(
        f"/p/{token}", data={"seen": "0", "say-newsletter-email": "no"}, base_url="http://127.0.0.1:8080"
    )
    assert answer.status_code == 303
    assert SAID_YES in given(site)
    browser.submit("Stop “News and offers, E-mail”")
    assert SAID_YES not in given(site)
    assert "News and offers – E-mail" not in browser.words and "Undo" not in browser.words
    with clock.moved(timedelta(days=2)):
        browser.open(f"/p/{token_for(MAREN)}")
        assert "Save" in browser.words, "a link that was made since is theirs"


def left(site, address, company="fjordkaffe"):
    """Who had this address changed to another one; what can be undone of that is over since a moment."""
    with site.running.database.writing(registry.ids()[company]) as db:
        row = find_identifier(db, Identifier(EMAIL, address))
        assert row is not None
        row.left_at = clock.now()


def test_E7_a_link_from_before_somebody_new_got_the_address_stops_and_shows_nothing_of_them(both_sites):
    site, browser = both_sites, both_sites.browser()
    old = token_for(MAREN, SAID_YES)
    left(site, MAREN)
    newcomer = site.signed_in(MAREN)
    newcomer.open("/preferences")
    newcomer.submit("Save", **{"say-newsletter-email": "yes"})
    assert standing(site, MAREN)[SAID_YES] == "given"
    browser.open(f"/p/{old}")
    gone = without_hint(browser.words)
    assert browser.status == 200 and "Save" not in browser.words and "Yes, since" not in browser.words
    shop = caller(site, "consents:check", "consents:write", name="web-shop")
    said = shop.call("POST", "/centre/state", {"token": old}).get_json()
    assert (said["shows"], said["choices"], said["seen"]) == (False, [], 0)
    with clock.moved(timedelta(days=2)):
        browser.open(f"/p/{token_for(MAREN)}")
        assert "Save" in browser.words and "Yes, since" in browser.words, "a link that was made since is theirs"
    erased(site, demo.HOUSEHOLD[0].email)
    browser.open(f"/p/{token_for(demo.HOUSEHOLD[0].email, SAID_YES)}")
    assert without_hint(browser.words) == gone, "the same page as for who is gone"
    assert browser.client.post(f"/u/{old}", base_url="http://127.0.0.1:8080").status_code == 200
    assert standing(site, MAREN)[SAID_YES] == "withdrawn", "a stop always counts"


def test_links_of_a_list_stay_whole_when_their_reader_becomes_a_customer_later(site):
    """Minted first; then the person comes by a click, by an import that knows the number first, or by signing in."""
    browser, tokens = site.browser(), {}
    for address in (STRANGER, "import@example.org", "signs.in@example.org"):
        tokens[address] = token_for(address)
    browser.open(f"/p/{tokens[STRANGER]}")
    browser.submit("Save", **{"say-newsletter-email": "yes"})
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        number = Identifier(CUSTOMER_NUMBER, "FK-77777")
        upsert_person(db, [number], source=Source("shop", "k1"))
        upsert_person(db, [number, Identifier(EMAIL, "import@example.org")], source=Source("shop", "k1"))
    site.signed_in("signs.in@example.org")
    for address, token in tokens.items():
        browser.open(f"/p/{token}")
        assert "Save" in browser.words, address


def test_a_link_from_before_a_merge_shows_the_choices_once_its_address_is_proven(site):
    first, second = "first@example.org", "second@example.org"
    for address in (first, second):
        site.signed_in(address)
    browser, old = site.browser(), token_for(second)
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        merge_people(db, Identifier(EMAIL, first), Identifier(EMAIL, second), source=Source("shop", "k1"))
    browser.open(f"/p/{old}")
    assert "Save" not in browser.words
    browser.open(f"/p/{token_for(first)}")
    assert "Save" in browser.words
    site.signed_in(second)
    browser.open(f"/p/{old}")
    assert "Save" in browser.words


def without_hint(words):
    """What a page says, whomever it is for."""
    return re.sub(r"\S*•••\S*", "", words)


def test_L7_no_page_of_this_door_is_indexed_or_says_where_it_was(site):
    browser = site.browser()
    for path in (f"/p/{token_for(MAREN)}", f"/u/{token_for(MAREN)}"):
        browser.open(path)
        assert browser.answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in browser.answer.headers["X-Robots-Tag"]
        assert browser.answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in browser.answer.headers["Content-Security-Policy"]


def test_C6_a_page_from_before_a_newer_choice_lowers_nothing_that_it_did_not_show(site):
    old, new = site.browser(), site.browser()
    old.open(f"/p/{token_for(MAREN)}")
    new.open(f"/p/{token_for(MAREN)}")
    new.submit("Save", **{"say-newsletter-email": "no"})
    new.submit("Undo")
    count = len(events(site, MAREN))
    old.submit("Save", **{"say-newsletter-email": "no"})
    assert old.status == 409 and "Something newer stands" in old.words
    assert old.page.all("title")[0].words.startswith("Something newer stands")
    assert SAID_YES in given(site) and len(events(site, MAREN)) == count


def test_a_save_that_changes_nothing_says_so_and_not_that_something_was_stopped(site):
    for address in (MAREN, STRANGER):
        browser, before = site.browser(), standing(site, MAREN)
        browser.open(f"/p/{token_for(address)}")
        browser.submit("Save")
        assert browser.status == 200 and "Nothing had to be changed" in browser.words
        assert "Stopped" not in browser.words and "it counts as no:" not in browser.words
        assert browser.page.all("form") and standing(site, MAREN) == before


def test_C6_a_page_without_its_version_saves_nothing(site):
    browser = site.browser()
    browser.open(f"/p/{token_for(MAREN)}")
    for seen in ("", "x", "-1"):
        browser.submit("Save", seen=seen, **{"say-newsletter-email": "no"})
        assert browser.status == 422
        assert SAID_YES in given(site)
        browser.open(f"/p/{token_for(MAREN)}")


def test_C7_an_undo_works_once_within_ten_minutes_and_only_while_nothing_newer_was_chosen(site):
    token, browser = token_for(MAREN), site.browser()

    def stop():
        browser.open(f"/p/{token}")
        browser.submit("Save", **{"say-newsletter-email": "no"})
        return browser.form("Undo")

    path, values = stop()
    browser.post(path, values)
    assert "Your choices are as they were before" in browser.words and SAID_YES in given(site)
    browser.post(path, values)
    assert "Something newer was chosen" in browser.words
    path_again, later = stop()
    browser.post(path, values)
    assert SAID_YES not in given(site)
    other = site.browser()
    other.post(f"/p/{token_for(demo.SHARED_ADDRESS)}/undo", later)
    assert SAID_YES not in given(site)
    other.post(f"/p/{token}/undo", {"undo": "forged"})
    assert SAID_YES not in given(site)
    browser.post(path_again, later)
    assert SAID_YES in given(site)


@pytest.mark.parametrize("door", ["/p", "/embedded/p"])
def test_C7_the_undo_on_a_page_ends_after_ten_minutes(site, monkeypatch, door):
    browser, now = site.browser(), int(time.time())
    browser.open(f"{door}/{token_for(MAREN)}")
    browser.submit("Save", **{"say-newsletter-email": "no"})
    path, values = browser.form("Undo")
    assert path.startswith(door)
    count = len(events(site, MAREN))
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + UNDO_SECONDS + 60)
    browser.post(path, values)
    assert browser.status == 200 and "too much time has passed" in browser.words
    assert SAID_YES not in given(site) and len(events(site, MAREN)) == count
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now + UNDO_SECONDS - 60)
    browser.post(path, values)
    assert SAID_YES in given(site), "a minute before the end it still works: it was the time that ended it"


def test_C7_a_yes_waits_for_the_mailbox_and_counts_as_no_until_then(both_sites):
    site, browser = both_sites, both_sites.browser()
    refused = next(choice for choice, said in standing(site, MAREN).items() if said == "refused")
    before = given(site)
    browser.open(f"/p/{token_for(MAREN)}")
    browser.submit("Save", **{f"say-{refused.replace('.', '-')}": "yes"})
    assert browser.status == 200 and "One step to go" in browser.words and "Undo" not in browser.words
    assert given(site) == before and standing(site, MAREN)[refused] == "pending"
    (mail,) = [mail for mail in site.mails(MAREN) if "/confirm/" in mail.text]
    mailbox = site.browser()
    link = re.search(r"https?://[^/\s]+(/confirm/[\w-]+)", mail.text)
    assert link
    mailbox.open(link[1])
    assert standing(site, MAREN)[refused] == "pending"
    mailbox.submit("Yes, I want this", email=MAREN)
    assert given(site) == before | {refused}


def test_C7_a_yes_of_somebody_new_waits_too_and_a_number_has_no_mailbox_to_ask(site):
    browser = site.browser()
    browser.open(f"/p/{token_for(STRANGER)}")
    browser.submit("Save", **{"say-newsletter-email": "yes", "say-partners-email": "no"})
    assert standing(site, STRANGER)["newsletter.email"] == "pending"
    assert standing(site, STRANGER)["partners.email"] == "refused"
    assert len([mail for mail in site.mails(STRANGER) if "/confirm/" in mail.text]) == 1
    browser.open(f"/p/{token_for('K-1002', kind='customer_number')}")
    assert not browser.page.all("input", value="yes")


def test_C7_no_yes_comes_from_an_old_link_or_for_what_the_page_does_not_ask(site):
    before = standing(site, MAREN)
    browser = site.browser()
    for token in (token_for(MAREN, days=0), token_for(MAREN, scope=Scope.STOP)):
        browser.post(f"/p/{token}", {"seen": "999", "say-partners-email": "yes"})
    browser.post(
        f"/p/{token_for(MAREN)}",
        {"seen": "999", "say-orders-email": "yes", "say-partners-fax": "yes", "say-partners-email": "given"},
    )
    assert standing(site, MAREN) == before


def test_there_is_no_way_from_a_link_to_data_but_through_the_mailbox(site):
    browser = site.browser()
    browser.open(f"/p/{token_for(MAREN)}")
    browser.submit("Send me the link")
    assert "A link is on its way to m" in browser.words
    assert "Set-Cookie" not in browser.answer.headers
    for path in ("/", "/data", "/preferences", "/requests"):
        browser.open(path)
        assert browser.path == "/sign-in", path
    assert "/in/" in site.mails(MAREN)[0].text


def test_the_mail_and_the_page_of_a_link_asked_for_from_a_message_speak_of_no_code_and_no_other_browser(both_sites):
    site, browser = both_sites, both_sites.browser()
    browser.open(f"/p/{token_for(MAREN)}")
    browser.submit("Send me the link")
    mail = site.mails(MAREN)[0]
    assert "code" not in mail.text.lower() and "was typed in" not in mail.text and "a message to this address led to" in mail.text
    browser.open(site.link_of(MAREN))
    assert "asked for from one of our messages" in browser.words
    assert "another browser" not in browser.words and "code" not in browser.words
    browser.submit("Sign in")
    assert browser.status == 422, "who asks from a message is not signed in by that: the address is typed"
    browser.submit("Sign in", email=demo.SHARED_ADDRESS)
    assert browser.status == 422 and "not the address that got the mail" in browser.words
    browser.submit("Sign in", email=MAREN)
    assert browser.path == "/"


def test_a_link_asked_for_in_a_browser_still_has_its_code_and_says_where(site):
    site.browser().ask_for_link(MAREN)
    assert site.code_of(MAREN) and "was typed in" in site.mails(MAREN)[0].text
    other = site.browser()
    other.open(site.link_of(MAREN))
    assert "asked for in another browser" in other.words and "Type the code of the mail there" in other.words


def test_a_new_link_for_one_that_had_ended_elsewhere_holds_no_code_that_no_page_takes(site):
    site.browser().ask_for_link(MAREN)
    elsewhere, link = site.browser(), site.link_of(MAREN)
    elsewhere.open(link)
    elsewhere.submit("Sign in", email=MAREN)
    third = site.browser()
    third.open(link)
    third.submit("Send a new link")
    assert "code" not in site.mails(MAREN)[0].text.lower() and site.link_of(MAREN) != link


def test_who_is_not_known_sees_the_same_page_and_is_stopped_all_the_same(both_sites):
    site, browser = both_sites, both_sites.browser()
    browser.open(f"/p/{token_for(STRANGER, SAID_YES)}")
    assert browser.status == 200
    browser.submit("Save", **{"say-newsletter-email": "no"})
    assert suppressed(site, STRANGER) == {SAID_YES}
    assert standing(site, STRANGER) == {}
    browser.open(f"/p/{token_for(STRANGER, SAID_YES)}")
    assert "Stopped on" in browser.words and "for this address" in browser.words
    browser.submit("Stop all advertising")
    assert suppressed(site, STRANGER) > {SAID_YES, "partners.email"}
    assert site.mails(STRANGER) == []


def test_a_purpose_that_is_gone_is_a_plain_answer_and_is_noted(site):
    browser = site.browser()
    browser.open(f"/p/{token_for(MAREN, 'summer_club.email')}")
    assert browser.status == 200
    browser.submit("Stop these messages")
    assert browser.status == 200 and suppressed(site, MAREN) == {"summer_club.email"}
    assert SAID_YES in given(site)


def test_a_phone_number_and_a_customer_number_have_pages_too(site):
    browser = site.browser()
    for kind, value in (("phone", "+4791234567"), ("customer_number", "K-1002")):
        browser.open(f"/p/{token_for(value, kind=kind)}")
        assert browser.status == 200 and value not in browser.answer.text
        assert f"•••{value[-2:]}" in browser.words
        # There is no mailbox behind it: nothing promises a mail there, and the way to data is the ordinary sign-in.
        assert "mailbox" not in browser.words and "We send a link" not in browser.words
        assert browser.page.all("main")[0].all("a", href="/sign-in")
        browser.post(f"{browser.path}/data", {})
        assert browser.page.all("h1")[0].words == "Sign in with your e-mail address"
        assert browser.page.all("title")[0].words.startswith("Sign in with")


def test_a_sensitive_purpose_is_not_named(site, monkeypatch):
    purposes = registry.config().company("fjordkaffe").purposes
    with_company(monkeypatch, purposes={**purposes, "partners": purposes["partners"].model_copy(update={"sensitive": True})})
    browser = site.browser()
    browser.open(f"/p/{token_for(MAREN, 'partners.email')}")
    assert "partner" not in browser.answer.text.lower()
    assert "A few choices are shown only there" in browser.words
    browser.submit("Stop these messages")
    assert "partner" not in browser.answer.text.lower()
    assert standing(site, MAREN)["partners.email"] in ("withdrawn", "refused")


def test_the_first_view_of_the_page_weighs_at_most_14_kilobytes_with_all_its_files(both_sites):
    for host, address, company in ((FIRST_HOST, demo.CUSTOMER, "fjordkaffe"), (SECOND_HOST, ANNA.email, "alpenrad")):
        files = weigh(both_sites.browser(host), f"/p/{token_for(address, company=company)}")
        assert len(files) > 2, files
        assert sum(one.packed for one in files) <= 14_000, files
