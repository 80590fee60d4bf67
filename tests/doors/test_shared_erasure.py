"""C2 at the door: two customers of one mailbox are erased one after the other; each sees their own result, certificate and copy, and no more."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import demo
from portal.cases.certificate.signed import verify_certificate
from portal.core import clock
from tests.doors.walked import token_on

ONE, OTHER = demo.SHARED
GRACE = timedelta(hours=73)


def proven(site, person):
    """A browser of somebody who reads the mailbox and knows this customer's number."""
    site.work()
    browser = site.signed_in(demo.SHARED_ADDRESS)
    browser.open("/data/open")
    browser.submit("Open my data", kind="customer_number", value=person.customer_number)
    return browser


def copied(site, person):
    """A copy of their own; gives its page."""
    browser = proven(site, person)
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    browser.submit("Make my copy")
    return browser.path


def confirmed(site, person):
    """Their deletion is confirmed; gives the browser on its page, and the code that stands there (or nothing)."""
    browser = proven(site, person)
    browser.open("/erase/plan")
    browser.submit("Delete my data", understood="y")
    assert browser.path.startswith("/requests/"), browser.path
    found = browser.page.all("section", **{"aria-labelledby": "code"})
    return browser, "".join(re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}", found[0].words)) if found else ""


def result_link(site):
    """The newest of the mailbox."""
    return next(found[0] for mail in site.mails(demo.SHARED_ADDRESS) if (found := re.search(r"/erase/result/[\w-]+", mail.text)))


def behind(site, link):
    """What anybody who reads the mailbox comes to by the button."""
    reader = site.browser()
    reader.open(link)
    reader.submit("See the result")
    return reader


def rows_of(site, person):
    """The customer's row of the shop and how many orders hang on it, whole."""
    with closing(sqlite3.connect(site.folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"])) as shop:
        row = shop.execute("SELECT * FROM customers WHERE customer_number = ?", (person.customer_number,)).fetchone()
        return row, shop.execute("SELECT * FROM orders WHERE customer_id = ? ORDER BY id", (row[0],)).fetchall() if row else []


def tells_nothing(reader):
    """The page says that it is over, and neither a system nor a kind of data nor a count."""
    words = reader.words
    assert "The deletion is over" in words and "was done on" in words
    assert not reader.page.all("section")
    assert not [
        name for name in ("shop", "Orders", "Invoices", "entr", "Law", ONE.last_name, OTHER.last_name) if name in words
    ], words


def certificate(site, reader):
    path, values = reader.form("Signed file (JWS)")
    answer = reader.post(path, values)
    return verify_certificate(answer.text, site.browser().open("/.well-known/jwks.json").json)


def test_C2_the_link_of_the_last_mail_shows_whoever_reads_the_mailbox_only_that_it_is_over(site):
    browser, code = confirmed(site, ONE)
    number = browser.path.rsplit("/", 1)[1]
    assert code and "Other people may use this mailbox" in browser.words
    stranger_to_it = proven(site, OTHER)
    stranger_to_it.open(browser.path)
    assert code not in stranger_to_it.answer.text, "the page of the request is not the other one's"
    with clock.moved(GRACE):
        reader = behind(site, result_link(site))
        tells_nothing(reader)
        token = reader.form("See the result")[1]["token"]
        hidden = {"csrf_token": token_on(reader), "token": token, "kind": "signed"}
        assert reader.post("/erase/result/certificate", hidden).status_code == 410
        assert reader.post("/erase/result/certificate", {**hidden, "token": token + "0" * 20}).status_code == 410
        reader = behind(site, result_link(site))
        for typed in ("2222-2222", "rubbish", "x" * 41, "é"):
            reader.submit("See the result", code=typed)
            tells_nothing(reader)
            assert reader.status == 422, typed
        reader.submit("See the result", code=code.replace("-", " ").lower())
        assert "System by system" in reader.words, reader.words
        assert certificate(site, reader).number == number
        again = behind(site, result_link(site))
        for _ in range(12):
            again.submit("See the result", code="2222-2222")
        again.submit("See the result", code=code)
        tells_nothing(again)
        path, values = again.form("See the result")
        assert again.post(path, {**values, "token": "x" * 63, "code": code}).status_code == 410


def test_C2_two_customers_of_one_mailbox_are_erased_one_after_the_other_and_each_has_their_own(site):
    copies = {person: copied(site, person) for person in (ONE, OTHER)}
    site.work()
    whole = rows_of(site, OTHER)
    first, code = confirmed(site, ONE)
    with clock.moved(GRACE):
        site.work()
        reader = behind(site, result_link(site))
        reader.submit("See the result", code=code)
        told = certificate(site, reader)
        assert (told.number, told.is_complete) == (first.path.rsplit("/", 1)[1], True)
        assert rows_of(site, OTHER) == whole, "not one byte of the other one's"
        assert rows_of(site, ONE) != whole
        browser = proven(site, OTHER)
        browser.open(copies[ONE])
        assert "Download" not in browser.words
        browser.open(copies[OTHER])
        browser.submit("Download")
        assert browser.answer.data[:2] == b"PK", "the other one's copy is there still"

        second, other_code = confirmed(site, OTHER)
        assert other_code and other_code != code, "who was erased may still read this mailbox"
    with clock.moved(2 * GRACE):
        site.work()
        reader = behind(site, result_link(site))
        tells_nothing(reader)
        reader.submit("See the result", code=code)
        tells_nothing(reader)
        reader.submit("See the result", code=other_code)
        own = certificate(site, reader)
        assert (own.number, own.is_complete) == (second.path.rsplit("/", 1)[1], True)
        assert own.systems != told.systems
        assert rows_of(site, OTHER) != whole
    with clock.moved(2 * GRACE + timedelta(hours=1)):
        site.work()
        back = site.signed_in(demo.SHARED_ADDRESS)
        for page in ("/", "/data", "/requests"):
            back.open(page)
            assert "earlier deletion" not in back.words, "what was kept is told to neither"
        with site.running.database.engine.connect() as portal:
            left = portal.exec_driver_sql(
                "SELECT count(*) FROM \"case\" WHERE kind = 'erasure' AND person_id IS NOT NULL"
            ).scalar()
        assert left == 0, "both are forgotten"


def test_at_a_mailbox_that_is_one_persons_alone_the_link_is_enough(site):
    browser = site.signed_in(demo.CUSTOMER)
    browser.open("/erase/plan")
    browser.submit("Open my data", kind="customer_number", value=demo.stars.MAREN.customer_number)
    browser.submit("Delete my data", understood="y")
    assert not browser.page.all("section", **{"aria-labelledby": "code"})
    with clock.moved(GRACE):
        mail = next(mail for mail in site.mails(demo.CUSTOMER) if "/erase/result/" in mail.text)
        assert "wants the code" not in mail.text
        (link,) = re.findall(r"/erase/result/[\w-]+", mail.text)
        reader = behind(site, link)
        assert "System by system" in reader.words
