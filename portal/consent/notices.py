"""The texts that are agreed to: published at every start, found by their content for good.

Must never change a text that somebody may have agreed to, and never write where nothing changed.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import cast
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Table, bindparam, func, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.model import CompanyRow
from portal.config.model import Company
from portal.consent.model import Notice
from portal.core import clock
from portal.core.db import company_of
from portal.core.errors import PortalError

_ROWS = cast(Table, Notice.__table__)
_BY_HASH = select(Notice).where(Notice.hash == bindparam("hash"))
_IS_THERE = select(_ROWS.c.id).where(_ROWS.c.company_id == bindparam("company"), _ROWS.c.hash == bindparam("hash"))


_published: WeakKeyDictionary[Engine, set[tuple[int, bytes]]] = WeakKeyDictionary()
"""Texts that were seen in a database: they stay there for good, and the database itself refuses to have it otherwise."""


class NoNotice(PortalError):
    """The company asks for no agreement to this purpose, or its notices are not published yet."""


@lru_cache(maxsize=1024)
def notice_hash(purpose: str, language: str, text: str) -> bytes:
    """SHA-256 (32 bytes) of what makes a notice this one and no other."""
    return hashlib.sha256(json.dumps(["portal.notice/1", purpose, language, text], ensure_ascii=False).encode()).digest()


def publish_notices(db: Session, company: Company) -> int:
    """Store the texts of `portal.yaml` that are not stored yet; returns how many. One query where nothing changed.

    Two processes may do it at once; each text gets one row and one version number.
    """
    wanted = {
        notice_hash(key, language, text): (key, language, text)
        for key, purpose in company.purposes.items()
        for language, text in (purpose.notice or {}).items()
    }
    if not wanted or not _missing(db, wanted):
        return 0
    # The company's row is the lock: whoever comes second sees what the first has written.
    db.execute(select(CompanyRow.id).where(CompanyRow.id == company_of(db)).with_for_update(key_share=True))
    missing = _missing(db, wanted)
    grouped = select(Notice.purpose, Notice.language, func.max(Notice.version)).group_by(Notice.purpose, Notice.language)
    versions = {(purpose, language): version for purpose, language, version in db.execute(grouped)}
    for hash_ in missing:
        purpose, language, text = wanted[hash_]
        version = versions.get((purpose, language), 0) + 1
        row = Notice(purpose=purpose, version=version, language=language, hash=hash_, text=text, published_at=clock.now())
        db.add(row)
    db.flush()
    return len(missing)


def notice_for(db: Session, purpose: str, language: str) -> Notice:
    """The text that is shown today, in that language or else in the company's first. Raises `NoNotice`."""
    hash_, _spoken = _todays(registry.company(company_of(db)), purpose, language)
    found = db.scalar(_BY_HASH, {"hash": hash_})
    if found is None:
        raise _not_published(purpose)
    return found


def words_of(db: Session, purpose: str, language: str) -> tuple[bytes, str]:
    """The hash of the same text, and the language that it is in. Raises `NoNotice`."""
    company_id, engine = company_of(db), db.get_bind().engine
    hash_, spoken = _todays(registry.company(company_id), purpose, language)
    published = _published.setdefault(engine, set())
    if (company_id, hash_) not in published:
        if db.connection().scalar(_IS_THERE, {"company": company_id, "hash": hash_}) is None:
            raise _not_published(purpose)
        published.add((company_id, hash_))
    return hash_, spoken


def _todays(company: Company, purpose: str, language: str) -> tuple[bytes, str]:
    texts = company.purposes[purpose].notice if purpose in company.purposes else None
    if not texts:
        raise NoNotice(f"The purpose {purpose} has no text to agree to in portal.yaml.")
    spoken = language if language in texts else company.languages[0]
    return notice_hash(purpose, spoken, texts[spoken]), spoken


def _not_published(purpose: str) -> NoNotice:
    return NoNotice(f"The text of {purpose} is not published yet. It is at the next start.")


def current_hash(company: Company, purpose: str, language: str) -> bytes | None:
    """The hash of the text that `notice_for` gives; None where the purpose has no text."""
    texts = company.purposes[purpose].notice
    if not texts:
        return None
    spoken = language if language in texts else company.languages[0]
    return notice_hash(purpose, spoken, texts[spoken])


def published_notices(db: Session) -> Sequence[Notice]:
    """Every version that was ever shown, by purpose and language, newest first."""
    return db.scalars(select(Notice).order_by(Notice.purpose, Notice.language, Notice.version.desc())).all()


def notices_by_hash(db: Session, hashes: Collection[bytes]) -> Mapping[bytes, Notice]:
    """The notices of those hashes, as far as the company has them."""
    if not hashes:
        return {}
    return {notice.hash: notice for notice in db.scalars(select(Notice).where(Notice.hash.in_(hashes)))}


def _missing(db: Session, wanted: Collection[bytes]) -> list[bytes]:
    known = set(db.scalars(select(Notice.hash).where(Notice.hash.in_(wanted))))
    return [hash_ for hash_ in wanted if hash_ not in known]
