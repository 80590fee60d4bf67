"""Staff look at every page as customers see it, in each language, light and dark; nothing in it is anybody's, and nothing can be pressed."""

import re
from pathlib import Path

import pytest

from portal.site import previews
from tests.doors.site import SECOND_HOST
from tests.doors.staff import hired
from tests.doors.tables import changed, digest
from tests.doors.walked import MAREN

TEMPLATES = Path(__file__).parents[2] / "templates"
WITHOUT = {
    "links/frame.html": "the frame of pages behind links",
    "links/task.html": "whom a task is about: only its owner sees it, behind a button",
}
"""Pages without an example, and why."""


def whole_pages():
    """The templates that are pages: not what is only put into others."""
    return {
        path.relative_to(TEMPLATES).as_posix()
        for folder in ("site", "links")
        for path in (TEMPLATES / folder).glob("*.html")
        if not path.name.startswith("_")
    }


def address_of(name, language="en", theme="light"):
    return f"/console/settings/pages/{name.removesuffix('.html').replace('/', '.')}/{language}/{theme}"


def test_every_page_of_a_customer_has_an_example_or_a_reason():
    assert whole_pages() == set(previews.PAGES) | set(WITHOUT)
    assert not set(previews.PAGES) & set(WITHOUT)


@pytest.mark.parametrize("company", ["fjordkaffe", "alpenrad"])
def test_every_page_is_drawn_in_every_language_and_theme_and_changes_nothing(site, company):
    host = SECOND_HOST if company == "alpenrad" else "localhost:8080"
    browser = hired(site, "privacy_officer", company=company, host=host)
    browser.open("/console/settings/pages")
    links = [link.attributes["href"] for link in browser.page.all("a") if "/console/settings/pages/" in link.attributes["href"]]
    languages = len(site.running.config.portal.companies[company].languages)
    assert len(links) == len(previews.PAGES) * languages * 2
    before = digest(site)
    for link in links:
        answer = browser.open(link)
        assert answer.status_code == 200, link
        assert f'lang="{link.split("/")[-2]}"' in answer.text, link
        assert MAREN not in answer.text and ">None<" not in answer.text, link
    assert changed(before, digest(site)) <= {"staff_session", "audit_entry"}


def test_an_example_runs_no_script_sends_no_form_and_leads_nowhere(site):
    browser = hired(site, "privacy_officer")
    for name in previews.PAGES:
        answer = browser.open(address_of(name))
        policy = answer.headers["Content-Security-Policy"]
        assert "sandbox allow-same-origin" in policy and "script-src 'none'" in policy and "form-action 'none'" in policy
        targets = {link.attributes.get("href", "") for link in browser.page.all("a")}
        outside = {url for url in targets if not url.startswith(("#", "https://", "mailto:", "tel:"))}
        assert outside == set(), (name, outside)
        assert {form.attributes.get("action", "#main") for form in browser.page.all("form")} <= {"#main"}, name
        assert all(not box.attributes.get("value") for box in browser.page.all("input", name="csrf_token")), name


def test_a_theme_is_drawn_whatever_the_device_asks_for(site):
    browser = hired(site, "privacy_officer")
    styles = {}
    for theme in previews.THEMES:
        browser.open(address_of("site/home.html", theme=theme))
        found = [link.attributes["href"] for link in browser.page.all("link", rel="stylesheet")]
        assert found == [f"/console/settings/pages/styles/{theme}/{name}" for name in previews.STYLES]
        styles[theme] = "".join(browser.open(url).text for url in found)
        assert "prefers-color-scheme" not in styles[theme] and re.search(rf"color-scheme:\s*{theme}\b", styles[theme])
    assert styles["light"].count("@media not all") == styles["dark"].count("@media all") > 0


def test_what_there_is_none_of_is_missing_and_who_may_not_read_settings_sees_none(site):
    browser = hired(site, "privacy_officer")
    for path in (
        "/console/settings/pages/site.none/en/light",
        "/console/settings/pages/site.home/xx/light",
        "/console/settings/pages/site.home/en/pink",
        "/console/settings/pages/styles/pink/portal.css",
        "/console/settings/pages/styles/dark/console.css",
    ):
        browser.open(path)
        assert browser.status == 404, path
    agent = hired(site, "agent", address="fourth@example.net")
    for path in ("/console/settings/pages", address_of("site/home.html"), "/console/settings/pages/styles/dark/portal.css"):
        agent.open(path)
        assert agent.status == 403, path
