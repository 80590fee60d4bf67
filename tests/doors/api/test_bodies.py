"""Bodies without end, and callers who send and do not read: refused or let go of, with nothing left behind."""

import json
import socket
import time
from contextlib import ExitStack, closing

import pytest

from portal.api import streams
from tests.doors.api.caller import caller
from tests.doors.test_slow_clients import HEALTHY, opened
from tests.served import serve_demo

HEAD = "POST /api/v1/consents/check?purpose=newsletter HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nContent-Type: application/x-ndjson\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_demo(tmp_path_factory.mktemp("bodies")) as served:
        yield served


def head_of(served, length):
    return f"{HEAD}Authorization: Bearer {served.api_key}\r\n{length}\r\n\r\n".encode()


def spools(folder):
    return list((folder / "files" / "api").glob("*"))


def wait_until(come_true, seconds=20):
    until = time.monotonic() + seconds
    while not come_true() and time.monotonic() < until:
        time.sleep(0.05)
    return come_true()


@pytest.mark.parametrize("path", ["/consents/check", "/suppressions/check", "/consents/import"])
def test_a_body_of_5_gb_is_refused_by_its_length_before_any_of_it_is_read(served, path):
    head = head_of(served, "Content-Length: 5368709120").replace(b"/consents/check?purpose=newsletter", path.encode())
    with closing(opened(served.port, head)) as connection:
        assert connection.recv(200).startswith(b"HTTP/1.1 413")
    assert spools(served.folder) == []


def test_a_body_that_does_not_say_how_long_it_is_ends_where_too_much_has_come(site, monkeypatch):
    monkeypatch.setattr(streams, "LARGEST", 3 * streams.READ)
    shop = caller(site)
    most = b'"a@example.org"\n' * (streams.LARGEST // 16)
    for path in ("/consents/check?purpose=newsletter&channel=email", "/consents/import"):
        for raw, status in ((most, 200), (most + b"x", 413)):
            headers = {"Content-Type": "application/x-ndjson"}
            assert shop.call("POST", path, raw=raw, headers=headers).status_code == status
            assert spools(site.folder) == []


def test_a_caller_that_stops_reading_holds_up_nobody_and_its_body_goes_with_it(served):
    body = b'"nobody@example.org"\n' * 200_000
    connections = [opened(served.port, head_of(served, f"Content-Length: {len(body)}")) for _ in range(2)]
    for connection in connections:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(body)
    assert wait_until(lambda: len(spools(served.folder)) == 2)
    for _ in range(3):
        with closing(opened(served.port, HEALTHY)) as healthy:
            assert healthy.recv(200).startswith(b"HTTP/1.1 200")
    assert len(spools(served.folder)) == 2
    for connection in connections:
        assert connection.recv(200).startswith(b"HTTP/1.1 200")
        connection.close()
    assert wait_until(lambda: spools(served.folder) == [])


def test_callers_that_stop_reading_hold_no_thread_that_another_one_needs(served):
    """More of them than there are threads, with bodies so small and questions so short that none counts as large."""
    body = b'"a@b.co"\n' * 20_000
    asked = head_of(served, f"Content-Length: {len(body)}").replace(b"?purpose=newsletter", b"") + body
    with ExitStack() as stopped:
        for _ in range(9):
            stopped.enter_context(closing(opened(served.port, asked)))
        time.sleep(1)
        for _ in range(3):
            with closing(opened(served.port, HEALTHY)) as healthy:
                healthy.settimeout(20)
                assert healthy.recv(200).startswith(b"HTTP/1.1 200")
    assert wait_until(lambda: spools(served.folder) == [])


def test_a_caller_that_sends_everything_before_it_reads_gets_every_answer(served):
    count = 100_000
    body = b"".join(b'"nobody%d@example.org"\n' % number for number in range(count))
    with closing(opened(served.port, head_of(served, f"Content-Length: {len(body)}\r\nConnection: close"))) as connection:
        connection.sendall(body)
        answer = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    lines = [line for line in answer.splitlines() if line.startswith(b'{"line":')]
    assert len(lines) == count
    assert json.loads(lines[-1])["line"] == count
