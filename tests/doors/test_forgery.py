"""Only our own pages may post, nothing personal is kept on the way, and no parameter leads off the site."""

import pytest
from werkzeug.routing import IntegerConverter

import demo
from tests.doors.tables import changed, digest

MAREN = demo.CUSTOMER


def unsafe_rules(app):
    """Those that a cookie gives a right to; in the doors without cookies a foreign page has none to abuse (tests/doors/test_links.py)."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
        and app.view_functions[rule.endpoint].guard.kind != "api_key"
        and app.blueprints.get(rule.endpoint.partition(".")[0]) not in app.extensions["portal_doors_without_cookie"]
    ]


def path_of(rule):
    values = {name: 1 if isinstance(rule._converters[name], IntegerConverter) else "x" for name in rule.arguments}
    return rule.build(values)[1]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_H10_a_post_from_elsewhere_changes_nothing(site, headers):
    browser = site.signed_in(MAREN)
    browser.open("/")
    _path, values = browser.form("Sign out")
    before = digest(site)
    for rule in unsafe_rules(site.app):
        answer = browser.client.post(path_of(rule), data=values, base_url=f"http://{browser.host}", headers=headers)
        assert answer.status_code in (400, 403), (rule, answer.status_code)
    assert changed(before, digest(site)) == set()


def test_H10_a_post_without_its_token_changes_nothing(site):
    browser = site.signed_in(MAREN)
    before = digest(site)
    for rule in unsafe_rules(site.app):
        answer = browser.client.post(
            path_of(rule), data={}, base_url=f"http://{browser.host}", headers={"Sec-Fetch-Site": "same-origin"}
        )
        # The page of a mailed staff link sets no cookie, so it has no token: there the nonce in the Strict cookie stands in (K12).
        assert answer.status_code == ({"/console/in": 410, "/console/account/finish": 404}.get(str(rule), 400)), (
            rule,
            answer.status_code,
        )
    assert changed(before, digest(site)) == set()


def test_H10_no_page_may_be_read_from_elsewhere(site):
    browser = site.signed_in(MAREN)
    for path in ("/", "/sessions", "/sign-in", "/check-mail/progress"):
        browser.open(path, Origin="https://evil.example")
        assert not [name for name, _ in browser.answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example",
        "\\\\evil.example",
        "/\\evil.example",
        "https:/evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "@evil.example",
        "home.show",
        "/requests",
    ],
)
def test_H9_next_is_never_an_address(site, target):
    browser = site.browser()
    browser.open("/sign-in")
    browser.answer = browser.client.get("/sign-in", query_string={"next": target}, base_url=f"http://{browser.host}")
    _action, values = browser.form("Send me the link")
    answer = browser.client.post(
        "/sign-in", query_string={"next": target}, data={**values, "email": MAREN}, base_url=f"http://{browser.host}"
    )
    assert answer.location == "/check-mail"
    browser.open(site.link_of(MAREN))
    browser.submit("Sign in")
    assert browser.path == "/"


def test_H8_nothing_personal_may_be_kept_and_a_suffix_is_another_page(site):
    browser = site.signed_in(MAREN)
    for path in (
        "/",
        "/sessions",
        "/data",
        "/requests",
        "/preferences",
        "/choices",
        "/nowhere",
        "/sign-in",
        "/in/x",
        "/check-mail",
    ):
        answer = browser.client.get(path, base_url=f"http://{browser.host}")
        assert answer.headers["Cache-Control"] == "no-store", path
        assert {"Cookie", "Accept-Language", "Sec-GPC"} <= {part.strip() for part in answer.headers["Vary"].split(",")}, path
    for path in ("/data/x.css", "/choices.css", "/preferences/x.css", "/sessions/x.js", "/requests/style.css"):
        assert browser.client.get(path, base_url=f"http://{browser.host}").status_code == 404


def test_every_answer_has_the_headers(site):
    browser = site.signed_in(MAREN)
    for path in ("/", "/nowhere", "/sign-in", "/healthz", "/in/x"):
        browser.open(path)
        headers = browser.answer.headers
        csp = headers["Content-Security-Policy"]
        assert "unsafe" not in csp
        assert "default-src 'none'" in csp
        assert "frame-ancestors 'none'" in csp
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Robots-Tag"].startswith("noindex")
    assert browser.answer.headers["Referrer-Policy"] == "no-referrer"


def test_signing_out_drops_what_the_browser_stored_but_not_the_companys_cookies(site):
    browser = site.signed_in(MAREN)
    browser.open("/")
    path, values = browser.form("Sign out")
    answer = browser.client.post(path, data=values, base_url=f"http://{browser.host}", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
