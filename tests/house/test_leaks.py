"""Harness (b): after a full walk at the served demo, no name, address, number, token or code stands where it must not (byte search)."""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

import demo
from portal.core import crypto
from tests.doors.processes import wait_until
from tests.doors.visitor import Visitor
from tests.served import ROOT, code_in, link_in, serve_demo

pytestmark = pytest.mark.slow

MAREN, (ODD, SELMA), HOSTILE = demo.stars.MAREN, demo.SHARED, demo.stars.HOSTILE
STRANGER = "ingen.kjenner@example.net"


@dataclass
class Walk:
    """What a full walk left behind: bytes by where they were found, requests, secrets that were in use."""

    folder: Path
    places: dict[str, bytes]
    urls: list[str]
    referrers: list[str]
    tokens: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    copy: bytes = b""


class Sampler(threading.Thread):
    """Reads every file of some folders again and again, so that what is there for a moment only is seen too."""

    def __init__(self, *folders):
        super().__init__(daemon=True)
        self.folders, self.done, self.seen, self.read = folders, threading.Event(), {}, b""

    def run(self):
        while not self.done.wait(0.01):
            for path in [path for folder in self.folders for path in folder.rglob("*")]:
                try:
                    state = path.stat()
                    if path.is_file() and self.seen.get(path) != (state.st_mtime_ns, state.st_size):
                        self.seen[path] = (state.st_mtime_ns, state.st_size)
                        self.read += path.name.encode() + b"\n" + path.read_bytes() + b"\n"
                except OSError:
                    continue


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    folder, temporary = tmp_path_factory.mktemp("leaks"), tmp_path_factory.mktemp("temporary")
    with serve_demo(folder, TMPDIR=str(temporary)) as served:
        (folder / "files").mkdir(exist_ok=True)
        sampler = Sampler(temporary, folder / "files")
        sampler.start()
        with (
            Visitor(served) as maren,
            Visitor(served) as second,
            Visitor(served) as shared,
            Visitor(served) as hostile,
        ):
            tokens, links, copied, said = walk_through(served, maren, second, shared, hostile)
            visitors = (maren, second, shared, hostile)
            urls = [str(request.url) for one in visitors for request in one.requests]
            referrers = [request.headers.get("Referer", "") for one in visitors for request in one.requests]
        sampler.done.set()
        sampler.join()
    places = {
        "logs": served.log.read_bytes() + said.encode(),
        "temporary files": sampler.read + b"".join(path.read_bytes() for path in temporary.rglob("*") if path.is_file()),
        "the portal's own database and files": b"".join(
            path.read_bytes() for path in [*folder.glob("portal.db*"), *(folder / "files").rglob("*")] if path.is_file()
        ),
    }
    return Walk(folder, places, urls, referrers, tokens, links, copied)


def walk_through(served, maren, second, shared, hostile):
    """Everything that people do and get wrong; gives tokens and codes, links, the file, and what commands said."""
    crypto.use_keys(crypto.parse_key_ring((served.folder / "keys.json").read_text()))
    mails = [maren.sign_in(MAREN.email)]
    mails += [second.ask_for_link(MAREN.email)]
    wrong = "1111 1111" if code_in(mails[-1]) != "1111 1111" else "2222 2222"
    for _ in range(3):
        second.submit("Continue", code=wrong)
    second.submit("Continue", code=code_in(mails[-1]))
    assert second.path == "/"
    for path in (
        "/data",
        "/data?group=who",
        "/preferences",
        "/preferences/history",
        "/requests",
        "/sessions",
        "/help",
        "/again",
        "/data/open",
        "/in/nonsense",
        "/nowhere",
    ):
        maren.open(path)
    tokens = {cookie.value for cookie in maren.client.cookies.jar} | session_tokens(maren, second)
    copied, number = fetch_copy(maren)
    said = release(served, number)
    wait_until(
        lambda: maren.open(f"/requests/{number}") and "looks at it first" not in maren.words and "Download" in maren.answer.text
    )
    mails += [shared.sign_in(demo.SHARED_ADDRESS)]
    shared.open("/data/open")
    shared.submit("Open my data", kind="customer_number", value="FK-99999")
    shared.submit("Open my data", kind="customer_number", value=ODD.customer_number)
    assert ODD.last_name in shared.answer.text
    mails += [hostile.sign_in(HOSTILE.email)]
    hostile.open("/data")
    hostile.ask_for_link(STRANGER)
    tokens |= session_tokens(maren, shared, hostile)
    for visitor in (maren, shared):
        answer = visitor.client.post(
            "/sign-in", data={"email": MAREN.email, "csrf_token": "none"}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        assert answer.status_code == 400
        assert visitor.client.post("/in", content=b"x" * 200_000).status_code in (400, 413)
        visitor.open("/sessions")
        visitor.submit("Sign out")
        assert visitor.path == "/sign-in"
    links = {link_in(mail).rsplit("/", 1)[1] for mail in mails}
    codes = {code for mail in mails for code in (code_in(mail), code_in(mail).replace(" ", ""))}
    return tokens | links | codes, links, copied, said


def session_tokens(*visitors):
    """What the cookies hold: tokens of sessions and nonces of browsers."""
    found = set()
    for visitor in visitors:
        for cookie in visitor.client.cookies.jar:
            if cookie.name == "portal":
                inside = crypto.signer("site-cookie").loads(cookie.value)
                found |= {inside[name] for name in ("sid", "nonce") if name in inside} | {cookie.value}
    return found


def fetch_copy(visitor):
    visitor.open("/get-a-copy")
    visitor.submit("Continue", scope="all")
    visitor.submit("Make my copy")
    path = visitor.path
    wait_until(lambda: "Download" in visitor.open(path).text, seconds=60)
    return visitor.submit("Download").content, path.rsplit("/", 1)[1]


def release(served, number):
    """What a person does who has looked at the free texts; gives everything that the commands printed."""
    lines = (served.folder / "environment").read_text().splitlines()
    environment = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    said = ""
    for words in (
        ["list"],
        ["show", number],
        ["texts", number, "--by", "staff-7"],
        ["release", number, "--by", "staff-7"],
        ["show", number],
    ):
        command = [sys.executable, "-m", "portal", "case", words[0], "--company", "fjordkaffe", *words[1:]]
        answer = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=60
        )
        assert answer.returncode == 0, answer.stderr
        # The one command that is for reading them.
        said += answer.stderr if words[0] == "texts" else answer.stdout + answer.stderr
    assert "released" in said
    return said


