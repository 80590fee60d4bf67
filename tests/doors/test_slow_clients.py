"""H6, raw against the served demo: clients that send slowly or never end take no thread, and are let go of by the clock."""

import socket
import threading
import time
from contextlib import closing

import pytest

from tests.doors.test_hosts import said, served, status

__all__ = ["served"]

HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
HEAD = b"POST /sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
SLOW = {
    "nothing at all": b"",
    "a head that does not end": b"GET /sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nX-Slow: ",
    "a body that does not come": HEAD + b"Content-Length: 5000\r\n\r\nemail=",
    "chunks that do not end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n6\r\nemail=\r\n",
    "chunks that pretend to end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n1000\r\nxx\r\n0\r\n\r\n",
    "a trailer that does not end": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
    "who waits to be asked and then says nothing": HEAD + b"Content-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
    "a large body that is not read": HEAD.replace(b"/sign-in", b"/u/xx") + b"Content-Length: 999999\r\n\r\nabc",
    "large chunks that do not come": HEAD.replace(b"/sign-in", b"/u/xx") + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\nabc",
    "empty lines": b"\r\n\r\n",
    "who never closes": HEALTHY,
}


def opened(port, sent):
    """A connection that has said so much."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(sent)
    return connection


@pytest.mark.parametrize("kind", SLOW)
def test_H6_fifty_slow_clients_do_not_hold_up_a_healthy_one(served, kind):
    slow = [opened(served.port, SLOW[kind]) for _ in range(50)]
    try:
        time.sleep(0.5)
        began = time.monotonic()
        for _ in range(5):
            assert status(said(served, HEALTHY, seconds=5)) == 200
        assert time.monotonic() - began < 5
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.sampled
@pytest.mark.parametrize("kind", ["a head that does not end", "a body that does not come"])
def test_H6_a_byte_now_and_then_gains_no_time(served, kind):
    with closing(opened(served.port, SLOW[kind])) as connection:
        ended, began = threading.Event(), time.monotonic()

        def drip():
            while not ended.wait(0.5):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            answer = connection.recv(200)
        except ConnectionResetError:
            answer = b"HTTP/1.1 408"
        finally:
            ended.set()
            dripping.join()
        assert answer.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 25


def test_H6_a_request_that_comes_in_pieces_is_served_like_any_other(served):
    with closing(opened(served.port, b"")) as connection:
        for byte in HEALTHY:
            connection.sendall(bytes([byte]))
        assert connection.recv(200).startswith(b"HTTP/1.1 200")


def test_H6_requests_sent_ahead_on_one_connection_are_all_answered(served):
    kept = HEALTHY.replace(b"Connection: close\r\n", b"")
    with closing(opened(served.port, kept + kept + HEALTHY[:20])) as connection:
        time.sleep(0.5)
        connection.sendall(HEALTHY[20:])
        answers = b""
        while piece := connection.recv(4096):
            answers += piece
        assert answers.count(b"HTTP/1.1 200") == 3


def test_H6_a_head_without_end_is_refused_by_its_size(served):
    with closing(opened(served.port, b"GET / HTTP/1.1\r\nX: " + b"y" * 40_000)) as connection:
        assert connection.recv(200).startswith(b"HTTP/1.1 431")


def test_H6_who_waits_to_be_asked_for_the_body_is_asked(served):
    with closing(
        opened(served.port, HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
    ) as connection:
        assert connection.recv(200).startswith(b"HTTP/1.1 100")
        connection.sendall(b"a=1")
        assert connection.recv(200).startswith(b"HTTP/1.1 4")


def test_H6_a_crowd_of_idle_connections_keeps_nobody_out(served):
    idle = [opened(served.port, b"") for _ in range(800)]
    try:
        for _ in range(5):
            assert status(said(served, HEALTHY, seconds=5)) == 200
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked",
        b"Content-Length: +3",
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"X: y\nContent-Length: 3\r\nContent-Length: 4",
    ],
)
def test_H6_a_request_whose_end_is_told_twice_or_not_plainly_is_refused(served, fields):
    with closing(opened(served.port, HEAD + fields + b"\r\n\r\na=1")) as connection:
        assert connection.recv(200).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"-1\r\nx", b"2\r\nabcd\r\n", b"0x3\r\nabc\r\n", b"1" * 300])
def test_H6_chunks_that_are_none_are_refused(served, chunk):
    with closing(opened(served.port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)) as connection:
        assert connection.recv(200).startswith(b"HTTP/1.1 400")


def test_H6_chunks_in_any_pieces_are_one_body(served):
    body = b"3;x=y\r\na=1\r\n5\r\n&b=22\r\n0\r\nX: y\r\n\r\n"
    with closing(opened(served.port, HEAD + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")) as connection:
        for byte in body:
            connection.sendall(bytes([byte]))
        # Read to its end and refused for want of the form's own proof, not for how it came.
        assert b"Content-Type: text/html" in connection.recv(4000)


def test_H6_who_sends_much_more_than_is_read_still_gets_the_answer(served):
    head = b"POST /api/v1/consents/check HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nContent-Type: application/x-ndjson\r\n"
    with closing(opened(served.port, head + b"Content-Length: 4000000\r\n\r\n")) as connection:
        connection.sendall(b"x" * 4_000_000)
        assert connection.recv(200).startswith(b"HTTP/1.1 401")
