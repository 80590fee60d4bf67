"""Who must not be contacted, for what and through what: also identifiers behind which nobody is known.

Must never hold an identifier but as its keyed hash, and never be lifted by anything but the person's own later yes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import LargeBinary, Table, bindparam, select, update
from sqlalchemy.orm import Session

from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.fixed import Fixed
from portal.core.inserting import insert_into
from portal.core.journal import JournalKind, note_all_for_journal
from portal.people.model import Suppression
from portal.people.service import Identifier, hashes_of, identifiers_of

_SAME = ("company_id", "hash", "purpose", "channel")
_EVER = datetime(1, 1, 2, tzinfo=UTC)
_ROWS = cast(Table, Suppression.__table__)


@cache
def _in_force(count: int) -> Fixed:
    """What holds for any of so many hashes."""
    theirs = _ROWS.c.hash.in_([bindparam(name, type_=LargeBinary) for name in _names(count)])
    query = select(_ROWS.c.purpose, _ROWS.c.channel, _ROWS.c.at)
    return Fixed(
        query.where(_ROWS.c.company_id == bindparam("company"), theirs, _ROWS.c.lifted_at.is_(None)).order_by(_ROWS.c.at)
    )


_THEIRS = update(_ROWS).where(
    _ROWS.c.company_id == bindparam("company"),
    _ROWS.c.hash.in_(bindparam("hashes", expanding=True)),
    _ROWS.c.purpose == bindparam("for"),
    _ROWS.c.channel == bindparam("through"),
)
_LIFT = _THEIRS.where(_ROWS.c.lifted_at.is_(None), _ROWS.c.at >= bindparam("since"), _ROWS.c.at < bindparam("until"))
_RENEW = _THEIRS.where(_ROWS.c.lifted_at == bindparam("lifted"))


def suppress(db: Session, identifier: Identifier, *, purpose: str, channel: str, source: str) -> None:
    """From now on the identifier is not contacted for that. Can be said again; the newest counts. The same two statements, known or not."""
    suppress_all(db, identifier, [(purpose, channel)], source=source)


def suppress_all(db: Session, identifier: Identifier, choices: Iterable[tuple[str, str]], *, source: str) -> None:
    """The same for several purposes and channels at once, in as many statements as for one."""
    key_id, now = crypto.keys().newest("hash")[0], clock.now()
    hashed = hashes_of(company_of(db), identifier)[key_id]
    said = [{"purpose": purpose, "channel": channel, "source": source} for purpose, channel in dict.fromkeys(choices)]
    if not said:
        return
    common = {"company_id": company_of(db), "hash": hashed, "hash_key_id": key_id, "at": now}
    db.flush()
    connection = db.connection()
    connection.execute(_saying(connection.dialect.name), [{**common, **one} for one in said])
    same_for_all = {"hash": hashed.hex(), "hash_key": key_id, "at": now.isoformat()}
    note_all_for_journal(db, JournalKind.SUPPRESSION, [{**same_for_all, **one} for one in said])


@cache
def _saying(dialect: str) -> Any:
    """A row for each, or the newest word in the row that is there; made once."""
    statement = insert_into(dialect, _ROWS)
    newest = {"at": statement.excluded.at, "source": statement.excluded.source, "lifted_at": None}
    return statement.on_conflict_do_update(index_elements=[_ROWS.c[name] for name in _SAME], set_=newest)


def restore_suppression(db: Session, payload: Mapping[str, Any]) -> bool:
    """Put back what a restored backup lacks, from its entry in the journal; False where it is there, or a newer word is."""
    at, hashed = datetime.fromisoformat(payload["at"]), bytes.fromhex(payload["hash"])
    row = db.scalar(select(Suppression).filter_by(hash=hashed, purpose=payload["purpose"], channel=payload["channel"]))
    if row is not None and row.at >= at:
        return False
    if row is None:
        row = Suppression(hash=hashed, hash_key_id=payload["hash_key"], purpose=payload["purpose"], channel=payload["channel"])
        db.add(row)
    row.at, row.source, row.lifted_at = at, payload["source"], None
    db.flush()
    return True


def is_suppressed(db: Session, identifier: Identifier, *, purpose: str, channel: str) -> bool:
    """Must the identifier not be contacted for that, whichever hash key it was noted under?"""
    return (purpose, channel) in suppressed_choices(db, [identifier])


def suppressed_of(db: Session, person_id: int) -> Mapping[tuple[str, str], datetime]:
    """The purposes and channels for which an identifier of the person is suppressed, each with the moment since when."""
    return suppressed_choices(db, identifiers_of(db, person_id))


def suppressed_choices(db: Session, identifiers: Collection[Identifier]) -> Mapping[tuple[str, str], datetime]:
    """The same, of any of some identifiers."""
    return suppressed_hashes(db, [hash_ for one in identifiers for hash_ in hashes_of(company_of(db), one).values()])


def suppressed_hashes(db: Session, hashes: Sequence[bytes]) -> Mapping[tuple[str, str], datetime]:
    """The same, of any identifier that has one of these hashes."""
    if not hashes:
        return {}
    rows = _in_force(len(hashes)).run(db, {"company": company_of(db), **dict(zip(_names(len(hashes)), hashes, strict=True))})
    return {(purpose, channel): at for purpose, channel, at in rows}


def lift_suppressions(
    db: Session,
    hashes: Sequence[bytes],
    *,
    purpose: str,
    channel: str,
    until: datetime,
    at: datetime,
    since: datetime | None = None,
) -> None:
    """The person whose identifiers have those hashes said yes: what was noted from `since` and before `until` no longer holds. `at` is the moment of that act."""
    whose = _theirs(db, hashes, purpose, channel)
    db.flush()
    db.connection().execute(_LIFT, {**whose, "since": since or _EVER, "until": until, "lifted_at": at})


def renew_suppressions(db: Session, hashes: Sequence[bytes], *, purpose: str, channel: str, lifted_at: datetime) -> None:
    """The yes that came at `lifted_at` was taken back: what it lifted holds again."""
    whose = _theirs(db, hashes, purpose, channel)
    db.flush()
    db.connection().execute(_RENEW, {**whose, "lifted": lifted_at, "lifted_at": None})


def _theirs(db: Session, hashes: Sequence[bytes], purpose: str, channel: str) -> dict[str, Any]:
    return {"company": company_of(db), "hashes": list(hashes), "for": purpose, "through": channel}


def _names(count: int) -> list[str]:
    return [f"hash_{number}" for number in range(count)]
