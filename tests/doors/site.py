"""The demo's site in this process, and browsers that walk through it as people do: by pages, forms and the mailbox."""

import atexit
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.test import Client, TestResponse

from portal import create_app
from portal.accounts import registry
from portal.adapters import memory_store
from portal.adapters.opening import close_systems
from portal.consent import notices
from portal.core import crypto, logs
from portal.core.db import ALL_COMPANIES
from portal.core.epoch import epoch_of
from portal.outbox.demo import ShownMail, demo_mails
from portal.settings import use_settings
from portal.starting import Running
from portal.worker import Worker
from scripts.demo_app import start_demo
from tests.once import once
from tests.pages import Element, fields_of, read

FIRST_HOST = "127.0.0.1:8080"
SECOND_HOST = "alpenrad.localhost:8080"
PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@dataclass
class Site:
    """The running demo: the application, a worker to push by hand, and the folder that holds everything."""

    running: Running
    app: Flask
    worker: Worker
    folder: Path
    seen: dict[str, Any] = field(default_factory=dict)

    def browser(self, host: str = FIRST_HOST, **headers: str) -> "Browser":
        """A fresh browser at one company."""
        return Browser(self, host, {"User-Agent": PHONE, "Accept-Language": "en", **headers})

    def work(self) -> None:
        """Let the worker do everything that is due."""
        while self.worker.run_due():
            pass

    def mails(self, to: str = "") -> list[ShownMail]:
        """Mails sent so far, newest first; of one recipient where one is named."""
        self.work()
        with self.running.database.reading(ALL_COMPANIES) as db:
            return [mail for mail in demo_mails(db) if not to or mail.to == to]

    def signed_in(self, address: str, host: str = FIRST_HOST) -> "Browser":
        """A browser in which this person has signed in by link."""
        browser = self.browser(host)
        browser.ask_for_link(address)
        browser.open(self.link_of(address))
        browser.press_and_leave("Sign in")
        return browser

    def link_of(self, address: str) -> str:
        """The path of the newest link that was mailed to an address."""
        found = re.search(r"https?://[^/\s]+(/in/[\w-]+)", self.mails(address)[0].text)
        assert found, "no link in the newest mail"
        return found[1]

    def code_of(self, address: str) -> str:
        """The newest code that was mailed to an address."""
        found = re.search(r"^(\d{4} \d{4})$", self.mails(address)[0].text, re.MULTILINE)
        assert found, "no code in the newest mail"
        return found[1]


@dataclass
class Browser:
    """One browser: cookies, the page it is on, and what a person can do there."""

    site: Site
    host: str
    headers: dict[str, str]
    client: Client = field(init=False)
    _answer: TestResponse = field(init=False)
    _path: str = "/"
    _address: str = "/"
    _not_loaded: str | None = None

    def __post_init__(self) -> None:
        self.client = Client(self.site.app)

    def press_and_leave(self, button: str) -> None:
        """Press a button that leads to another page. That page is opened once a test looks at it, and not at all where it goes elsewhere."""
        path, values = self.form(button)
        answer = self.client.post(path, data=values, base_url=f"http://{self.host}", headers=self._sent())
        assert answer.status_code in (302, 303), answer.status
        self._not_loaded = answer.location

    def _arrive(self) -> None:
        if self._not_loaded is not None:
            self.open(self._not_loaded)

    @property
    def answer(self) -> TestResponse:
        """The last answer."""
        self._arrive()
        return self._answer

    @answer.setter
    def answer(self, answer: TestResponse) -> None:
        self._answer, self._not_loaded = answer, None

    @property
    def path(self) -> str:
        """The path of the page it is on."""
        self._arrive()
        return self._path

    @property
    def address(self) -> str:
        """The same with its query."""
        self._arrive()
        return self._address

    def _sent(self) -> dict[str, str]:
        return {**self.headers, "Origin": f"http://{self.host}", "Sec-Fetch-Site": "same-origin"}

    def open(self, path: str, **headers: str) -> TestResponse:
        """Go to an address, following redirects as a browser does."""
        return self._went(
            self.client.get(path, base_url=f"http://{self.host}", headers={**self.headers, **headers}, follow_redirects=True)
        )

    def post(self, path: str, data: dict[str, Any], **headers: str) -> TestResponse:
        """Send a form to an address, following redirects."""
        sent = {**self._sent(), **headers}
        return self._went(self.client.post(path, data=data, base_url=f"http://{self.host}", headers=sent, follow_redirects=True))

    def _went(self, answer: TestResponse) -> TestResponse:
        self._answer, self._not_loaded = answer, None
        self._path = answer.request.path
        self._address = answer.request.full_path.rstrip("?")
        return answer

    @property
    def status(self) -> int:
        """Status of the last answer."""
        return self.answer.status_code

    @property
    def page(self) -> Element:
        """The page it is on."""
        return read(self.answer.text)

    @property
    def words(self) -> str:
        """What the page says."""
        return self.page.all("main")[0].words

    def form(self, button: str) -> tuple[str, dict[str, str | list[str]]]:
        """Address and untouched values of the form that holds this button."""
        for form in self.page.all("form"):
            for pressed in form.all("button"):
                if pressed.words.startswith(button):
                    values: dict[str, str | list[str]] = dict(fields_of(form))
                    if "name" in pressed.attributes:
                        values[pressed.attributes["name"]] = pressed.attributes.get("value", "")
                    action = pressed.attributes.get("formaction", "").partition("#")[0] or form.attributes.get("action")
                    return action or self.address, values
        raise AssertionError(f"no button {button!r} on {self.path}; buttons: {[b.words for b in self.page.all('button')]}")

    def submit(self, button: str, **typed: Any) -> TestResponse:
        """Type values, choose files (`tests.attachments.sent`) and press a button of this page."""
        path, values = self.form(button)
        return self.post(path, {**values, **typed})

    def ask_for_link(self, address: str) -> TestResponse:
        """Type an address on the sign-in page and press the button."""
        self.open("/sign-in")
        return self.submit("Send me the link", email=address)