def spellings(value):
    """A value as it may stand in bytes: plain, escaped for addresses, for HTML and for JSON, and in wide characters."""
    ascii_only = value.encode("unicode_escape")
    plain = {value, value.lower(), quote(value), quote_plus(value), quote(value, safe=""), value.replace(" ", "")}
    return {one.encode() for one in plain} | {ascii_only, value.encode("utf-16-le")}


SHAPES = re.compile(rb"[\w.+-]+@[\w.-]+|\b[FK]K?-\d{5,6}|\+\d\d \d{3} \d\d \d{3}")
"""What addresses, customer, order and telephone numbers look like; all there are in some bytes are found in one go."""


def people_in(place):
    """What stands there in clear of anyone whom the demo knows, and of the walkers in whatever spelling."""
    known = {STRANGER.encode()}
    for person in demo.people("fjordkaffe"):
        known |= {value.encode() for value in (person.email, person.customer_number, person.order_number, person.phone) if value}
    found = {match for match in SHAPES.findall(place) if match in known or match.lower() in known}
    walkers: set[str | None] = {STRANGER, demo.SHARED_ADDRESS}
    for person in (MAREN, ODD, SELMA, HOSTILE):
        walkers |= {person.email, person.customer_number, person.street, person.name, person.first_name, person.last_name}
    # Fewer than five letters stand in random bytes by chance.
    found |= {value.encode() for value in walkers if value and len(value) >= 5 and any(one in place for one in spellings(value))}
    return found


def test_the_walk_was_full_and_the_search_finds_what_is_there(walk):
    names = zipfile.ZipFile(io.BytesIO(walk.copy))
    told = people_in(b"".join(names.read(name) for name in names.namelist()))
    assert {MAREN.street.encode(), MAREN.email.encode(), MAREN.order_number.encode()} <= told
    assert len(walk.urls) > 60
    assert len(walk.links) == 4
    assert len(walk.tokens) > 12
    assert b"engine.step" in walk.places["logs"]
    assert b"newsletter" in walk.places["the portal's own database and files"]
    assert (walk.folder / "files" / "packages").is_dir()


@pytest.mark.parametrize("place", ["logs", "temporary files", "the portal's own database and files"])
def test_no_seeded_name_address_or_number_stands_in_clear(walk, place):
    assert people_in(walk.places[place]) == set()


@pytest.mark.parametrize("place", ["logs", "temporary files", "the portal's own database and files"])
def test_no_token_and_no_code_stands_in_clear(walk, place):
    assert [token for token in walk.tokens if token.encode() in walk.places[place]] == []


def test_no_url_names_anyone_and_a_token_stands_in_its_own_link_only(walk):
    everything = "\n".join(walk.urls)
    assert people_in(everything.encode()) == set()
    for url in walk.urls:
        for token in walk.tokens:
            assert token not in url or (token in walk.links and re.search(r":\d+/in/[\w-]+$", url)), url


def test_S11_no_referer_tells_a_token_or_a_person(walk):
    everything = "\n".join(walk.referrers)
    assert "/sign-in" in everything, "referrers were sent as the pages allow it"
    assert [token for token in walk.tokens if token in everything] == []
    assert "/in/" not in everything


def test_O7_every_line_of_the_logs_is_one_json_object(walk):
    lines = (walk.folder / "log").read_text().splitlines()
    assert len(lines) > 10
    for line in lines:
        assert line.startswith("Port ") or {"at", "level", "event"} <= set(json.loads(line)), line
