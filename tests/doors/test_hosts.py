"""Which company answers, and to whom: raw requests against the served application."""

import socket
from contextlib import suppress

import pytest

from tests.served import serve_demo


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serve_demo(tmp_path_factory.mktemp("hosts")) as served:
        yield served


def said(served, raw, seconds=10):
    """What the server answers to these very bytes. One that has refused already may have closed before all of them were sent."""
    with socket.create_connection(("127.0.0.1", served.port), timeout=seconds) as connection:
        with suppress(OSError):
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_each_company_answers_at_its_own_host(served):
    first = said(served, b"GET /sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nConnection: close\r\n\r\n")
    second = said(served, b"GET /sign-in HTTP/1.1\r\nHost: alpenrad.localhost:1234\r\nConnection: close\r\n\r\n")
    assert b"Fjordkaffe" in first
    assert b"Alpenrad" not in first
    assert b"Alpenrad" in second
    assert b"Fjordkaffe" not in second


@pytest.mark.parametrize(
    "head",
    [
        b"Host: nobody.example\r\n",
        b"Host: \r\n",
        b"Host: fjordkaffe.localhost, alpenrad.localhost\r\n",
        b"Host: fjordkaffe.localhost/x\r\n",
        b"Host: fjordkaffe.localhost:80:80\r\n",
        b"Host: user@fjordkaffe.localhost\r\n",
        b"Host: nobody.example\r\nX-Forwarded-Host: fjordkaffe.localhost\r\n",
        b"Host: nobody.example\r\nForwarded: host=fjordkaffe.localhost\r\n",
        b"Host: fjordkaffe.localhost\r\nHost: alpenrad.localhost\r\n",
    ],
)
def test_H4_an_unknown_empty_doubled_or_junk_host_is_refused_before_any_view(served, head):
    answer = said(served, b"GET /sign-in HTTP/1.1\r\n" + head + b"Connection: close\r\n\r\n")
    assert status(answer) in (400, 421)
    assert b"csrf" not in answer


def test_H4_without_a_host_nothing_is_served(served):
    assert status(said(served, b"GET /sign-in HTTP/1.0\r\n\r\n")) == 421


def test_H4_an_absolute_address_does_not_pick_the_company(served):
    raw = b"GET http://alpenrad.localhost/sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nConnection: close\r\n\r\n"
    answer = said(served, raw)
    assert b"Alpenrad" not in answer


def test_H6_ambiguous_framing_is_refused(served):
    start = b"POST /sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nConnection: close\r\n"
    for head, body in (
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n"),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", b"abcdef"),
        (b"Content-Length: +5\r\n\r\n", b"abcde"),
        (b"Transfer-Encoding : chunked\r\n\r\n", b"0\r\n\r\n"),
    ):
        assert status(said(served, start + head + body)) in (400, 501)


def test_H6_a_slow_client_does_not_hold_up_the_others(served):
    slow = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(4)]
    try:
        for connection in slow:
            connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nX-Slow: ")
        assert status(said(served, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", seconds=5)) == 200
    finally:
        for connection in slow:
            connection.close()


def test_H7_a_body_of_many_parts_or_bytes_is_refused(served):
    for size, body in ((200_000, b"a=" + b"x" * 199_998), (0, b"&".join(b"a%d=1" % n for n in range(20_000)))):
        raw = b"POST /sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        raw += b"Content-Length: %d\r\nConnection: close\r\n\r\n" % (size or len(body))
        assert status(said(served, raw + body)) in (400, 413)


def test_H7_a_body_that_does_not_say_its_length_is_held_to_the_same_limit(served):
    head = b"POST /sign-in HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    chunks = b"".join(b"1000\r\n" + b"a=1&" * 1024 + b"\r\n" for _ in range(100))
    answer = said(served, head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert status(answer) in (400, 413)


def test_H14_no_path_leads_out_of_the_static_files(served):
    for path in (
        b"/static/../portal/settings.py",
        b"/static/%2e%2e/portal/settings.py",
        b"/static/%252e%252e%252fportal.yaml",
        b"/static/..%5c..%5cportal.yaml",
        b"/static/portal.css/../../run",
        b"/static/CON",
        b"/static//etc/passwd",
        b"/static/portal.css%00.js",
    ):
        answer = said(served, b"GET " + path + b" HTTP/1.1\r\nHost: fjordkaffe.localhost\r\nConnection: close\r\n\r\n")
        assert status(answer) in (400, 404), path


def test_O7_there_is_no_page_for_machines_that_tells_anything(served):
    for path in (b"/metrics", b"/docs", b"/openapi.json", b"/debug", b"/.git/config", b"/server-status"):
        assert status(said(served, b"GET " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")) == 404


def test_O6_what_the_server_itself_cannot_read_is_logged_without_its_words(served):
    for raw in (
        b"GET /in/SECRET-TOKEN HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /in/SECRET-TOKEN\x00\xff HTTP/1.1\r\nHost: 127.0.0.1\r\nX: \x00maren@example.org\r\n\r\n",
        b"POST /in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: SECRET-TOKEN\r\n\r\ntoken=SECRET-TOKEN",
        b"GET /" + b"SECRET-TOKEN" * 600 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"SECRET-TOKEN maren@example.org\r\n\r\n",
    ):
        assert status(said(served, raw)) in (0, 400, 404, 414, 421, 431, 505)
    log = served.log.read_text()
    assert "SECRET-TOKEN" not in log
    assert "maren@" not in log
    for line in log.splitlines():
        assert line.startswith(("Port ", "{")), line