class CompiledOnce(BytecodeCache):
    """Templates are compiled once a process and not once a site; the key and the checksum are those of name and source."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was compiled of the same source."""
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledOnce()


@cache
def made_demo() -> Path:
    """The demo's files, made and seeded once a test run."""
    with once("demo") as (place, is_first):
        if is_first:
            beside = place.with_suffix(".making")
            start_demo(beside).database.close()
            beside.rename(place)
    return place


def open_site(folder: Path, database_url: str | None = None) -> Site:
    """A site on a copy of the made demo, or on what a stopped one left in `folder`; with `database_url`, the portal's own tables stand there.

    Its copies are made as where Pango is missing: the summary as PDF takes twenty times as long as the rest, and is proven elsewhere.
    """
    if not folder.exists():
        shutil.copytree(made_demo(), folder)
        if database_url is not None:
            # The database is a copy of the seeded one, which has no epoch yet: this folder is where its first one is written.
            (folder / "journal" / "epoch").unlink()
    return site_of(start_demo(folder, database_url=database_url), folder)


def site_of(running: Running, folder: Path) -> Site:
    """The site of what has started in `folder`."""
    site = Site(running, create_app(running), _worker_without_pdf(running), folder)
    site.app.jinja_env.bytecode_cache = COMPILED
    return site


def _worker_without_pdf(running: Running) -> Worker:
    worker = Worker(running)
    vars(worker.handlers["access.build"])["with_pdf"] = False
    return worker


class StandingSite:
    """One site for all tests of this process that stand on the same files: what a process keeps for good is made once.

    Each test begins with the files as they were made and with a new worker; nothing that a test before it did is left, neither in
    the files nor in what the process remembers of them.
    """

    def __init__(self, made: Path) -> None:
        self._made = made
        self._folder = Path(mkdtemp(prefix="portal-site-")) / "demo"
        atexit.register(shutil.rmtree, self._folder.parent, ignore_errors=True)
        shutil.copytree(made, self._folder)
        self._site = open_site(self._folder)
        self._environment = {name: value for name, value in os.environ.items() if name.startswith(("PORTAL_", "DEMO_"))}
        self._ids = registry.ids()
        self._extensions = dict(self._site.app.extensions)
        self._fresh = True

    def begin(self) -> Site:
        """The site, as new."""
        running, app = self._site.running, self._site.app
        if not self._fresh:
            shutil.rmtree(self._folder)
            shutil.copytree(self._made, self._folder)
        self._fresh = False
        os.environ.update(self._environment)
        use_settings(running.settings)
        logs.set_up(level=running.settings.log_level)
        file = Path(self._environment["PORTAL_KEYS_FILE"])
        crypto.use_keys(crypto.parse_key_ring(running.settings.keys), file)
        registry.use_companies(running.config, self._ids)
        # As in a process that begins: the first request looks whether the database was restored, and no key was seen yet.
        quick = vars(app)["wsgi_app"]
        quick._gate._next_look = 0.0
        quick._seen.clear()
        crypto.use_generation(epoch_of(running.database).generation)
        app.extensions.clear()
        app.extensions.update(self._extensions)
        return Site(running, app, _worker_without_pdf(running), self._folder)

    def end(self) -> None:
        """Let go of every connection, and forget what was remembered of the files."""
        self._site.running.database.close()
        close_systems()
        memory_store._stores.clear()
        notices._published.clear()


_standing: dict[Path, StandingSite] = {}


@contextmanager
def standing_site(made: Path | None = None) -> Iterator[Site]:
    """The one on these files (the made demo, if none are named), as new; at the end it lets go of everything."""
    made = made or made_demo()
    if made not in _standing:
        _standing[made] = StandingSite(made)
    standing = _standing[made]
    yield standing.begin()
    standing.end()
