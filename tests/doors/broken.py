"""Break what the portal stands on, ask every route, and search what came of it for words that only a driver says."""

import io
import re
from contextlib import contextmanager

from sqlalchemy import delete, select, text, update

from portal.core import logs
from portal.core.db import Base
from portal.identity.model import ProofTry, SessionRow, SignInRequest
from tests.doors.walked import token_on

PROBE = "Maren Vik, maren@example.org, /srv/shop/rows.db, password=hunter2"
"""What a driver might repeat: a row, an address, a path, a secret."""

DRIVERS_WORDS = re.compile(
    r"no such table|does not exist\b.*relation|relation \"|malformed|disk image|file is not a database|SELECT |INSERT INTO|UPDATE \w+ SET"
    r"|Traceback|File \"|sqlalchemy|sqlite3|psycopg|OperationalError|ProgrammingError|IntegrityError|DatabaseError|RaiseException|hunter2|/srv/"
)
"""None of it may stand on a page. A log may name the class of an error, and nothing else of these."""

CLASS_NAMES = re.compile(
    r"\b(?:Operational|Programming|Integrity|Database|Internal|Data)Error-[0-9a-f]{8}\b|\bRaiseException-[0-9a-f]{8}\b"
)


@contextmanager
def logged():
    """What this process logs within the block."""
    stream = io.StringIO()
    logs.set_up(stream)
    try:
        yield stream
    finally:
        logs.set_up()


def traces_in(words, *more):
    """The driver's words in a page, plus any of `more`."""
    found = [match[0] for match in DRIVERS_WORDS.finditer(words)]
    return found + [word for word in (PROBE, *more) if word and word in words]


def traces_in_log(lines, *more):
    """The same of a log, in which the class of an error with its fingerprint may stand."""
    return traces_in(CLASS_NAMES.sub("", lines), *more)


class Rounds:
    """One signed-in person who asks every route again and again, whatever the routes did to the session before."""

    def __init__(self, site, browser):
        self.site, self.browser, self.link = site, browser, site.link_of("maren@example.org")
        browser.open("/get-a-copy")
        browser.submit("Continue", scope="all")
        browser.submit("Make my copy")
        self.number = browser.path.rsplit("/", 1)[1]
        self.token = token_on(browser)
        self.cookie = browser.client.get_cookie("portal", domain="127.0.0.1").value
        with site.running.database.engine.connect() as connection:
            self.token_hash = connection.execute(select(SessionRow.token_hash)).scalars().one()

    def ask_all(self):
        """Status and answer of every route, in the order of the map; those that end the session come last."""
        ordered = sorted(self.site.app.url_map.iter_rules(), key=lambda rule: rule.endpoint.startswith("sessions."))
        for rule in ordered:
            method = "GET" if "GET" in (rule.methods or set()) else "POST"
            yield rule, self.ask(method, self.path_of(rule))

    def path_of(self, rule):
        values = {"token": self.link.rsplit("/", 1)[1], "name": "portal.css", "number": self.number}
        values |= {
            "endpoint": "1",
            "message": "1",
            "kind": "complaint",
            "search": "x" * 43,
            "file": "AAAA-BBBB-CCCC",
            "person": "x" * 12,
        }
        if "int:" in str(rule):
            values["number"] = "1"
        return re.sub(r"<[^>]*?(\w+)>", lambda found: values.get(found[1], "1"), str(rule))

    def ask(self, method, path):
        """One request with everything that a form could hold."""
        self.browser.client.set_cookie("portal", self.cookie, domain="127.0.0.1")
        typed = {
            "csrf_token": self.token,
            "email": "maren@example.org",
            "code": "1234 5678",
            "token": self.link.rsplit("/", 1)[1],
            "scope": "all",
            "kind": "customer_number",
            "value": "FK-99999",
        }
        return self.browser.client.open(
            path,
            method=method,
            data=typed if method == "POST" else None,
            base_url=f"http://{self.browser.host}",
            headers={**self.browser.headers, "Sec-Fetch-Site": "same-origin"},
        )

    def revive(self):
        """Undo what signing in and out did, so that the next round is as full as this one; the session has to be live."""
        self.run(
            delete(ProofTry),
            update(SessionRow).values(ended_at=None, token_hash=self.token_hash).where(SessionRow.id == 1),
            update(SignInRequest).values(state="issued", ended_at=None).where(SignInRequest.id == 1),
        )
        assert self.ask("GET", "/sessions").status_code == 200

    def run(self, *statements):
        """Statements at the portal's own database, committed."""
        with self.site.running.database.engine.execution_options(portal_writes=True).begin() as connection:
            for statement in statements:
                connection.execute(text(statement) if isinstance(statement, str) else statement)


TABLES = sorted(table.name for table in Base.metadata.sorted_tables)
