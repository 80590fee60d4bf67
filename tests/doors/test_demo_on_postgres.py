"""The demo's coffee shop may stand in PostgreSQL: where a URL is given, it is made there and read from there."""

import pytest
from sqlalchemy import create_engine, text

import demo
from tests.databases import shared_cluster
from tests.doors.site import open_site

pytestmark = pytest.mark.postgres


def test_the_shop_is_made_in_and_read_from_a_postgresql_database_that_is_named(tmp_path, monkeypatch):
    with shared_cluster().fresh_database() as url:
        monkeypatch.setenv("DEMO_FJORDKAFFE_SHOP_URL", url)
        site = open_site(tmp_path / "demo")
        browser = site.signed_in(demo.CUSTOMER)
        browser.open("/data")
        assert browser.status == 200
        assert "Maren Vik" in browser.answer.text
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE customers SET phone = '+47 400 99 999' WHERE email = :email"), {"email": demo.CUSTOMER}
            )
        engine.dispose()
        browser.open("/sessions")
        browser.submit("Sign out")
        again = site.signed_in(demo.CUSTOMER)
        again.open("/data")
        assert "+47 400 99 999" in again.answer.text
        site.running.database.close()
