"""L11: the page of a link may be framed on one address, by the origins that the company names, and there it only lowers."""

import pytest
from pydantic import TypeAdapter, ValidationError

import demo
from portal.config.parts import FrameOrigin
from tests.doors.links import standing, token_for, with_company

MAREN, CHOICE = demo.CUSTOMER, "newsletter.email"
OWN = "https://www.example.com"


def policy(browser):
    return browser.answer.headers["Content-Security-Policy"]


def test_L11_nobody_may_frame_anything_until_the_company_names_an_origin(site):
    browser = site.browser()
    browser.open(f"/embedded/p/{token_for(MAREN)}")
    assert browser.status == 200 and "frame-ancestors 'none'" in policy(browser)
    assert browser.answer.headers["X-Frame-Options"] == "DENY"


def test_L11_the_named_origins_may_frame_that_address_and_no_other(site, monkeypatch):
    with_company(monkeypatch, embed_origins=[OWN, "https://account.example.com:8443"])
    browser, token = site.browser(), token_for(MAREN)
    for path in (f"/embedded/p/{token}", "/embedded/p/nonsense"):
        browser.open(path)
        assert policy(browser).endswith(f"frame-ancestors {OWN} https://account.example.com:8443"), path
        assert "default-src 'none'" in policy(browser) and "form-action 'self'" in policy(browser)
        # It knows no list, and a proxy that heeds it would show no frame.
        assert "X-Frame-Options" not in browser.answer.headers
    for path in (f"/p/{token}", f"/u/{token}", "/unsubscribe", "/sign-in", "/", "/embedded/elsewhere", "/undo/x"):
        browser.open(path)
        assert "frame-ancestors 'none'" in policy(browser) and browser.answer.headers["X-Frame-Options"] == "DENY", path


def test_L11_inside_a_frame_everything_stays_on_that_address_without_cookie_and_only_lowers(site, monkeypatch):
    with_company(monkeypatch, embed_origins=[OWN])
    browser = site.browser()
    browser.open(f"/embedded/p/{token_for(MAREN, CHOICE)}?lang=de")
    assert "Set-Cookie" not in browser.answer.headers and "<script" not in browser.answer.text
    browser.open(f"/embedded/p/{token_for(MAREN, CHOICE)}")
    for link in browser.page.all("a"):
        inside = link.attributes["href"].startswith(("/embedded/", "#"))
        assert inside or link.attributes.get("target") == "_blank", link.attributes
    for form in browser.page.all("form"):
        assert form.attributes["action"].startswith("/embedded/p/")
    browser.post(*_pressed(browser), **{"Sec-Fetch-Site": "same-origin", "Origin": "null"})
    assert browser.status == 200 and browser.path.startswith("/embedded/") and OWN in policy(browser)
    assert "Set-Cookie" not in browser.answer.headers
    assert standing(site, MAREN)[CHOICE] == "withdrawn"


def _pressed(browser):
    path, values = browser.form("Save")
    return path, {**values, "say-newsletter-email": "no"}


@pytest.mark.parametrize(
    "origin",
    [
        "http://www.example.com",
        "https://*.example.com",
        "*",
        "https://www.example.com/",
        "https://a.example b.example",
        "'self'",
        "https://A.example",
    ],
)
def test_L11_only_exact_https_origins_are_taken(origin):
    with pytest.raises(ValidationError):
        TypeAdapter(FrameOrigin).validate_python(origin)
    assert TypeAdapter(FrameOrigin).validate_python("https://account.example.com:8443")
