"""This is wrong: beside each value and each row, leading to a form that names it, and filed as a question that holds it."""

import sqlite3

import demo

MAREN = demo.CUSTOMER


def links(browser):
    """Where the buttons beside the values lead."""
    browser.open("/data")
    return [one.attributes["href"] for one in browser.page.all("a") if one.attributes.get("href", "").startswith("/data/wrong")]


def test_each_row_of_a_list_has_its_own_and_no_value_stands_in_an_address(site):
    browser = site.signed_in(MAREN)
    found = links(browser)
    rows = sum(len(table.all("tr")) - 1 for table in browser.page.all("table"))
    assert len([one for one in found if "row=" in one]) == rows > 10
    assert len(set(found)) == len(found)
    assert not any(value in "".join(found) for value in ("Maren", "Vik", "F-2044", "5003", "@"))


def test_the_form_names_the_row_and_the_question_holds_it(site):
    browser = site.signed_in(MAREN)
    path = next(one for one in links(browser) if "orders&" in one or "orders&amp;" in one)
    browser.open(path)
    assert "Your orders" in browser.words
    order = next(word for word in browser.words.split() if word.startswith("F-"))
    browser.submit("Send to a person", message="It was cancelled.")
    assert browser.path.startswith("/requests/")
    assert "This is wrong: Your orders" in browser.words
    assert order in browser.words
    assert "It was cancelled." in browser.words


def test_the_form_names_a_single_value(site):
    browser = site.signed_in(MAREN)
    path = next(one for one in links(browser) if "last_name" in one)
    browser.open(path)
    assert "Last name" in browser.words
    assert "Vik" in browser.words
    browser.submit("Send to a person", message=" ")
    assert browser.status == 422
    assert "Write what is right." in browser.words


def test_C2_what_is_nobodys_value_leads_back_and_files_nothing(site):
    browser = site.signed_in(MAREN)
    links(browser)
    for query in ("", "?item=shop.nothing", "?item=shop.fjordkaffe_shop.orders&row=999", "?item=" + "x" * 300, "?row=-1"):
        browser.open("/data/wrong" + query)
        assert browser.path == "/data"
    shared = site.signed_in(demo.SHARED_ADDRESS)
    shared.open("/data/wrong?item=shop.fjordkaffe_shop.customers.last_name")
    assert "Last name" not in shared.words


def test_a_value_that_changed_since_is_shown_again_before_anything_is_filed(site):
    browser = site.signed_in(MAREN)
    browser.open(next(one for one in links(browser) if "last_name" in one))
    browser.submit("Send to a person", message="It is spelt otherwise.", seen="0" * 32)
    assert browser.status == 409
    assert "Look whether this is still what you mean." in browser.words
    browser.submit("Send to a person", message="It is spelt otherwise.")
    assert browser.path.startswith("/requests/")


def corrects(site, browser, field, value):
    """Type it beside the value, and let the system do it; the number of the request."""
    browser.open(next(one for one in links(browser) if field in one))
    browser.submit("Correct it", message=value)
    number = browser.path.rpartition("/")[2]
    assert "Correct something" in browser.words and value in browser.words
    site.work()
    browser.open(f"/requests/{number}")
    return number


def test_a_value_that_may_change_where_it_stands_is_typed_written_and_read_again(site):
    browser = site.signed_in(MAREN)
    browser.open(next(one for one in links(browser) if "usual_table" in one))
    browser.submit("Correct it", message=" ")
    assert browser.status == 422 and "Write what is right." in browser.words
    corrects(site, browser, "usual_table", "Under the clock")
    assert "It is corrected." in browser.words and "what you gave stands there" in browser.words
    browser.open("/data")
    assert "Under the clock" in browser.words and "By the window" not in browser.words
    [mail] = [mail for mail in site.mails(MAREN) if "has corrected something" in mail.subject]
    assert "clock" not in mail.text + mail.html


def test_what_two_people_share_is_left_to_a_person(site):
    browser = site.signed_in(demo.HOUSEHOLD[0].email)
    corrects(site, browser, "addresses.street", "Nygata 12 B")
    assert "A person looks here by hand" in browser.words and "It is corrected" not in browser.words
    with sqlite3.connect(site.folder / "fjordkaffe_shop.db") as shop:
        assert shop.execute("SELECT count(*) FROM addresses WHERE street = 'Nygata 12 B'").fetchone() == (0,)
