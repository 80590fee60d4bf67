"""Words for tests of signing in: a browser that asks and presses, and the mailbox that its link comes to."""

import re
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.identity import codes, links, pressing, sessions
from portal.identity.outcomes import Asking, SignedIn
from portal.identity.sessions import CurrentSession
from portal.outbox.model import Mail
from tests import nursery
from tests.rooms.world import World, environment_of

FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
MARIA = "maria@example.org"
OLAV = "olav@example.org"
DOOR = ("held.show", "copies.ask")


@dataclass(frozen=True)
class Letter:
    """What came by mail."""

    to: str
    subject: str
    text: str
    html: str
    token: str
    code: str


@dataclass
class Browser:
    """One browser with its cookies: the nonce once it asked, the session once it is signed in."""

    world: World
    company: int
    nonce: str | None = None
    session_token: str | None = None
    user_agent: str = FIREFOX
    language: str = "en"
    last: object = field(default=None)

    def asks(
        self,
        address: str = MARIA,
        *,
        destination: str | None = None,
        typed: dict[str, str] | None = None,
        network: str = "",
    ) -> Asking:
        """Type an address and press "Send me the link"."""
        self.nonce = self.nonce or links.new_nonce()
        with self.world.writing(self.company) as db:
            return links.ask(
                db,
                address=address,
                nonce=self.nonce,
                user_agent=self.user_agent,
                language=self.language,
                destination=destination,
                typed=typed,
                allowed=DOOR,
                network=network,
            )

    def asks_again(self, token: str) -> object:
        """Press "Send a new link" on the page of an ended one."""
        self.nonce = self.nonce or links.new_nonce()
        with self.world.writing(self.company) as db:
            return links.ask_fresh(db, token, nonce=self.nonce, user_agent=self.user_agent, language=self.language)

    def looks_at(self, token: str) -> object:
        """Open the link."""
        with self.world.reading(self.company) as db:
            current = sessions.session_of(db, self.session_token or "")
            return pressing.show_link(db, token, nonce=self.nonce, current=current)

    def presses(self, token: str, *, typing: str | None = None) -> object:
        """Press the button on the link's page."""
        with self.world.writing(self.company) as db:
            current = sessions.session_of(db, self.session_token or "")
            self.last = pressing.press_link(
                db, token, nonce=self.nonce, user_agent=self.user_agent, typed_address=typing, current=current
            )
        return self._keep()

    def types_code(self, code: str, *, network: str = "") -> object:
        """Type a code on the page that waits."""
        with self.world.writing(self.company) as db:
            current = sessions.session_of(db, self.session_token or "")
            self.last = codes.enter_code(
                db, code, nonce=self.nonce or "", user_agent=self.user_agent, current=current, network=network
            )
        return self._keep()

    def says_not_me(self, token: str, *, typing: str | None = None) -> object:
        """Press "This was not me"."""
        with self.world.writing(self.company) as db:
            return pressing.stop_link(db, token, nonce=self.nonce, typed_address=typing)

    def is_signed_in_as(self) -> CurrentSession | None:
        """The live session of the cookie."""
        with self.world.reading(self.company) as db:
            return sessions.session_of(db, self.session_token or "")

    def signs_in(self, address: str = MARIA, *, going_on: CurrentSession | None = None) -> CurrentSession:
        """The whole way, in this browser; `going_on`: that session asked for the fresh link itself."""
        self.asks(address, typed={pressing.GOES_ON: str(going_on.id)} if going_on else None)
        post(self.world)
        self.presses(newest_letter(self.world, address).token)
        assert isinstance(self.last, SignedIn)
        return self.last.session

    def _keep(self) -> object:
        if isinstance(self.last, SignedIn):
            self.session_token = self.last.token
        return self.last


def post(world: World) -> int:
    """Let the worker make links and mails of what was asked."""
    return links.issue_due_links(world.database)


def letters(world: World, to: str | None = None) -> list[Letter]:
    """All sign-in mails that wait to be sent, oldest first."""
    with world.reading("all") as db:
        mails = db.scalars(select(Mail).filter_by(template="sign_in").order_by(Mail.id)).all()
    return [_letter(mail) for mail in mails if to is None or mail.recipient == to]


def newest_letter(world: World, to: str = MARIA) -> Letter:
    """The last mail to that address."""
    return letters(world, to)[-1]


def _letter(mail: Mail) -> Letter:
    text = mail.text or ""
    token = re.search(r"/in/(\S+)", text)
    code = re.search(r"^(\d{4} \d{4})$", text, re.MULTILINE)
    assert token
    return Letter(mail.recipient or "", mail.subject or "", text, mail.html or "", token[1], code[1] if code else "")


def crowds(world: World, act: str, secrets: list[str], nonce: str, *, each: int) -> list[str]:
    """One process per secret, each with `each` threads that act at once; what they all got."""
    running = [
        nursery.start("tests.rooms.identity.crowd", [act, secret, nonce, str(each)], environment_of(world)) for secret in secrets
    ]
    assert [process.wait() for process in running] == [0] * len(running)
    return " ".join(process.stdout for process in running).split()
