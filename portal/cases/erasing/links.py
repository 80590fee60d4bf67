"""The links in the mails of an erasure: one stops it, one shows what it did. They work without a sign-in, by their token alone.

Must never act on being opened, say whose erasure it is, or tell an unknown token from one that is over.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.cases.erasing.model import Erasure, ErasureLink, LinkKind
from portal.cases.model import Case
from portal.core import clock, crypto, urls
from portal.core.db import company_of
from portal.core.limits import Limit, count_once
from portal.people.addresses import AddressRefused, normal_address

RESULT_DAYS = timedelta(days=90)
LONGEST_TOKEN = 64
MARK = 20
"""Letters of a token that tie it to its address."""
TYPED = Limit("erasure.typed", 10, timedelta(days=1))
"""Per link: how often an address is compared with the one that got it."""


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link that still leads somewhere."""

    case: Case
    erasure: Erasure
    own: bool


def make_link(db: Session, case: Case, kind: LinkKind, *, own: bool, expires_at: datetime, to: str = "") -> str:
    """The address of a fresh link of this case; only the mail ever holds it. `to`: the link knows again the address that it was sent to."""
    token = crypto.random_token()
    if to:
        token += _mark(token, to, crypto.keys().newest("hash")[0])
    db.add(
        ErasureLink(
            case_id=case.id, kind=kind, own=own, expires_at=expires_at, token_hash=crypto.token_hash(f"erasure.{kind}", token)
        )
    )
    path = urls.STOP_ERASURE if kind is LinkKind.CANCEL else urls.ERASURE_RESULT
    return urls.address(registry.company(company_of(db)).url, path, token=token)


def open_link(db: Session, kind: LinkKind, token: str) -> OpenedLink | None:
    """The link of that token in the session's company, or None: unknown, foreign and too old are alike."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    row = db.scalar(
        select(ErasureLink)
        .filter_by(kind=kind, token_hash=crypto.token_hash(f"erasure.{kind}", token))
        .where(ErasureLink.expires_at > clock.now())
    )
    if row is None:
        return None
    return OpenedLink(db.get_one(Case, row.case_id), db.get_one(Erasure, row.case_id), row.own)


def was_sent_to(db: Session, token: str, typed: str) -> bool:
    """Whether a link that was made with `to` went to the address that somebody typed. An empty field is no try; too many fit nothing."""
    if not typed.strip() or not count_once(db, TYPED, crypto.token_hash("erasure.typed", token).hex()):
        return False
    try:
        address = normal_address(typed, allow_non_ascii=True)
    except AddressRefused:
        return False
    random, mark = token[:-MARK], token[-MARK:]
    return any(crypto.same(mark.encode(), _mark(random, address, key_id).encode()) for key_id in crypto.keys().ids("hash"))


def _mark(random: str, address: str, key_id: str) -> str:
    """What ties a token to its address and tells nobody without the key which one that is."""
    return crypto.identifier_hash("erasure.link", random, address, key_id).hex()[:MARK]


def prune_links(db: Session) -> int:
    """Drop links whose time is over; returns how many."""
    gone = delete(ErasureLink).where(ErasureLink.expires_at < clock.now()).returning(ErasureLink.id)
    return len(db.scalars(gone.execution_options(synchronize_session=False)).all())
