"""The settings as staff read them: what portal.yaml says, versions, ages and health, and never a secret."""

import base64

from sqlalchemy import select

from portal.accounts import registry
from portal.accounts.api_keys import make_key
from portal.accounts.model import AuditEntry
from portal.core import crypto
from tests.doors.staff import hired


def test_settings_are_read_and_never_a_secret(site):
    with site.running.database.writing(registry.ids()["fjordkaffe"]) as db:
        made = make_key(db, name="web-shop", scopes=["consents:read"], by="test")
    browser = hired(site, "privacy_officer")
    text = browser.open("/console/settings").text
    company = registry.config().company("fjordkaffe")
    for wanted in (
        company.legal_name,
        "General Data Protection Regulation",
        "web-shop",
        made.public_id,
        *company.systems,
        *company.purposes,
    ):
        assert wanted in browser.words, wanted
    ring = crypto.keys()
    for kind in crypto.KINDS:
        assert all(key_id in browser.words for key_id in ring.ids(kind))
        assert not [key for key in ring.keys[kind].values() if base64.b64encode(key).decode() in text or key.hex() in text]
    assert made.secret not in text and "DEMO_FJORDKAFFE" not in text and "sqlite:" not in text
    assert not browser.page.all("input", type="text") and not browser.page.all("textarea")
    versions = browser.page.all("section", **{"aria-labelledby": "notices"})[0]
    assert len(versions.all("tr")) > 3
    assert "72 hours" in browser.words
    browser.open("/console/settings?lang=de")
    assert "72 Stunden" in browser.words and "hours" not in browser.words


def test_systems_are_asked_at_a_press_and_what_is_wrong_is_named_for_that_one_alone(site):
    browser = hired(site, "auditor")
    browser.open("/console/settings")
    browser.submit("Ask every system now")
    assert browser.status == 200 and "Answers, and its map fits" in browser.words
    import demo

    (site.folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"]).rename(site.folder / "moved.db")
    browser.submit("Ask every system now")
    rows = browser.page.all("section", **{"aria-labelledby": "systems"})[0].all("tr")
    (shop,) = [row.words for row in rows if row.words.startswith("Our shop")]
    assert "Wrong" in shop and sum("Answers, and its map fits" in row.words for row in rows) >= 1
    with site.running.database.reading(registry.ids()["fjordkaffe"]) as db:
        assert len(db.scalars(select(AuditEntry).filter_by(act="systems.checked")).all()) == 2
