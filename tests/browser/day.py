"""A morning's mail at the privacy desk: mixed cases of the demo's customers, as they came in the days before. For tests alone."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

import demo
from portal.accounts import registry
from portal.cases.laws.model import Ground
from portal.cases.model import CaseKind
from portal.cases.questions import open_question
from portal.cases.refusing import open_appeal, refuse_case
from portal.cases.rights import open_right_case
from portal.cases.scope import Scope
from portal.cases.service import open_access_case
from portal.core import clock
from portal.identity.sessions import begin_session
from portal.people.service import EMAIL, Identifier, mail_address_of, person_for
from tests.doors.site import Site

COMPANY = "fjordkaffe"
MATCHED = Scope(values=1, askable=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One case of the day: what has to be done with it, its number, and whose it is."""

    todo: str
    number: str
    address: str


def people(site: Site) -> tuple[list[str], list[str]]:
    """Customers who have an address of their own: who wrote to the shop, so that their copy has texts to read, and all others."""
    with closing(sqlite3.connect(site.folder / demo.FILES["DEMO_FJORDKAFFE_SHOP_URL"])) as shop:
        wrote = {
            email
            for (email,) in shop.execute("SELECT email FROM customers WHERE id IN (SELECT customer_id FROM support_tickets)")
        }
    counted = [one.email for one in demo.people(COMPANY)]
    alone = [email for email in counted[20:] if counted.count(email) == 1]
    return [email for email in alone if email in wrote], [email for email in alone if email not in wrote]


def seed_day(site: Site, amounts: dict[str, int]) -> list[Waiting]:
    """So many cases of each kind, each of another customer, read by the worker as far as it can."""
    (writers, others), company = people(site), registry.ids()[COMPANY]
    waiting: list[Waiting] = []
    for todo, amount in amounts.items():
        for place in range(amount):
            address, days = (writers if todo == "release" else others).pop(), timedelta(days=1 + (len(waiting) * 7) % 20)
            with clock.moved(-days), site.running.database.writing(company) as db:
                person = person_for(db, Identifier(EMAIL, address), proven=True, language="en").id
                waiting.append(Waiting(todo, OPENING[todo](db, person, place), address))
    site.work()
    return waiting


def _asks(kind: CaseKind, words: str) -> Callable[[Session, int, int], str]:
    def make(db: Session, person: int, place: int) -> str:
        return open_right_case(db, person, kind, text=f"{words} ({place})", proven=MATCHED, session_id=None, language="en").number

    return make


def _question(db: Session, person: int, place: int) -> str:
    return open_question(
        db, person, number="", text=f"Where is my parcel? ({place})", proven=Scope(), session_id=None, language="en"
    ).number


def _copy(db: Session, person: int, _place: int) -> str:
    return open_access_case(db, person, categories=(), proven=MATCHED, language="en").number


def _appeal(db: Session, person: int, place: int) -> str:
    refused = _asks(CaseKind.OBJECTION, "Stop using it.")(db, person, place)
    refuse_case(db, refused, ground=Ground.COMPELLING_GROUNDS, words="We have to.", actor="staff:somebody-else")
    address = mail_address_of(db, person)
    assert address
    session = begin_session(db, address=address, browser="firefox.android", language="en", current=None).session
    return open_appeal(db, person, refused, text="Look again.", session_id=session.id, language="en").number


OPENING: dict[str, Callable[[Session, int, int], str]] = {
    "answer": _question,
    "answer with a template": _question,
    "release": _copy,
    "correct": _asks(CaseKind.CORRECTION, "My street is spelled wrongly."),
    "settle": _asks(CaseKind.RESTRICTION, "Keep it, but do not use it."),
    "answer an objection": _asks(CaseKind.OBJECTION, "Not for statistics."),
    "answer a complaint": _asks(CaseKind.COMPLAINT, "Nobody answered the telephone."),
    "refuse": _asks(CaseKind.OBJECTION, "Do not prevent fraud with it."),
    "refuse by two": _asks(CaseKind.OBJECTION, "Again, for the ninth time."),
    "decide": _appeal,
    "extend": _asks(CaseKind.CORRECTION, "Two of my orders are missing."),
    "ask": _asks(CaseKind.OBJECTION, "Not for that."),
}
