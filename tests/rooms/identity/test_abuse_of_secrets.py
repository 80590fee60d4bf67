"""Rows S10-S12 of the abuse list: who is a customer, what lies in the database, and what a token of another kind can do."""

import io
import logging
import random
import socket
import statistics
import time
from collections.abc import Callable, Iterator

import pytest

from portal.core import logs
from portal.identity import links, sessions
from portal.identity.outcomes import CodeMalformed, LinkUnknown
from tests.rooms.identity.people_at_browsers import MARIA, Browser, newest_letter, post
from tests.rooms.world import World

Make = Callable[..., Browser]


def test_S10_known_and_unknown_addresses_leave_the_same_row_and_get_the_same_answer(world: World, new_browser: Make) -> None:
    new_browser().signs_in(MARIA)
    shapes = []
    for address in (MARIA, "nobodyy@example.org"):
        asker = new_browser()
        asking = asker.asks(address)
        row = world.rows(
            "SELECT state, length(identifier_hash), length(address), language, browser, destination, typed, token_hash, code_hash,"
            " code_tries, ended_at FROM sign_in_request ORDER BY id DESC LIMIT 1"
        )[0]
        post(world)
        letter = newest_letter(world, address)
        answer = (asking.codes_off, asking.signed_in, asking.typed, asking.valid_until - asking.asked_at)
        shapes.append((row[:2], row[3:], answer, letter.subject, letter.text.count("\n")))
    assert shapes[0] == shapes[1]


def test_S10_asking_writes_one_row_and_looks_nobody_up(world: World, browser: Browser) -> None:
    browser.asks(MARIA)
    assert world.rows("SELECT count(*) FROM sign_in_request") == [(1,)]
    for table in ("person", "identifier", "session", "mail", "limit_counter"):
        assert world.rows(f"SELECT count(*) FROM {table}") == [(0,)]


@pytest.mark.long
def test_S10_asking_takes_as_long_for_a_known_address_as_for_an_unknown_one(world: World, new_browser: Make) -> None:
    new_browser().signs_in(MARIA)
    spent: dict[str, list[float]] = {MARIA: [], "maria@example.net": []}
    for _ in range(500):
        for address, times in spent.items():
            began = time.perf_counter()
            new_browser().asks(address)
            times.append(time.perf_counter() - began)
    known, unknown = (statistics.median(times) for times in spent.values())
    assert 0.85 < known / unknown < 1.15


def test_S10_no_name_is_looked_up_while_asking(world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("A name was looked up.")

    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getfqdn"):
        monkeypatch.setattr(socket, name, refuse)
    browser.asks("maria@no-such-host-anywhere.org")
    post(world)
    assert newest_letter(world, "maria@no-such-host-anywhere.org").code


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the product logs, as it would stand in a file."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    logs.set_up(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)


def test_S11_no_token_code_or_address_lies_in_the_database_or_the_log(world: World, browser: Browser, log: io.StringIO) -> None:
    browser.asks(typed={"note": "typed-words"})
    post(world)
    letter = newest_letter(world)
    browser.types_code("00000000")
    browser.presses(letter.token)
    stored = world.everything_stored()
    secrets = [
        letter.token,
        letter.code,
        letter.code.replace(" ", ""),
        browser.nonce,
        browser.session_token,
        MARIA,
        "typed-words",
    ]
    for secret in secrets:
        assert secret
        assert secret.encode() not in stored
        assert secret not in log.getvalue()


def test_S11_tokens_do_not_come_from_the_random_of_games(world: World, new_browser: Make) -> None:
    tokens, codes = set(), set()
    for _ in range(4):
        random.seed(1)
        asker = new_browser()
        asker.asks()
        post(world)
        tokens.add(newest_letter(world).token)
        codes.add(newest_letter(world).code)
    assert len(tokens) == len(codes) == 4
    assert all(len(token) >= 22 for token in tokens)


def test_S12_a_token_of_one_kind_is_nothing_elsewhere(world: World, browser: Browser) -> None:
    browser.asks()
    post(world)
    letter = newest_letter(world)
    assert browser.nonce
    with world.reading() as db:
        assert sessions.session_of(db, letter.token) is None
        assert sessions.session_of(db, browser.nonce) is None
        assert links.asking_of(db, letter.token) is None
    for other in (browser.nonce, letter.code, letter.code.replace(" ", "")):
        assert browser.presses(other) == LinkUnknown()
        assert browser.says_not_me(other) == LinkUnknown()
    browser.presses(letter.token)
    assert browser.session_token
    for other in (browser.session_token, browser.nonce):
        assert browser.looks_at(other) == LinkUnknown()
        assert browser.asks_again(other) == LinkUnknown()
        assert browser.types_code(other) == CodeMalformed()
    with world.reading() as db:
        assert links.asking_of(db, browser.session_token) is None
