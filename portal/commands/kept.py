"""`portal kept list | hold | lift | settle`: what erasures had to leave, what may not go on its day yet, and what did not go on it.

Must never print whose it is, nor a key or a value of a row.
"""

import argparse
from datetime import date
from typing import Any

from portal.commands.companies import start_for


def add(commands: Any) -> None:
    """Add the acts; each needs `--company`, so that no command works across companies unawares."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "kept", help="what erasures had to leave, and holding it beyond its day"
    )
    acts = parser.add_subparsers(metavar="ACT", required=True)
    for name, summary, run in (
        ("list", "what is kept, by which law and until when, and what is held", list_them),
        ("hold", "do not let it go on its day: for a claim, an inquiry, an order of a court", hold),
        ("lift", "end a hold: what is past its day goes with the next clean-up", lift),
        ("settle", "settle what should have gone and waits for a human: try again, or say that it is gone", settle),
    ):
        act = acts.add_parser(name, help=summary)
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")
        act.set_defaults(run=run)
        if name != "list":
            act.add_argument("--by", required=True, help="who does this (a staff id, no name of a customer)")
        if name == "hold":
            act.add_argument("number", help="number of the case that erased, like 7KQ2-M9XD-4TBR")
            act.add_argument("--system", default="", help="only what this system keeps; else all that the case left")
            act.add_argument("--reason", required=True, help="why, in one sentence; the customer reads it")
            act.add_argument("--law", default="", help="the article on which it rests, like `GDPR Art. 17(3)(e)`")
            act.add_argument("--second", required=True, help="who approves: two people decide it (a staff id)")
            act.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="ends by itself on that day")
        if name == "settle":
            act.add_argument("number", help="number of the case that erased")
            act.add_argument("--system", required=True, help="the system in which it still stands")
            act.add_argument(
                "--outcome", required=True, choices=("retry", "done"), help="ask the system again, or it was done by hand"
            )
            act.add_argument("--reason", required=True, help="what was found, in one sentence")
        if name == "lift":
            act.add_argument("hold", type=int, help="the number of the hold, as `list` shows it")


def list_them(chosen: argparse.Namespace) -> int:
    """One line for what one system keeps of one collection until one day; a line beneath it for what holds it."""
    from portal.cases.kept import all_kept

    running, company_id = start_for(chosen)
    with running.database.reading(company_id) as db:
        views = all_kept(db)
    for view in views:
        print(
            f"{view.case_number}  {view.system:<12} {view.collection:<28} {view.count:>6}  until {view.until:%Y-%m-%d}  {view.ground}"
        )
        if view.held:
            print(f"    held ({view.held.number}) until {view.held.until or 'it is lifted'}: {view.held.reason}")
    if not views:
        print("Nothing is kept.")
    return 0


def hold(chosen: argparse.Namespace) -> int:
    """Place a hold and say its number."""
    from portal.cases.kept_holds import place_hold

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        placed = place_hold(
            db, chosen.number, system=chosen.system, reason=chosen.reason, until=chosen.until, actor=chosen.by, second=chosen.second,
            law=chosen.law,
        ).id  # fmt: skip
    print(f"{chosen.number}: held ({placed}) until {chosen.until or 'it is lifted'}. The customer reads the reason.")
    return 0


def lift(chosen: argparse.Namespace) -> int:
    """End a hold."""
    from portal.cases.kept_holds import lift_hold

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        lift_hold(db, chosen.hold, actor=chosen.by)
    print(f"Hold {chosen.hold} is lifted. What is past its day goes within the hour.")
    return 0


def settle(chosen: argparse.Namespace) -> int:
    """Try again, or write down that it is gone."""
    from portal.cases.kept_erasing import settle_kept
    from portal.engine.service import ByHand

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        gone = settle_kept(
            db, chosen.number, system=chosen.system, outcome=ByHand(chosen.outcome), reason=chosen.reason, actor=chosen.by
        )
    print(f"{chosen.number}: {f'{gone} entries are gone' if chosen.outcome == 'done' else 'the system is asked again'}.")
    return 0
