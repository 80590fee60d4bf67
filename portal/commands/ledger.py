"""`portal ledger verify | head | rebuild`: is the history of choices what was written, and what does it say now? Names no address."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.commands.companies import start_for

if TYPE_CHECKING:
    from portal.consent.events import Choice
    from portal.consent.verify import Verdict


AT_ONCE = 200
"""Persons that are checked in one transaction."""


def add(commands: Any) -> None:
    """Add the acts; each needs `--company`."""
    parser: argparse.ArgumentParser = commands.add_parser("ledger", help="check and export the history of choices")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    verify = acts.add_parser(
        "verify",
        help="name every row that was changed, lost or moved, and every choice that says otherwise; 1 where there is one",
    )
    verify.add_argument("--head", type=Path, help="an exported head: names also whoever is gone since")
    verify.set_defaults(run=verify_ledger)
    head = acts.add_parser("head", help="sign where all chains end now; keep the file outside")
    head.add_argument("--to", type=Path, help="where to write it, else it is printed")
    head.set_defaults(run=write_head)
    rebuild = acts.add_parser("rebuild", help="make what the choices say now again from their history")
    rebuild.set_defaults(run=rebuild_ledger)
    for act in (verify, head, rebuild):
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")


def verify_ledger(chosen: argparse.Namespace) -> int:
    """Check every chain, and an earlier head where one is given."""
    from portal.commands.texts import read_text
    from portal.consent.heads import gaps_since, read_head
    from portal.consent.verify import verify_person
    from portal.core.signatures import key_set

    running, company_id = start_for(chosen)
    earlier = None if chosen.head is None else read_head(read_text(chosen.head), chosen.company, key_set(chosen.company))
    bad = rows = 0
    with running.database.reading(company_id) as db:
        persons = _persons(db)
    # Not all in one transaction: PostgreSQL keeps whatever it could still see.
    for first in range(0, len(persons), AT_ONCE):
        with running.database.reading(company_id) as db:
            for person_id in persons[first : first + AT_ONCE]:
                verdict = verify_person(db, person_id)
                rows += verdict.rows
                bad += not verdict.whole
                for line in _said_of(verdict):
                    print(f"person {person_id}{line}")
    if earlier is not None:
        at, leaves = earlier
        with running.database.reading(company_id) as db:
            for gap in gaps_since(db, leaves):
                bad += 1
                print(f"person {gap.person_id}, row {gap.place}: {gap.what} since {at:%Y-%m-%d %H:%M} UTC")
    print(f"{len(persons)} chains, {rows} rows: " + ("not whole." if bad else "whole."))
    return 1 if bad else 0


def _said_of(verdict: "Verdict") -> Iterator[str]:
    """What is wrong, a line each."""
    if verdict.fault is not None:
        yield f", row {verdict.place}: {verdict.fault}"
    if verdict.key is not None:
        yield f": key {verdict.key}; what the rows say could not be checked"
    for choice in verdict.differing:
        yield f", {_named(choice)}: says something else than the history; `portal ledger rebuild` makes it again"


def _named(choice: "Choice") -> str:
    return ".".join(filter(None, choice))


def write_head(chosen: argparse.Namespace) -> int:
    """Sign, keep, export."""
    from portal.commands.texts import write_new
    from portal.consent.heads import export_head

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        text = export_head(db)
    if chosen.to is None:
        print(text)
    else:
        write_new(chosen.to, text + "\n")
        print(f"Wrote {chosen.to}. Keep it where whoever can change the database cannot.")
    return 0


def rebuild_ledger(chosen: argparse.Namespace) -> int:
    """One transaction a person; a broken chain is named and left alone."""
    from portal.consent.chains import KeyIsDestroyed
    from portal.consent.rebuilding import LedgerIsBroken, rebuild_state
    from portal.consent.sealing import is_sealed

    running, company_id = start_for(chosen)
    with running.database.reading(company_id) as db:
        persons = _persons(db)
    made = left = bad = changed = 0
    for person_id in persons:
        try:
            with running.database.writing(company_id) as db:
                if is_sealed(db, person_id):
                    left += 1
                else:
                    states, differed = rebuild_state(db, person_id)
                    made, changed = made + states, changed + len(differed)
                    for choice in differed:
                        print(f"person {person_id}, {_named(choice)}: said something else than the history")
        except KeyIsDestroyed:
            left += 1
        except LedgerIsBroken as error:
            bad += 1
            print(f"person {person_id}: {error}")
    print(
        f"{made} states of {len(persons)} persons were made again, {changed} of them said something else before; "
        f"{left} persons were erased, {bad} chains are not whole."
    )
    return 1 if bad else 0


def _persons(db: Session) -> list[int]:
    """Everyone who has a chain, or rows or a state that speak of one."""
    from portal.consent.model import ConsentChain, ConsentEvent, ConsentState

    return sorted(
        {row for table in (ConsentChain, ConsentEvent, ConsentState) for row in db.scalars(select(table.person_id).distinct())}
    )
