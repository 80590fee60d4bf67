"""Every route of the console x every role x both companies: who comes in, who is told that it is not theirs, and what is written."""

import re

import pytest

from portal.accounts.roles import PERMISSIONS, RANK, ROLES
from tests.doors.site import SECOND_HOST
from tests.doors.staff import cookies_of, hired
from tests.doors.tables import changed, digest

MISSING = {
    "number": "AAAA-BBBB-CCCC",
    "int:number": "99999999",
    "int:hold": "99999999",
    "file": "AAAA-BBBB-CCCC",
    "task": "AAAA-BBBB-CCCC",
    "token": "x" * 43,
    "search": "y" * 43,
    "person": "z" * 12,
    "mail": "none",
    "page": "none",
    "theme": "none",
    "style": "none",
    "language": "xx",
}


def address_of(rule):
    return re.sub(r"<([^>]+)>", lambda found: MISSING[found[1]], str(rule))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("host", ["localhost:8080", SECOND_HOST])
def test_a_role_opens_exactly_what_the_table_says(site, role, host):
    company = "alpenrad" if host == SECOND_HOST else "fjordkaffe"
    browser = hired(site, role, company=company, host=host)
    browser.open("/console/own")
    token = browser.page.all("input", name="csrf_token")[0].attributes["value"]
    for rule in site.app.url_map.iter_rules():
        guard = site.app.view_functions[rule.endpoint].guard
        if guard.kind != "staff" or guard.detail == "arriving":
            continue
        allowed = guard.detail.removesuffix(" fresh") in ROLES[role]
        if allowed and not rule.arguments and "POST" in rule.methods:
            continue  # what they may do is done in the tests of the doors
        before = digest(site)
        path = address_of(rule)
        browser.post(path, {"csrf_token": token}) if "POST" in rule.methods else browser.open(path)
        if allowed:
            assert browser.status in ((404, 422) if rule.arguments else (200,)), (rule, browser.status)
        else:
            assert browser.status == 403 and "not part of your work" in browser.words, rule
            assert changed(before, digest(site)) - {"limit_counter"} == set(), rule


def test_nobody_of_one_company_is_anybody_at_the_other(site):
    browser = hired(site, "privacy_officer", "admin")
    browser.host = SECOND_HOST
    for cookie in cookies_of(browser):
        browser.client.set_cookie(cookie.key, cookie.value, domain="alpenrad.localhost")
    for rule in site.app.url_map.iter_rules():
        guard = site.app.view_functions[rule.endpoint].guard
        if guard.kind == "staff" and "GET" in rule.methods:
            browser.open(address_of(rule))
            assert browser.path == "/console/sign-in", rule


def test_every_right_is_somebodys_and_every_role_has_a_rank(site):
    assert frozenset().union(*ROLES.values()) == PERMISSIONS.keys()
    assert RANK.keys() == ROLES.keys()
    used = {
        view.guard.detail.removesuffix(" fresh") for view in site.app.view_functions.values() if view.guard.kind == "staff"
    } - {"arriving"}
    assert used <= PERMISSIONS.keys()
