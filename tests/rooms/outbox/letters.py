"""Words for tests of the outbox."""

from datetime import datetime

from sqlalchemy import select

from portal.outbox.model import Mail
from portal.outbox.service import queue_mail
from tests.rooms.world import World

LINK = {
    "link": "https://privacy.first.example/in/token-of-the-link",
    "code": "4829 1305",
    "asked_at": "2 March 2026, 14:02",
    "valid_until": "14:12",
    "browser_words": "Firefox on Android",
}


def queue(
    world: World,
    key: str = "sign_in:1",
    *,
    to: str = "maria@example.org",
    company: int | None = None,
    language: str = "en",
    thread: str | None = None,
    not_after: datetime | None = None,
    **changed: str,
) -> None:
    """Queue one sign-in mail, committed."""
    with world.writing(company) as db:
        queue_mail(
            db,
            template="sign_in",
            to=to,
            language=language,
            key=key,
            context={**LINK, **changed},
            thread=thread,
            not_after=not_after,
        )


def mail(world: World, key: str = "sign_in:1") -> Mail:
    """The row of that mail."""
    with world.reading("all") as db:
        return db.scalars(select(Mail).filter_by(key=key)).one()
