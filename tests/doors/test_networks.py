"""H5: who is counted as one network, and that counters stand in the database: forged headers and several web processes dodge nothing."""

import io
import json
import threading

import pytest

from portal.core import crypto, limits, logs
from portal.core.db import ALL_COMPANIES, Database
from portal.web import context
from portal.web.strangers import ASKING
from tests.doors.processes import stopped, web_processes
from tests.doors.site import open_site
from tests.doors.visitor import Visitor
from tests.doors.walked import token_on
from tests.served import code_in, serve_demo


def counted(site, network):
    with site.running.database.reading(ALL_COMPANIES) as db:
        return limits.counted(db, ASKING, network)


def ask_from(site, remote, *, status=302, **headers):
    """One request for a link, over a connection from that address."""
    browser = site.browser()
    browser.open("/sign-in")
    answer = browser.client.post(
        "/sign-in",
        data={"csrf_token": token_on(browser), "email": "someone@example.net"},
        base_url=f"http://{browser.host}",
        headers={"Sec-Fetch-Site": "same-origin", **headers},
        environ_overrides={"REMOTE_ADDR": remote},
    )
    assert answer.status_code == status


FORGED = [
    {"X-Forwarded-For": "198.51.100.7"},
    {"X-Forwarded-For": "198.51.100.7, 198.51.100.8"},
    {"X-Forwarded-For": ",,, "},
    {"X-Forwarded-For": "unknown, [2001:db8::7]:80"},
    {"X_Forwarded_For": "198.51.100.7"},
    {"X-Real-IP": "198.51.100.7"},
    {"Forwarded": "for=198.51.100.7"},
    {"Client-IP": "198.51.100.7", "True-Client-IP": "198.51.100.7", "CF-Connecting-IP": "198.51.100.7"},
]


def test_H5_by_default_no_header_says_where_a_request_came_from(site):
    for number, headers in enumerate(FORGED, start=1):
        ask_from(site, "203.0.113.9", **headers)
        assert counted(site, "203.0.113.9") == number, headers
    assert counted(site, "198.51.100.7") == 0


def test_H5_behind_one_proxy_only_what_that_proxy_added_is_believed(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_TRUSTED_HOPS", "1")
    site = open_site(tmp_path / "demo")
    ask_from(site, "127.0.0.1", **{"X-Forwarded-For": "203.0.113.9"})
    ask_from(site, "127.0.0.1", **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    ask_from(site, "127.0.0.1", **{"X-Forwarded-For": "203.0.113.9, 203.0.113.9,203.0.113.9"})
    assert counted(site, "203.0.113.9") == 3
    assert counted(site, "198.51.100.1") == 0
    ask_from(site, "127.0.0.1", **{"X-Forwarded-For": "203.0.113.9, <script>"})
    assert counted(site, "unreadable") == 1, "rubbish is one network, however it is spelt"
    ask_from(site, "127.0.0.1")
    assert counted(site, "127.0.0.1") == 1
    site.running.database.close()


@pytest.mark.parametrize(
    ("forwarded", "level", "count"), [({}, "info", 0), ({"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}, "warning", 2)]
)
def test_H5_what_is_counted_is_said_once_and_never_by_its_address(site, monkeypatch, forwarded, level, count):
    monkeypatch.setattr(context, "_unsaid", threading.Lock())
    written = io.StringIO()
    logs.set_up(stream=written)
    ask_from(site, "127.0.0.1", **forwarded)
    ask_from(site, "203.0.113.9", **forwarded)
    logs.set_up()
    said = [json.loads(line) for line in written.getvalue().splitlines() if "web.network" in line]
    assert [(line["level"], line["address_seen"], line["count"]) for line in said] == [(level, "loopback", count)]
    assert "127.0.0.1" not in written.getvalue()
    assert "203.0.113" not in written.getvalue()


def test_H5_addresses_of_one_household_are_one_network(site):
    for host in ("::1", ":ffff:ffff:ffff:ffff", ":1:2:3:4"):
        ask_from(site, f"2001:db8:0:7{host}")
    assert counted(site, "2001:db8:0:7::") == 3
    ask_from(site, "2001:db8:0:8::1")
    assert counted(site, "2001:db8:0:8::") == 1
    for same in ("203.0.113.9", "::ffff:203.0.113.9", "::ffff:cb00:7109"):
        ask_from(site, same)
    assert counted(site, "203.0.113.9") == 3


def test_H5_over_its_limit_a_network_is_told_so_and_nothing_is_written(site):
    with site.running.database.writing(ALL_COMPANIES) as db:
        for _ in range(ASKING.count):
            limits.count_once(db, ASKING, "203.0.113.9")
    ask_from(site, "203.0.113.9", status=429, **{"X-Forwarded-For": "198.51.100.7"})
    ask_from(site, "203.0.113.10")
    assert len(site.mails("someone@example.net")) == 1, "only the one from elsewhere was served"


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    with serve_demo(tmp_path_factory.mktemp("two"), PORTAL_WEB_PROCESSES="2", PORTAL_TRUSTED_HOPS="1") as served:
        yield served


@pytest.mark.slow
def test_H5_wrong_codes_spread_over_two_web_processes_are_counted_together(two_processes):
    one, other = web_processes(two_processes)
    with Visitor(two_processes) as visitor:
        mail = visitor.ask_for_link("spread@example.net")
        code = code_in(mail)
        wrong = "1111 1111" if code != "1111 1111" else "2222 2222"
        for sleeping, left in ((one, 4), (other, 3), (one, 2), (other, 1), (one, 0)):
            kept = visitor.answer
            with stopped(sleeping):
                visitor.submit("Continue", code=wrong)
            assert (f"{left} tr" if left else "Too many wrong codes") in visitor.words
        # The form is gone from the page; whoever kept it may go on sending it, and the right code is no better than a wrong one.
        for sleeping in (one, other):
            visitor.answer = kept
            with stopped(sleeping):
                visitor.submit("Continue", code=code)
            assert "Too many wrong codes" in visitor.words
            assert visitor.path == "/check-mail"


@pytest.mark.slow
def test_H5_on_the_wire_neither_underscores_nor_lists_hide_the_network(two_processes):
    one, other = web_processes(two_processes)
    crypto.use_keys(crypto.parse_key_ring((two_processes.folder / "keys.json").read_text()))
    database = Database(f"sqlite:///{two_processes.folder / 'portal.db'}")

    def count(network):
        with database.reading(ALL_COMPANIES) as db:
            return limits.counted(db, ASKING, network)

    before = count("127.0.0.1")
    with Visitor(two_processes) as visitor:
        visitor.open("/sign-in")
        path, values = visitor.form("Send me the link")
        for number, name in enumerate(["X_Forwarded_For"] * 4 + ["X-Forwarded-For"] * 4):
            value = "203.0.113.77" if name.startswith("X_") else f"198.51.100.{number}, 203.0.113.77"
            with stopped(one if number % 2 else other):
                sent = {"Sec-Fetch-Site": "same-origin", name: value}
                answer = visitor.client.post(
                    path, data={**values, "email": "x@example.net"}, headers=sent, follow_redirects=False
                )
            assert answer.status_code == 302
    assert count("127.0.0.1") - before == 4, "with an underscore it is no header of a proxy"
    assert count("203.0.113.77") == 4, "whatever the list says, its last address is the one that the proxy saw"
    database.close()
