"""Who comes back after an erasure sees what had to stay and why; others at the address, and other people, see nothing of it."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta

import pytest

import demo
from portal.core import clock
from tests.doors.test_erase import MAREN, confirmed
from tests.nursery import run_portal


def come_back(site):
    """Maren's erasure has ended; she signs in again with the same address."""
    confirmed(site)
    with clock.moved(timedelta(hours=73)):
        site.work()
    return site.signed_in(MAREN)


def test_who_comes_back_is_told_what_was_kept_by_what_law_and_until_when(site):
    with clock.moved(timedelta(hours=80)):
        browser = come_back(site)
        browser.open("/data")
        assert "Kept from an earlier deletion" in browser.words
        section = next(one for one in browser.page.all("section") if one.attributes.get("aria-labelledby") == "kept")
        assert re.search(r"\d+ entr", section.words) and "Law" in section.words and "Until" in section.words
        for path in ("/", "/requests"):
            browser.open(path)
            assert "from an earlier deletion" in browser.words, path


def test_C2_nobody_else_is_told_of_what_was_kept(site):
    with clock.moved(timedelta(hours=80)):
        come_back(site)
        for address in (demo.NOBODY, demo.stars.SHARED_ADDRESS):
            other = site.signed_in(address)
            for path in ("/", "/data", "/requests"):
                other.open(path)
                assert "earlier deletion" not in other.words, (address, path)


def rows_in_the_shop(site):
    """How many orders and invoices still hang on Maren's account, whatever it is called by now, and how many invoices others have."""
    account = site.seen["account"]
    with closing(sqlite3.connect(site.folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"])) as shop:
        (orders,) = shop.execute("SELECT count(*) FROM orders WHERE customer_id = ?", (account,)).fetchone()
        (invoices,) = shop.execute("SELECT count(*) FROM invoices WHERE customer_id = ?", (account,)).fetchone()
        (others,) = shop.execute("SELECT count(*) FROM invoices WHERE customer_id != ?", (account,)).fetchone()
    return orders, invoices, others


def at_noon(day, site):
    """The worker's clean-up and what it leads to, on that day."""
    noon = datetime.combine(day, time(12), tzinfo=UTC)
    with clock.moved(noon - clock.now()):
        site.worker.clean_up()
        site.work()
        return rows_in_the_shop(site)


def test_O9_the_shops_invoices_go_on_the_day_that_was_told_and_not_the_day_before(site):
    with closing(sqlite3.connect(site.folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"])) as shop:
        number = demo.stars.MAREN.customer_number
        (site.seen["account"],) = shop.execute("SELECT id FROM customers WHERE customer_number = ?", (number,)).fetchone()
    *_, others = rows_in_the_shop(site)
    confirmed(site)
    with clock.moved(timedelta(hours=73)):
        site.work()
    with site.running.database.engine.connect() as portal:
        told = portal.exec_driver_sql(
            "SELECT until, sum(count) FROM kept WHERE collection LIKE '%.invoices' GROUP BY until ORDER BY until"
        ).all()
    days, counts = [date.fromisoformat(str(day)) for day, _ in told], [count for _, count in told]
    assert len(days) > 1
    left = sum(counts)
    for day, count in zip(days, counts, strict=True):
        assert at_noon(day - timedelta(days=1), site)[1] == left
        left -= count
        assert at_noon(day, site)[1] == left
    assert at_noon(days[-1], site) == (0, 0, others)
    with site.running.database.engine.connect() as portal:
        assert portal.exec_driver_sql("SELECT count(*) FROM kept WHERE gone_at IS NULL").scalar() == 0
        receipts = portal.exec_driver_sql(
            "SELECT count(*) FROM attempt JOIN step ON step.id = attempt.step_id WHERE act = 'kept.erase' AND outcome = 'done'"
        )
        assert receipts.scalar() == len(days), "each day has an attempt and a receipt of its own"


def kept_command(*words):
    """`portal kept ...` as an operator types it; gives what it said."""
    done = run_portal("kept", *words, "--company", "fjordkaffe")
    return done.stdout + done.stderr


@pytest.mark.slow
def test_what_is_held_stays_in_the_shop_past_its_day_and_the_customer_reads_why(site):
    why = "A tax office asks about invoice 7."
    with closing(sqlite3.connect(site.folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"])) as shop:
        number = demo.stars.MAREN.customer_number
        (site.seen["account"],) = shop.execute("SELECT id FROM customers WHERE customer_number = ?", (number,)).fetchone()
    with clock.moved(timedelta(hours=80)):
        browser = come_back(site)
        listed = kept_command("list")
        case, last = listed.split()[0], max(re.findall(r"until (\d{4}-\d\d-\d\d)", listed))
        assert MAREN not in listed and "Vik" not in listed
        assert "one sentence" in kept_command("hold", case, "--reason", " ", "--by", "staff-7", "--second", "staff-8")
        assert "not the first" in kept_command("hold", case, "--reason", why, "--by", "staff-7", "--second", "staff-7")
        held = re.search(r"held \((\d+)\)", kept_command("hold", case, "--reason", why, "--by", "staff-7", "--second", "staff-8"))
        assert held and why in kept_command("list")
        browser.open("/data")
        assert f"Kept longer because {why} Until this has ended" in browser.words
        browser.open("/")
        assert "from an earlier deletion" in browser.words
    *_, before, _others = rows_in_the_shop(site)
    assert before
    after = date.fromisoformat(last) + timedelta(days=400)
    assert at_noon(after, site)[1] == before, "held"
    assert "is lifted" in kept_command("lift", held[1], "--by", "staff-7")
    assert "in force" in kept_command("lift", held[1], "--by", "staff-7")
    assert at_noon(after, site)[:2] == (0, 0)
