"""Keys of a company's own systems: made at the command line, shown once, looked up at every request, revocable at once.

Must never keep a key that could be read back, and never find one of another company.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.accounts.model import ApiAnswerRow, ApiKeyRow
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.glances import Glance, Question
from portal.core.journal import JournalKind, note_for_journal

SCOPES = {
    "consents:check": "ask whether a person may be written to, and whether an identifier is suppressed",
    "consents:read": "read states and histories, and export everything",
    "consents:write": "record lowering acts, old lists, and what people choose on a page of its own with their link",
    "consents:attest": "attest what a person did in a form of the company's own",
    "people:write": "add, merge and split identifiers",
    "links:mint": "mint links to the preference centre",
    "cases:read": "follow cases",
    "cases:write": "open and cancel cases for a person that the company has identified",
    "webhooks:manage": "add, look at and remove webhook endpoints",
}
"""Every right a key can have, in words. None contains another; no key can make keys."""

LIVE_AT_ONCE = 2
"""Keys of one name that may be live at a time: the old one and the new one of a rotation."""

ANSWERS_KEPT = timedelta(days=1)
"""How long the same idempotency key gets the same answer."""

_KEY = cast(Table, ApiKeyRow.__table__).c
IS_LIVE = and_(_KEY.company_id == bindparam("company"), _KEY.secret_hash == bindparam("secret"), _KEY.revoked_at.is_(None))
"""Of a row: it is the live key of the company `company` whose secret has the hash `secret`."""

_LIVE = select(_KEY.id, _KEY.public_id, _KEY.name, _KEY.scopes).where(IS_LIVE)
_LIVE_QUESTION = Question(_LIVE)
_FORM = re.compile(r"ppk_[A-Za-z0-9_-]{43}")


class UnknownScope(PortalError):
    """A right was asked for that does not exist."""


class TooManyLiveKeys(PortalError):
    """The name has its two live keys already."""


class NoSuchKey(PortalError):
    """The company has no live key of that id."""


class NameNotUsable(PortalError):
    """A key needs a short plain name."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A live key, as a request needs to know it. `id` is the row's; `public_id` may be shown and logged."""

    id: int
    public_id: str
    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only time that `secret` can be seen."""

    public_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as a list shows it."""

    public_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def make_key(db: Session, *, name: str, scopes: Collection[str], by: str) -> NewKey:
    """A new key of the session's company. Raises `UnknownScope`, `TooManyLiveKeys` or `NameNotUsable`."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,39}", name):
        raise NameNotUsable("Name a key after the system that uses it, in small letters, digits and hyphens: `web-shop`.")
    unknown = set(scopes) - SCOPES.keys()
    if unknown or not scopes:
        raise UnknownScope(f"A key needs rights out of these: {', '.join(SCOPES)}.")
    live = select(func.count()).select_from(ApiKeyRow).where(ApiKeyRow.name == name, ApiKeyRow.revoked_at.is_(None))
    if (db.scalar(live) or 0) >= LIVE_AT_ONCE:
        raise TooManyLiveKeys(
            f"`{name}` has {LIVE_AT_ONCE} live keys. Revoke the one that nobody uses any more, then make a new one."
        )
    secret = f"ppk_{crypto.random_token()}"
    public_id = crypto.random_public_id().replace("-", "").lower()
    db.add(
        ApiKeyRow(
            public_id=public_id,
            name=name,
            secret_hash=hash_of(secret),
            scopes=sorted(scopes),
            created_at=clock.now(),
            created_by=by[:40],
        )
    )
    record_audit(db, actor=by[:40], act="api_key.made", target=f"api_key:{public_id}", scopes=" ".join(sorted(scopes)))
    db.flush()
    return NewKey(public_id, secret)


def key_for(db: Session, secret: str) -> ApiKey | None:
    """The live key of the session's company with this secret, or None: never cached, so that a revocation holds at once (A3)."""
    if not is_in_form(secret):
        return None
    row = db.connection().execute(_LIVE, {"company": company_of(db), "secret": hash_of(secret)}).first()
    return _key_of(row) if row else None


def key_at_a_glance(glance: Glance, company_id: int, secret_hash: bytes) -> ApiKey | None:
    """The same by the hash of the secret, and no more cached."""
    rows = glance.ask(_LIVE_QUESTION, {"company": company_id, "secret": secret_hash})
    return _key_of(rows[0]) if rows else None


def is_in_form(secret: str) -> bool:
    """Whether it could be a key at all."""
    return _FORM.fullmatch(secret) is not None


def hash_of(secret: str) -> bytes:
    """All that is kept of a key."""
    return crypto.token_hash("api-key", secret)


def _key_of(row: Any) -> ApiKey:
    id_, public_id, name, scopes = row
    return ApiKey(id_, public_id, name, frozenset(scopes))


def is_live(db: Session, key_id: int) -> bool:
    """Whether that key of the session's company is still good: long answers ask again while they run."""
    return db.scalar(select(ApiKeyRow.id).where(ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))) is not None


def revoke_key(db: Session, public_id: str, *, by: str) -> None:
    """End a key for good. Raises `NoSuchKey`."""
    ended = db.execute(
        update(ApiKeyRow)
        .where(ApiKeyRow.public_id == public_id[:12], ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(ApiKeyRow.id)
    ).first()
    if ended is None:
        raise NoSuchKey("There is no live key of that id. `portal api-key list` shows them.")
    record_audit(db, actor=by[:40], act="api_key.revoked", target=f"api_key:{public_id}")
    note_for_journal(db, JournalKind.REVOCATION, {"public_id": public_id[:12], "at": clock.now().isoformat()})


def restore_revocation(db: Session, public_id: str, *, at: datetime) -> bool:
    """End a key again that a restored backup brought back; False where it is not live."""
    ended = update(ApiKeyRow).where(ApiKeyRow.public_id == public_id, ApiKeyRow.revoked_at.is_(None)).values(revoked_at=at)
    return db.execute(ended.returning(ApiKeyRow.id)).first() is not None


def keys_of(db: Session) -> Sequence[KeyView]:
    """All keys of the session's company, the newest first; no secret is among what is known."""
    rows = db.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id.desc()))
    return [KeyView(row.public_id, row.name, tuple(row.scopes), row.created_at, row.last_used_at, row.revoked_at) for row in rows]


def prune_answers(db: Session) -> int:
    """Drop answers that nobody will ask for again; returns how many."""
    statement = delete(ApiAnswerRow).where(ApiAnswerRow.created_at < clock.now() - ANSWERS_KEPT).returning(ApiAnswerRow.id)
    return len(db.scalars(statement.execution_options(synchronize_session=False)).all())
