"""The common case of a check in one statement, for one or for thousands: rows instead of objects where only what was said decides.

Must never answer anything that `checking.check` would answer otherwise: what is not the plain case is left to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, Table, and_, bindparam, or_, select, true
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.consent.checking import Asked, Rule, Verdict, check, suppressed_among
from portal.consent.merge import State
from portal.consent.model import ConsentState
from portal.consent.words import Act
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.core.lookup import wanted, wanted_rows
from portal.people.model import PersonIdentifier, Suppression, Tombstone
from portal.people.service import Identifier

IDENTIFIER, STATE, SUPPRESSION, TOMBSTONE = (
    cast(Table, model.__table__) for model in (PersonIdentifier, ConsentState, Suppression, Tombstone)
)

Form = TypeVar("Form")
Said = TypeVar("Said")
ToForm = Callable[[Verdict], Form]
ToSay = Callable[[Sequence[tuple[Form, datetime | None]]], Said]
Found = tuple[int, bool, str, str, str | None, datetime | None]
"""Place of a hash, whether it has to be looked at closer; and of a state its purpose, channel, what was said, and since when."""


@dataclass(frozen=True, slots=True)
class Answers(Generic[Said]):
    """What is said to everybody who is not among `others`, and to these, by their place."""

    nobody: Said
    others: dict[int, Said]


def answers_of(
    db: Session,
    kind: str,
    values: Sequence[bytes],
    asked: Sequence[Asked],
    *,
    form: ToForm[Form],
    say: ToSay[Form, Said],
) -> Answers[Said]:
    """The verdicts on `asked` for identifiers of one kind in normal form (as UTF-8; one to a few thousand).

    `form` makes of a verdict what the answer needs, its moment apart: it is asked once for all who said the same. `say` makes the
    answer of the forms and moments of one identifier, in the order of `asked`.
    """
    rule = Rule(registry.company(company_of(db)), clock.now())
    nobody: list[tuple[Form, datetime | None]] = [(form(rule.decide(choice, State())), None) for choice in asked]
    slots = {choice: place for place, choice in enumerate(asked)}
    made: dict[tuple[str, str, str | None], tuple[int, Form]] = {}
    some: dict[int, list[tuple[Form, datetime | None]]] = {}
    others: dict[int, Said] = {}
    rows, per_value = _read(db, kind, values, asked)
    closer = set()
    for place, looked_at_closer, purpose, channel, said, since in rows:
        number = place // per_value
        if looked_at_closer:
            closer.add(number)
            continue
        known = made.get((purpose, channel, said))
        if known is None:
            if (purpose, channel) not in slots:
                continue
            verdict = rule.decide((purpose, channel), State(said=Act(said) if said else None))
            known = made[purpose, channel, said] = slots[purpose, channel], form(verdict)
        if len(asked) == 1:
            others[number] = say(((known[1], since),))
            continue
        mine = some.get(number)
        if mine is None:
            mine = some[number] = nobody.copy()
        mine[known[0]] = known[1], since
    others.update((number, say(mine)) for number, mine in some.items())
    looked_at = sorted(closer)
    verdicts = check(db, _identifiers(kind, values, looked_at), asked) if looked_at else []
    for number, theirs in zip(looked_at, verdicts, strict=True):
        others[number] = say([(form(verdict), verdict.since) for verdict in theirs])
    return Answers(say(nobody), others)


def suppressed_of(db: Session, kind: str, values: Sequence[bytes], asked: Sequence[Asked]) -> list[bool]:
    """`checking.suppressed_among` for identifiers of one kind: nobody is suppressed who is not to be looked at closer."""
    rows, per_value = _read(db, kind, values, asked)
    looked_at = sorted({row[0] // per_value for row in rows if row[1]})
    said = [False] * len(values)
    suppressed = suppressed_among(db, _identifiers(kind, values, looked_at), asked) if looked_at else []
    for number, theirs in zip(looked_at, suppressed, strict=True):
        said[number] = theirs
    return said


def _identifiers(kind: str, values: Sequence[bytes], places: Sequence[int]) -> list[Identifier]:
    return [Identifier(kind, values[place].decode()) for place in places]


def _read(db: Session, kind: str, values: Sequence[bytes], asked: Sequence[Asked]) -> tuple[Sequence[Found], int]:
    """A row for each state of each hash, and for each that has to be looked at closer; and how many hashes a value has."""
    company_id, connection = company_of(db), db.connection()
    company, dialect = registry.key_of(company_id), connection.dialect.name
    hashers = [crypto.identifier_hashes(company, kind, key_id) for key_id in crypto.keys().ids("hash")]
    hashes = [hashed(value) for value in values for hashed in hashers]
    asks = {
        "company": company_id,
        "kind": kind,
        "purposes": list({purpose for purpose, _ in asked}),
        "channels": list({channel for _, channel in asked}),
    }
    rows = connection.execute(_question(dialect), {**asks, **wanted(dialect, hashes)}).all()
    return cast(Sequence[Found], rows), len(hashers)


@cache
def _question(dialect: str) -> Select[Any]:
    """For the hashes that were sent, as far as it is asked about; nothing of those of whom nothing is known."""
    rows = rows_of(
        wanted_rows(dialect),
        STATE.c.purpose.in_(bindparam("purposes", expanding=True)),
        STATE.c.channel.in_(bindparam("channels", expanding=True)),
        one_by_one=dialect != "sqlite",
    )
    return rows.where(or_(rows.selected_columns.purpose.is_not(None), rows.selected_columns.closer))


def rows_of(sent: FromClause, *narrower: ColumnElement[bool], one_by_one: bool = False) -> Select[Any]:
    """Whose each hash of `sent` is and what they said. Closer has to be looked at who was suppressed or erased, whom an address was
    added to, who left it, and what is paused or for some topics only.

    `one_by_one`: each hash is looked up by its index, however many were sent. Left to itself PostgreSQL reads all people of the company for
    a few thousand hashes; SQLite knows no other way, and has no LATERAL.
    """
    company: BindParameter[int] = bindparam("company")
    stop, grave = SUPPRESSION.c, TOMBSTONE.c
    suppressed = select(true()).where(stop.company_id == company, stop.hash == sent.c.hash, stop.lifted_at.is_(None))
    erased = select(true()).where(grave.company_id == company, grave.identifier_hash == sent.c.hash, grave.system == "")
    known = and_(IDENTIFIER.c.company_id == company, IDENTIFIER.c.kind == bindparam("kind"), IDENTIFIER.c.hash == sent.c.hash)
    owner, owner_is = _joined(IDENTIFIER, known, one_by_one=one_by_one)
    # No company again: with it, SQLite would look for everyone who has an answer to the choice.
    said = and_(STATE.c.person_id == owner.c.person_id, STATE.c.topic == "", *narrower)
    state, state_is = _joined(STATE, said, one_by_one=one_by_one)
    closer = or_(
        and_(owner.c.joined_at.is_not(None), owner.c.proven_at.is_(None)),
        owner.c.left_at.is_not(None),
        state.c.paused_until.is_not(None),
        state.c.topics.is_not(None),
        # Not `exists`: PostgreSQL would read all suppressions of the company for it, each time.
        suppressed.limit(1).scalar_subquery().is_not(None),
        erased.limit(1).scalar_subquery().is_not(None),
    )
    found = select(sent.c.place, closer.label("closer"), state.c.purpose, state.c.channel, state.c.said, state.c.since)
    return found.select_from(sent.outerjoin(owner, owner_is).outerjoin(state, state_is))


def _joined(table: Table, wanted: ColumnElement[bool], *, one_by_one: bool) -> tuple[FromClause, ColumnElement[bool]]:
    """A table to join with by `wanted`, and on what."""
    if not one_by_one:
        return table, wanted
    # OFFSET keeps the planner from taking the lookup apart again.
    return select(table).where(wanted).offset(0).lateral(f"the_{table.name}"), true()
