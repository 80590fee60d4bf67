"""This is wrong: beside each value and each row, leading to a form that names it, and filed as a question that holds it."""

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
