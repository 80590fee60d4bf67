"""Keys rotate while the portal runs; a key that a row or a file still needs cannot be left out (O4)."""

import time

import pytest

import demo
from portal.cases.advancing import keys_of_files
from portal.core import crypto
from portal.core.db import ALL_COMPANIES
from portal.people.keys import used_key_ids
from portal.starting import refuse_missing_keys
from tests.nursery import run_portal


@pytest.mark.sampled
@pytest.mark.parametrize("kind", crypto.KINDS)
def test_after_a_rotation_everyone_is_still_found_and_a_finished_copy_still_opens(site, kind):
    browser = site.signed_in(demo.CUSTOMER)
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="some", categories=["who"])
    browser.submit("Make my copy")
    site.work()
    page = browser.path
    assert "is the newest key" in run_portal("keys", "rotate", kind).stdout
    time.sleep(crypto.LOOK_AGAIN_SECONDS)
    browser.open(page)
    if browser.path != page:
        browser = site.signed_in(demo.CUSTOMER)
        browser.open(page)
    browser.submit("Download")
    assert browser.answer.data[:2] == b"PK"
    with site.running.database.reading(ALL_COMPANIES) as db:
        used = used_key_ids(db)
    assert used["hash"] | used["data"] | keys_of_files()
    refuse_missing_keys(site.running.database)


def test_O4_nothing_starts_while_a_file_needs_a_key_that_is_gone(site):
    browser = site.signed_in(demo.CUSTOMER)
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="some", categories=["who"])
    browser.submit("Make my copy")
    site.work()
    assert keys_of_files() == {"d1"}
    crypto.use_keys(crypto.keys().with_new_key("data").without_key("data", "d1"))
    with pytest.raises(crypto.KeysAreBroken, match="data/d1"):
        refuse_missing_keys(site.running.database)
