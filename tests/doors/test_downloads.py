"""F5, F8: the file goes to the person of the case, freshly signed in, while it is there; and its headers say nothing of anyone."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.vault import SealedFileIsBroken
from tests.doors.site import SECOND_HOST
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, OTHER, token_on


def fetch(browser, number, **headers):
    """Press the download button, without following where it leads."""
    browser.open("/sessions")
    if "csrf_token" not in browser.answer.text:
        browser.open("/sign-in")
    return browser.client.post(
        f"/requests/{number}/download",
        data={"csrf_token": token_on(browser)},
        base_url=f"http://{browser.host}",
        headers={**browser.headers, "Sec-Fetch-Site": "same-origin", **headers},
    )


def test_F8_the_file_has_a_fixed_plain_name_and_is_nothing_but_a_file(walked):
    answer = fetch(walked.person(), walked.number)
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["Content-Disposition"] == 'attachment; filename="my-data.zip"'
    assert headers["Content-Type"] == "application/zip"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert int(headers["Content-Length"]) == len(answer.data)
    assert zipfile.ZipFile(io.BytesIO(answer.data)).testzip() is None
    assert str(headers).isascii()
    for word in (MAREN, "Maren", walked.number, "fjordkaffe"):
        assert word not in str(headers).lower().replace("set-cookie", "")


def test_F8_what_the_asker_sends_does_not_come_back_in_a_header(walked):
    browser = walked.person()
    answer = fetch(browser, walked.number, Range="bytes=0-3", **{"If-Range": "x", "X-File-Name": "evil.html"})
    assert (answer.status_code, len(answer.data)) == (200, int(answer.headers["Content-Length"]))
    answer = browser.client.post(
        f"/requests/{walked.number}/download?filename=evil.html%0d%0aSet-Cookie:x=1",
        data={"csrf_token": token_on(browser), "filename": "evil.html"},
        base_url=f"http://{browser.host}",
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert "evil" not in str(answer.headers)


@pytest.mark.parametrize("number", ["..", "%2e%2e", "x" * 200, "AAAA-BBBB-CCC\uff24", "AAAA-BBBB-CCCC%00", "' OR 1=1 --", "%"])
def test_F5_a_made_up_number_is_a_page_that_does_not_exist(walked, number):
    assert fetch(walked.person(), number).status_code in (404, 405)


def test_F5_nobody_but_the_person_gets_it_and_nothing_is_noted(walked):
    site, number = walked.site, walked.number
    asking = site.browser()
    asking.ask_for_link(MAREN)
    others = [site.browser(), site.signed_in(OTHER), site.signed_in(MAREN, SECOND_HOST), asking]
    before = digest(site)
    for browser in others:
        for way in (number, number.lower(), f" {number}"):
            answer = fetch(browser, way)
            assert answer.status_code in (302, 404), browser.host
            # The signature of an entry: two letters alone a signed address may spell by chance.
            assert b"PK\x03\x04" not in answer.data
    assert changed(before, digest(site)) - {"limit_counter"} == set()


def test_F5_after_signing_out_the_same_cookie_fetches_nothing(walked):
    thief, person = walked.site.browser(), walked.person()
    cookie = person.client.get_cookie("portal", domain="127.0.0.1").value
    person.open("/sessions")
    thief.client.set_cookie("portal", cookie, domain="127.0.0.1")
    thief.open("/sessions")
    assert thief.status == 200
    person.submit("Sign out")
    answer = fetch(thief, walked.number)
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_F5_an_old_sign_in_has_to_be_made_fresh_first(walked):
    person = walked.person()
    person.open(f"/requests/{walked.number}")
    with clock.moved(timedelta(minutes=14)):
        assert fetch(person, walked.number).status_code == 200
    with clock.moved(timedelta(minutes=15, seconds=1)):
        answer = fetch(person, walked.number)
        assert answer.location.startswith("/again?next=")
        person.open(answer.location)
        person.submit("Send me the link")
        person.open(walked.site.link_of(MAREN))
        person.submit("Sign in")
        assert person.path == f"/requests/{walked.number}", "and the person is where the file is"
        assert fetch(person, walked.number).status_code == 200


def test_F5_after_its_fourteen_days_the_file_is_gone_and_the_page_says_so(walked):
    site = walked.site
    with clock.moved(timedelta(days=14, minutes=1)):
        person = walked.person()
        assert fetch(person, walked.number).status_code == 404
        site.worker.clean_up()
        assert list((site.folder / "files" / "packages").iterdir()) == []
        person.open(f"/requests/{walked.number}")
        assert person.status == 200
        assert not [button for button in person.page.all("button") if button.words.startswith("Download")]


def test_F5_a_stopped_request_gives_no_file(site):
    person = site.signed_in(MAREN)
    person.open("/get-a-copy")
    person.submit("Continue", scope="all")
    person.submit("Make my copy")
    number = person.path.rsplit("/", 1)[1]
    assert fetch(person, number).status_code == 404, "not ready is not there"
    person.open(f"/requests/{number}")
    person.submit("Stop this request")
    site.work()
    assert fetch(person, number).status_code == 404
    assert [path for path in (site.folder / "files").rglob("*") if path.is_file()] == [], "nothing of it is left on the disk"


def test_F5_two_presses_at_once_both_get_the_whole_file_and_both_are_noted(walked):
    people = [walked.person(), walked.person()]
    for person in people:
        person.open("/sessions")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda person: fetch(person, walked.number), people))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].data == answers[1].data
    people[0].open(f"/requests/{walked.number}")
    assert people[0].words.count("Firefox on Android") >= 2 or people[0].words.count("Firefox") >= 2


def test_F5_a_file_that_was_changed_on_the_disk_is_never_handed_out_as_whole(walked):
    file = next((walked.site.folder / "files" / "packages").iterdir())
    sealed = file.read_bytes()
    person = walked.person()
    file.write_bytes(sealed[:-40])
    assert fetch(person, walked.number).status_code == 404
    middle = len(sealed) // 2
    file.write_bytes(sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :])
    with pytest.raises(SealedFileIsBroken):
        assert fetch(person, walked.number).data
    file.write_bytes(b"")
    assert fetch(person, walked.number).status_code == 404
    file.unlink()
    assert fetch(person, walked.number).status_code == 404
    file.write_bytes(sealed)
    assert fetch(person, walked.number).status_code == 200


def test_a_copy_of_some_kinds_does_not_say_how_much_there_is_beside_it(site):
    browser = site.signed_in(MAREN)
    for scope, said in (("all", True), ("some", False)):
        browser.open("/get-a-copy")
        browser.submit("Continue", scope=scope, categories=["who"] if scope == "some" else [])
        browser.submit("Make my copy")
        number = browser.path
        site.work()
        browser.open(number)
        assert "Your copy is ready" in browser.words
        assert ("entries." in browser.words) is said
