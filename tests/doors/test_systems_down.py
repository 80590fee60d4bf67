"""A system that is away, locked, slow, half there or full of rubbish: pages and cases say so, tell nothing of it, and lose nothing (H15, D14)."""

import io
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest

import demo
from portal.adapters import asking
from portal.cases.service import resolve_step
from portal.core import clock
from tests.doors.broken import PROBE, logged, traces_in, traces_in_log
from tests.doors.tables import digest

MAREN = demo.CUSTOMER
LOCKER = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); input()"
)


@contextmanager
def mending(file):
    """What the block does to the file is undone at its end."""
    kept = file.with_suffix(".kept")
    shutil.copy(file, kept)
    yield file
    # In place, so that connections that are open see it.
    file.write_bytes(kept.read_bytes())


@contextmanager
def at(file, *statements):
    with mending(file):
        connection = sqlite3.connect(file)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        yield


@contextmanager
def rubbish(file):
    """Bytes that are no database, in the very file that connections have open."""
    with mending(file):
        with file.open("r+b") as opened:
            opened.write(PROBE.encode() * (file.stat().st_size // len(PROBE)))
        yield


@contextmanager
def locked(file):
    """Another process holds it and lets nobody read."""
    with subprocess.Popen(
        [sys.executable, "-c", LOCKER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield
        process.communicate("\n")


def half(file):
    """One table is gone, all others are there."""
    return at(file, "DROP TABLE orders")


def endless(file):
    """One table takes for ever to read."""
    with closing(sqlite3.connect(file)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(orders)")]
    count = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n)"
    return at(
        file,
        "PRAGMA legacy_alter_table=ON",
        "ALTER TABLE orders RENAME TO real_orders",
        f"CREATE VIEW orders AS SELECT {', '.join(columns)} FROM real_orders WHERE {count} > id",
    )


def seen_alone(site):
    """Every system has answered and there was nobody else, however long the machine took for it."""
    browser = site.signed_in(MAREN)
    for _ in range(60):
        if "F-204417" in browser.open("/data").text:
            return
        time.sleep(0.5)
    raise AssertionError("the systems do not answer")


def look(site, browser):
    """Every page on which the person's data stands, each of them searched."""
    words = ""
    for path in ("/", "/data", "/get-a-copy", "/data/open", "/requests"):
        text = browser.open(path).text
        assert browser.status == 200, path
        assert traces_in(text, str(site.folder), "fjordkaffe_shop.db") == [], path
        words += browser.words
    return words


@pytest.mark.parametrize(
    ("broken", "waits"),
    [pytest.param(locked, True, marks=pytest.mark.slow), pytest.param(endless, True, marks=pytest.mark.long), (rubbish, False)],
    ids=["locked", "endless", "rubbish"],
)
def test_H15_a_system_that_fails_is_named_and_nothing_it_says_gets_out(site, broken, waits, monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 1.0)
    # Everything answered once before and there was nobody else: only then is a silent system no reason to show nothing (C2).
    seen_alone(site)
    browser = site.browser()
    browser.ask_for_link(MAREN)
    link = site.link_of(MAREN)
    with logged() as log:
        with broken(site.folder / "fjordkaffe_shop.db"):
            browser.open(link)
            browser.submit("Sign in")
            words = look(site, browser)
            assert "Our shop" in words
            assert "By the window" in browser.open("/data").text, "what other systems hold is shown all the same"
            assert "Nygårdsgaten" not in browser.answer.text
            number = ask_for_copy(browser)
            site.work()
            browser.open(f"/requests/{number}")
            assert ("We try again at" if waits else "It does not answer as it should. A person looks at it.") in browser.words
        settle(site, number, waits)
        browser.open(f"/requests/{number}")
        assert "Our shop Done" in browser.words, "nothing was lost"
        browser.submit("Download")
        names = zipfile.ZipFile(io.BytesIO(browser.answer.data))
        assert b"Nyg" in b"".join(names.read(name) for name in names.namelist())
        with clock.moved(timedelta(minutes=11)):
            assert "Nygårdsgaten" in browser.open("/data").text, "what was read is forgotten after ten minutes"
    assert traces_in_log(log.getvalue(), MAREN, str(site.folder)) == []
    assert [name for name, rows in digest(site).items() if "hunter2" in str(rows) or "no such" in str(rows)] == []


def test_D14_a_table_that_is_gone_is_no_empty_table(site):
    seen_alone(site)
    browser = site.browser()
    browser.ask_for_link(MAREN)
    link = site.link_of(MAREN)
    with half(site.folder / "fjordkaffe_shop.db"), logged() as log:
        browser.open(link)
        browser.submit("Sign in")
        assert "Some of it cannot be shown now" in browser.open("/data").text
        assert "F-204417" not in browser.answer.text
        number = ask_for_copy(browser)
        site.work()
        browser.open(f"/requests/{number}")
        browser.submit("Download")
        names = zipfile.ZipFile(io.BytesIO(browser.answer.data))
        index = names.read("index.html").decode()
        assert "We could not read it. A person is mending that." in index or "It did not answer as it should." in index
    assert traces_in_log(log.getvalue(), MAREN, str(site.folder)) == []


def ask_for_copy(browser):
    browser.open("/get-a-copy")
    browser.submit("Continue", scope="all")
    browser.submit("Make my copy")
    return browser.path.rsplit("/", 1)[1]


def settle(site, number, waits):
    """Time passes, or whoever looks after the system asks it once more."""
    if not waits:
        with site.running.database.writing(1) as db:
            resolve_step(db, number, system="shop", outcome="retry", reason="The shop is mended.", actor="staff-1")
    with clock.moved(timedelta(minutes=2)):
        site.work()


def test_H15_values_of_no_known_shape_are_shown_as_they_are_and_break_nothing(site):
    odd = "UPDATE customers SET birth_date = 'about 1991', created_at = 'infinity', language = x'ff00fe' WHERE email = 'maren@example.org'"
    with (
        at(site.folder / "fjordkaffe_shop.db", odd, "UPDATE orders SET total = 'NaN', ordered_at = '9999999-99-99'"),
        logged() as log,
    ):
        browser = site.signed_in(MAREN)
        assert "about 1991" in browser.open("/data").text
        look(site, browser)
    assert "about 1991" not in log.getvalue()
    assert traces_in_log(log.getvalue(), MAREN) == []
