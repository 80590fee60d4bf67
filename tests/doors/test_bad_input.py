"""What people and programs send that fits nothing: each has its plain answer, writes nothing, and loses nothing."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

import demo
from portal.core import clock
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN, OTHER, token_on

BIG = str(10**30)


def raw_post(browser, path, body, content_type="application/x-www-form-urlencoded"):
    """Bytes to an address, as no browser would send them."""
    headers = {**browser.headers, "Sec-Fetch-Site": "same-origin", "Content-Type": content_type}
    return browser.client.post(path, data=body, base_url=f"http://{browser.host}", headers=headers)


def at_once(*presses):
    """Press all of them in threads of their own; gives what came back."""
    with ThreadPoolExecutor(len(presses)) as pool:
        return [future.result() for future in [pool.submit(press) for press in presses]]


def twin(browser):
    """A second tab of the same browser."""
    other = browser.site.browser(browser.host)
    other.client.set_cookie("portal", browser.client.get_cookie("portal", domain="127.0.0.1").value, domain="127.0.0.1")
    return other


def test_S1_two_presses_of_one_link_at_once_sign_in_once(both_sites):
    site = both_sites
    one = site.browser()
    one.ask_for_link(MAREN)
    link = site.link_of(MAREN)
    tabs = [one, *(twin(one) for _ in range(3))]
    for tab in tabs:
        tab.open(link)
    at_once(*(lambda tab=tab: tab.submit("Sign in") for tab in tabs))
    assert sorted(tab.path for tab in tabs) == ["/", "/in", "/in", "/in"]
    with site.running.database.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM session").scalar() == 1
    late = next(tab for tab in tabs if tab.path == "/in")
    assert "This link has ended" in late.words
    late.submit("Send a new link")
    late.open(site.link_of(MAREN))
    late.submit("Sign in")
    assert late.path == "/", "who was second is one press from another link"


def test_two_presses_of_make_my_copy_open_one_request(both_sites):
    one = both_sites.signed_in(MAREN)
    tabs = [one, twin(one), twin(one)]
    for tab in tabs:
        tab.open("/get-a-copy")
        tab.submit("Continue", scope="all")
    at_once(*(lambda tab=tab: tab.submit("Make my copy") for tab in tabs))
    assert len({tab.path for tab in tabs}) == 1
    assert re.fullmatch(r"/requests/[0-9A-Z]{4}(-[0-9A-Z]{4}){2}", one.path)
    one.open("/requests")
    assert len(set(re.findall(r"/requests/[0-9A-Z-]{14}", one.answer.text))) == 1


def test_a_tab_that_was_left_open_over_a_sign_out_changes_nothing_and_says_what_to_do(site):
    tab = site.signed_in(MAREN)
    tab.open("/get-a-copy")
    other = twin(tab)
    other.open("/sessions")
    other.submit("Sign out")
    before = digest(site)
    tab.submit("Continue", scope="all")
    assert tab.path == "/sign-in", "the session is gone: sign in first"
    tab.submit("Send me the link", email=MAREN)
    tab.open(site.link_of(MAREN))
    tab.submit("Sign in")
    assert tab.path == "/get-a-copy", "and then it goes on where it began"
    assert "case" not in changed(before, digest(site))


def test_a_form_of_before_the_sign_in_is_refused_in_plain_words(site):
    tab = site.browser()
    tab.open("/sign-in")
    old = token_on(tab)
    tab.submit("Send me the link", email=MAREN)
    tab.open(site.link_of(MAREN))
    tab.submit("Sign in")
    before = digest(site)
    answer = raw_post(tab, "/sessions/sign-out", f"csrf_token={old}")
    assert answer.status_code == 400
    assert "Go back, load the page again and repeat the step." in answer.text
    assert changed(before, digest(site)) == set()
    tab.open("/")
    assert tab.path == "/", "the session is still there"


def test_a_page_left_open_overnight_leads_to_the_sign_in_and_back(site):
    tab = site.signed_in(MAREN)
    tab.open("/data/open")
    with clock.moved(timedelta(hours=12)):
        tab.submit("Open my data", kind="customer_number", value="FK-10001")
        assert tab.path == "/sign-in"


def short(value):
    """The name of a case: what was sent may be long."""
    return f"{value[:12]!a} of {len(value)}"


@pytest.mark.parametrize(
    "code", ["", "1", "1234567", "123456789", "abcdefgh", "-1234567", "1e7", "1234\x005678", "9" * 5000], ids=short
)
def test_a_code_that_is_none_costs_no_try(site, code):
    browser = site.browser()
    browser.ask_for_link(MAREN)
    right = site.code_of(MAREN)
    for _ in range(6):
        browser.submit("Continue", code=code)
        assert browser.status == 422
    browser.submit("Continue", code=right)
    assert browser.path == "/"


def test_S16_a_code_may_be_typed_as_it_stands_or_as_one_pastes_it(site):
    arabic = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    wide = str.maketrans("0123456789", "０１２３４５６７８９")  # that they look alike is the point
    for form, digits in (
        ("{0}{1}", {}),
        (" {0}\u00a0{1} ", {}),
        ("{0}-{1}", {}),
        ("{0}\t{1}", {}),
        ("{0} {1}", arabic),
        ("{0}{1}", wide),
    ):
        browser = site.browser()
        browser.ask_for_link(OTHER)
        browser.submit("Continue", code=form.format(*site.code_of(OTHER).split()).translate(digits))
        assert browser.path == "/", form
        with clock.moved(timedelta(hours=2)):
            site.worker.clean_up()


def test_H7_a_number_of_no_size_is_a_page_that_does_not_exist(both_sites):
    browser = both_sites.signed_in(MAREN)
    browser.open("/sessions")
    token = token_on(browser)
    before = digest(both_sites)
    for number in (BIG, "-1", "0", "NaN", "1e9", "Infinity", "0x10", "\u0663", "1" * 4000):
        for path in (f"/sessions/{number}/end", f"/requests/{number}/stop", f"/requests/{number}/download"):
            assert raw_post(browser, path, f"csrf_token={token}").status_code == 404, path
        for path in (f"/demo/mailbox/{number}", f"/requests/{number}"):
            assert browser.open(path).status_code == 404, path
    # What home asked the systems may come in late, on a busy machine; nothing here asks them for anything.
    assert changed(before, digest(both_sites)) - {"held_read", "identifier"} == set()


def test_H7_forms_of_too_many_parts_bytes_or_strange_kinds_are_refused(site):
    browser = site.signed_in(MAREN)
    browser.open("/")
    browser.open("/sessions")
    token = token_on(browser)
    part = b'--x\r\nContent-Disposition: form-data; name="categories"\r\n\r\nwho\r\n'
    bodies = [
        (part * 100_000 + b"--x--\r\n", "multipart/form-data; boundary=x"),
        (part * 500 + b"--x--\r\n", "multipart/form-data; boundary=x"),
        (
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.svg"\r\n\r\n<svg/>\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (b"&".join(b"categories=%d" % number for number in range(100_000)), "application/x-www-form-urlencoded"),
        (b'{"scope": NaN, "scope": Infinity}', "application/json"),
        (b"[" * 60_000, "application/json"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "application/xml"),
    ]
    before = digest(site)
    for body, kind in bodies:
        for path in ("/get-a-copy/ask", "/sign-in", "/in"):
            assert raw_post(browser, path, body, kind).status_code in (400, 413), (path, kind)
    many = f"csrf_token={token}&scope=some&" + "&".join(f"categories=c{number}" for number in range(3000))
    assert raw_post(browser, "/get-a-copy/ask", many).status_code == 422
    assert changed(before, digest(site)) - {"held_read", "limit_counter"} == set()


@pytest.mark.parametrize(
    "value",
    ["x" * 201, "x" * 60_000, "\u202e" * 50, "\x00", "\ud800".encode("utf-16", "surrogatepass").hex(), "%" * 90],
    ids=short,
)
def test_C9_a_text_of_any_kind_and_length_opens_nothing_and_is_not_repeated_as_markup(site, value):
    browser = site.signed_in(demo.SHARED_ADDRESS)
    browser.open("/data/open")
    browser.submit("Open my data", kind="customer_number", value=f"<i>{value}</i>")
    assert browser.status == 422
    assert "<i>" not in browser.answer.text


def test_C9_text_that_turns_what_stands_around_it_is_shown_without_that_and_apart(site):
    browser = site.signed_in("turned@example.org")
    text = browser.open("/data").text
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(text)
    names = [element for element in browser.page.all() if "gnp.exe" in "".join(str(child) for child in element.children[:1])]
    assert names
    assert {element.tag for element in names if not element.all()} == {"bdi"}


def test_C9_numbers_of_requests_cannot_be_counted(site):
    numbers = set()
    for address in (MAREN, OTHER, demo.stars.HOSTILE.email):
        browser = site.signed_in(address)
        browser.open("/get-a-copy")
        browser.submit("Continue", scope="all")
        browser.submit("Make my copy")
        numbers.add(browser.path.rsplit("/", 1)[1])
    assert len(numbers) == 3
    assert len({number[:4] for number in numbers}) == 3
    assert all(re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){2}", number) for number in numbers)
