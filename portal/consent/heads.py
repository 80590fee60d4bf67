"""The head of the day: one signed hash over the ends of all chains and their count. Who keeps it elsewhere misses whatever is gone later.

Must never be made of chains that were not looked up now, and never replace an earlier head.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.consent.heads_model import LedgerHead
from portal.consent.model import ConsentChain, ConsentEvent
from portal.consent.verify import passing_over_unreadable
from portal.core import clock, crypto, signatures
from portal.core.db import company_of
from portal.core.errors import PortalError

KIND = "ledger-head"
A_DAY = timedelta(days=1)


class HeadIsWrong(PortalError):
    """The file is no head, its list does not lead to the signed root, or it is another company's."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of one person's chain."""

    person_id: int
    length: int
    tip: str


@dataclass(frozen=True, slots=True)
class Gap:
    """What a head has and the ledger no longer: `place` is the first row of that person's chain that is not what it was."""

    person_id: int
    place: int
    what: str


def root_of(leaves: Sequence[Leaf]) -> str:
    """The Merkle root (as RFC 6962, 2.1): no list of other leaves, nor the same in another order, has it."""
    level = [_sha256(b"\x00", json.dumps([leaf.person_id, leaf.length, leaf.tip]).encode()) for leaf in leaves]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [_sha256(b"\x01", *pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0].hex()


def make_head(db: Session) -> LedgerHead:
    """Sign where all chains of the session's company end now, and keep that."""
    leaves = _leaves(db)
    company, now = registry.key_of(company_of(db)), clock.now()
    statement = {
        "company": company,
        "at": now.astimezone(UTC).isoformat(),
        "persons": len(leaves),
        "events": sum(leaf.length for leaf in leaves),
        "root": root_of(leaves),
    }
    head = LedgerHead(
        made_at=now, persons=len(leaves), events=statement["events"], root=bytes.fromhex(str(statement["root"])),
        statement=signatures.sign(company, KIND, statement),
    )  # fmt: skip
    db.add(head)
    db.flush()
    return head


def make_due_head(db: Session) -> int:
    """The head of the day, where the newest is a day old; returns how many were made."""
    newest = db.scalar(select(func.max(LedgerHead.made_at)))
    if newest is not None and clock.now() - newest < A_DAY:
        return 0
    make_head(db)
    return 1


def export_head(db: Session) -> str:
    """A new head with the list that it is the root of, as a file to keep outside: hashes and numbers, no personal data."""
    head = make_head(db)
    return json.dumps(
        {"head": head.statement, "ends": [[leaf.person_id, leaf.length, leaf.tip] for leaf in _leaves(db)]}, indent=0
    )


def read_head(text: str, company: str, keys: Mapping[str, Any]) -> tuple[datetime, list[Leaf]]:
    """When an exported head was made and its list. Raises `HeadIsWrong` or `SignatureRefused`."""
    try:
        told = json.loads(text)
        leaves = [Leaf(int(person), int(length), str(tip)) for person, length, tip in told["ends"]]
        token = str(told["head"])
    except (ValueError, KeyError, TypeError):
        raise HeadIsWrong("This is no head that `portal ledger head` wrote.") from None
    said = signatures.verify(token, KIND, keys)
    if (
        said["company"] != company
        or said["persons"] != len(leaves)
        or not crypto.same(said["root"].encode(), root_of(leaves).encode())
    ):
        raise HeadIsWrong("The list in this file is not the one that was signed, or it is another company's.")
    return datetime.fromisoformat(said["at"]), leaves


def gaps_since(db: Session, leaves: Iterable[Leaf]) -> Iterator[Gap]:
    """Whatever of an earlier head is no longer as it was: a person gone, a tail cut, a past written anew."""
    for leaf in leaves:
        length = db.scalar(select(ConsentChain.length).filter_by(person_id=leaf.person_id))
        tip = _tip(db, leaf)
        kept = (
            select(func.count())
            .select_from(ConsentEvent)
            .where(ConsentEvent.person_id == leaf.person_id, ConsentEvent.sequence <= leaf.length)
        )
        count = db.scalar(kept) or 0
        if length is None and count == 0:
            yield Gap(leaf.person_id, 1, "the whole chain is gone")
        elif tip is None or length is None or length < leaf.length:
            yield Gap(leaf.person_id, min(count, leaf.length - 1) + 1, "the end of the chain is gone")
        elif tip != leaf.tip:
            yield Gap(leaf.person_id, leaf.length, "the chain was written anew")


def _tip(db: Session, leaf: Leaf) -> str | None:
    """The hash of the row that the chain ended in then, as it stands now; empty where that cannot be read, None where there is no such row."""
    with passing_over_unreadable():
        found = db.scalar(select(ConsentEvent.hash).filter_by(person_id=leaf.person_id, sequence=leaf.length))
        return None if found is None else bytes(found).hex()
    return ""


def _leaves(db: Session) -> list[Leaf]:
    query = select(ConsentChain.person_id, ConsentChain.length, ConsentChain.tip).order_by(ConsentChain.person_id)
    return [Leaf(person_id, length, bytes(tip).hex()) for person_id, length, tip in db.execute(query)]


def _sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
