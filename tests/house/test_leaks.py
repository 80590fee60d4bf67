"""Harness (b): after a full walk at the served demo, no name, address, number, token or code stands where it must not (byte search)."""

import io
import json
import os
import re
import shlex
import sqlite3
import threading
import zipfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest

import demo
from portal.accounts.api_keys import SCOPES
from portal.core import crypto
from tests.doors.processes import wait_until
from tests.doors.visitor import Visitor
from tests.nursery import run_portal
from tests.served import code_in, link_in, serve_demo

# All of it is one walk in the fixture; on a busy machine that takes longer than a test usually may.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

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
    doors: dict[str, str] = field(default_factory=dict)
    """Tokens that open another page than a sign-in, by the only addresses at which they may stand."""
    sealed: set[bytes] = field(default_factory=set)
    """What stood sealed in the portal's rows of the person who was erased in the end."""


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
            key, doors = go_in_by_other_doors(served, maren, second)
            sealed, result = delete_everything(served, maren)
            tokens |= {key, *doors, *result}
            doors |= result
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
    return Walk(folder, places, urls, referrers, tokens, links, copied, doors, sealed)


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


def go_in_by_other_doors(served, maren, second):
    """A system with a key, links in mails, and an erasure that is asked for and stopped; gives the key, and tokens by their doors."""
    scopes = [word for name in SCOPES for word in ("--scope", name)]
    key = command(served, "api-key", "add", "--company", "fjordkaffe", "leak-walk", *scopes).splitlines()[-1]
    assert key.startswith("ppk_")

    def call(path, body):
        answer = httpx.post(
            f"{served.url}/api/v1{path}", json=body, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
        return answer.json()

    who = {"identifier": {"kind": "email", "value": MAREN.email}}
    assert call("/consents/check", {**who, "purposes": ["newsletter"], "channels": ["email"]})["choices"]
    assert call("/consents/history", who)["events"]
    page, one_click = (call("/links", {**who, "choice": "newsletter.email"})["token"] for _ in range(2))
    maren.open(f"/p/{page}")
    maren.submit("Stop “News and offers, E-mail”")
    maren.open(f"/p/{page[:-3]}xyz")
    assert maren.client.post(f"/u/{one_click}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    maren.sign_in(MAREN.email)
    maren.open("/erase/plan")
    maren.submit("Open my data", kind="customer_number", value=MAREN.customer_number)
    before = len(served.mails(MAREN.email))
    maren.submit("Delete my data", understood="y")
    assert maren.path.startswith("/requests/")
    mail = served.wait_for_mail(MAREN.email, more_than=before)
    (stop,) = re.findall(r"/erase/stop/([\w-]+)", mail["text"])
    second.open(f"/erase/stop/{stop}")
    second.submit("Stop the deletion")
    return key, {page: f"/p/{page}(/[a-z]+)?", one_click: f"/u/{one_click}", stop: f"/erase/stop/{stop}"}


def delete_everything(served, maren):
    """Confirmed once more, and this time nobody stops it; gives what was sealed of her before, and the token of the last mail."""
    maren.open("/erase/plan")
    maren.submit("Delete my data", understood="y")
    assert maren.path.startswith("/requests/"), maren.path
    with closing(sqlite3.connect(served.folder / "portal.db", timeout=30)) as portal, portal:
        ((case_id, person),) = portal.execute("SELECT id, person_id FROM \"case\" WHERE kind = 'erasure' AND state = 'open'")
        sealed = {bytes(value) for (value,) in portal.execute("SELECT value FROM identifier WHERE person_id = ?", (person,))}
        sealed |= {bytes(plan) for (plan,) in portal.execute("SELECT plan FROM erasure_plan WHERE case_id = ?", (case_id,))}
        portal.execute(
            "UPDATE step SET run_at = '2000-01-01 00:00:00' WHERE act = 'erasure.begin' AND subject_id = ?", (case_id,)
        )
    wait_until(lambda: state_of(served, case_id) == "done", seconds=120)
    (token,) = re.findall(r"/erase/result/([\w-]+)", served.mails(MAREN.email)[0]["text"])
    maren.open(f"/erase/result/{token}")
    maren.submit("See the result")
    assert "All of it is done" in maren.words
    return sealed, {token: f"/erase/result/{token}(/[a-z.]+)?"}


def state_of(served, case_id):
    with closing(sqlite3.connect(served.folder / "portal.db", timeout=30)) as portal:
        return portal.execute('SELECT state FROM "case" WHERE id = ?', (case_id,)).fetchone()[0]


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
    company = ("--company", "fjordkaffe")
    said = command(served, "case", "list", *company) + command(served, "case", "show", *company, number)
    # The one command that is for reading them: what it logs is searched, not what it shows.
    said += command(served, "case", "texts", *company, number, "--by", "staff-7", shown=False)
    said += command(served, "case", "release", *company, number, "--by", "staff-7", "--leave-others")
    said += command(served, "case", "show", *company, number)
    assert "released" in said
    return said


def command(served, *words, shown=True):
    """Run `portal` with these words at the running demo; gives what it printed, or only what it logged."""
    lines = (served.folder / "environment").read_text().splitlines()
    environment = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    answer = run_portal(*words, environment={**os.environ, **environment})
    assert answer.returncode == 0, answer.stderr
    return answer.stdout + answer.stderr if shown else answer.stderr


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
    assert len(walk.tokens) > 16
    assert len(walk.doors) == 4
    assert len(walk.sealed) > 3
    assert all(any(token in url for url in walk.urls) for token in walk.doors)
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
            door = "/in/[\\w-]+" if token in walk.links else walk.doors.get(token)
            # An address of a link may tell beside it, sealed, what was just pressed there.
            assert token not in url or (door and re.search(rf":\d+{door}(\?(told|said)=[\w.-]+)?$", url)), url


def test_S11_no_referer_tells_a_token_or_a_person(walk):
    everything = "\n".join(walk.referrers)
    assert "/sign-in" in everything, "referrers were sent as the pages allow it"
    assert [token for token in walk.tokens if token in everything] == []
    assert not re.search("/(in|p|u|erase/stop)/", everything)


def test_O7_every_line_of_the_logs_is_one_json_object(walk):
    lines = (walk.folder / "log").read_text().splitlines()
    assert len(lines) > 10
    for line in lines:
        assert line.startswith("Port ") or {"at", "level", "event"} <= set(json.loads(line)), line


def test_O3_of_who_was_erased_not_even_what_was_sealed_is_left_in_any_file(walk):
    here = walk.places["the portal's own database and files"] + walk.places["temporary files"]
    assert len(here) > 1_000_000, "these are the files"
    assert [value[:12] for value in walk.sealed if value in here] == []
