"""Who reads the mailbox that the last mail of an erasure goes to: the person alone, or maybe somebody else too (C2).

Must never show one person's erasure, item by item, to whoever reads a shared mailbox: there the link wants a code that only the
request's page has shown, to who proved what it was asked under.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.erasing.links import OpenedLink, open_link
from portal.cases.erasing.model import Erasure, LinkKind
from portal.cases.model import Case
from portal.cases.scope import load_scope
from portal.core import crypto
from portal.core.db import company_of
from portal.core.limits import Limit, count_once
from portal.people.service import identifiers_of, was_seen_alone
from portal.people.tombstones import covers, tombstones_of

BARE = 43
"""Letters of a token as it is mailed; what the page hands on, once the code was typed, is longer by its mark."""
MARK = 20
Record = tuple[str, str]
"""System and key."""
TYPED = Limit("erasure.code", 10, timedelta(days=1))
"""Per link: how often a code is compared."""


def reads_alone(db: Session, person_id: int | None) -> bool:
    """Whether nothing speaks for a second person behind the mailbox. Where a system was silent nobody knows, and that is a no."""
    if not registry.company(company_of(db)).systems:
        return True
    return person_id is not None and was_seen_alone(db, person_id)


def was_confirmed_alone(db: Session, person_id: int, mine: Collection[Record]) -> bool:
    """The same for an erasure that is being confirmed: nor did anybody ask, or was anybody erased, under another proof at this mailbox.

    `mine` is what was proven and what the confirmed plan is about. Where the other one's record is gone, the one that is left looks like the only one; who was erased may still read the mail.
    """
    company_id = company_of(db)
    asked = db.scalars(select(Case.proven).where(Case.person_id == person_id)).all()
    buried = [one for identifier in identifiers_of(db, person_id) for one in tombstones_of(db, identifier) if one.record_hash]
    return (
        reads_alone(db, person_id)
        and all(load_scope(proven).records <= set(mine) for proven in asked)
        and all(any(covers(company_id, one, system, key) for system, key in mine) for one in buried)
    )


def result_code(case: Case, erasure: Erasure) -> str:
    """The code that opens the result behind the mailed link, for the page of the request: `7KQ2-M9XD`. Empty where none is wanted."""
    return "" if erasure.alone else _code(case, crypto.keys().newest("hash")[0])


def open_result(db: Session, token: str) -> OpenedLink | None:
    """The link to a result; `own` says whether all of it may be shown: to who reads alone, or typed the code before."""
    bare, mark = token[:BARE], token[BARE:]
    link = open_link(db, LinkKind.RESULT, bare)
    if link is None or not mark:
        return link
    marks = [_mark(bare, key_id) for key_id in crypto.keys().ids("hash")]
    return replace(link, own=link.own or any(crypto.same(mark.encode(), one.encode()) for one in marks))


def open_with_code(db: Session, token: str, typed: str) -> str | None:
    """The token that shows all of it, where the code is that of the request. An empty field is no try; too many tries fit nothing."""
    bare = token[:BARE]
    link, letters = open_link(db, LinkKind.RESULT, bare), "".join(one for one in typed.upper() if one in crypto.LETTERS)
    if link is None or not letters or not count_once(db, TYPED, crypto.token_hash("erasure.code", bare).hex()):
        return None
    codes = [_code(link.case, key_id).replace("-", "") for key_id in crypto.keys().ids("hash")]
    if not any(crypto.same(letters.encode(), one.encode()) for one in codes):
        return None
    return bare + _mark(bare, crypto.keys().newest("hash")[0])


def _code(case: Case, key_id: str) -> str:
    number = int.from_bytes(crypto.identifier_hash("erasure.code", "case", case.number, key_id))
    letters = ""
    for _position in range(8):
        number, letter = divmod(number, len(crypto.LETTERS))
        letters += crypto.LETTERS[letter]
    return f"{letters[:4]}-{letters[4:]}"


def _mark(bare: str, key_id: str) -> str:
    return crypto.identifier_hash("erasure.code", "shown", bare, key_id).hex()[:MARK]
