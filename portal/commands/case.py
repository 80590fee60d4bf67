"""`portal case list | show | texts | release | resolve` and the acts of `case_desk`: what waits for a human, where no console is.

Must never print a value of a customer but in `texts`, which is asked for by name and written down with who looked.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.commands import case_desk
from portal.commands.companies import start_for
from portal.core import i18n


def add(commands: Any) -> None:
    """Add the acts; each needs `--company`, so that no command works across companies unawares."""
    parser: argparse.ArgumentParser = commands.add_parser("case", help="look at cases and settle what waits for a human")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    for name, summary, run in (
        ("list", "open cases, what is due first", list_them),
        ("show", "one case: stages, clock, everything that happened", show),
        ("texts", "print what was held back for a look (free text); who looked is written down", texts),
        ("release", "let go of what was held back for a look, all of it or without some", release),
        ("resolve", "settle a step that waits for a human", resolve),
    ):
        act = acts.add_parser(name, help=summary)
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")
        act.set_defaults(run=run)
        if name != "list":
            act.add_argument("number", help="the case number, like 7KQ2-M9XD-4TBR")
        if name == "show":
            act.add_argument("--messages", action="store_true", help="print what the customer and staff wrote to each other, too")
        if name == "release":
            act.add_argument(
                "--withhold",
                type=int,
                action="append",
                default=[],
                metavar="TEXT",
                help="do not hand out this text; once for each",
            )
            act.add_argument(
                "--reason",
                action="append",
                default=[],
                help="why not, in one sentence; the customer sees it; once for all, or for each",
            )
            act.add_argument("--second", default="", help="who approves, where two people decide (a staff id)")
            act.add_argument(
                "--black-out", action="append", default=[], metavar="MARK", help="black out this mark; once for each"
            )
            act.add_argument(
                "--leave", action="append", default=[], metavar="MARK", help="leave this mark as it is; once for each"
            )
            act.add_argument("--leave-others", action="store_true", help="leave all marks that are not blacked out")
            act.add_argument("--words", metavar="FILE", help="a file with words to black out as well, one to a line")
        if name in ("texts", "release", "resolve"):
            act.add_argument("--by", required=True, help="who does this (a staff id, no name of a customer)")
        if name == "resolve":
            act.add_argument("--system", required=True, help="key of the system whose step it is")
            act.add_argument("--outcome", required=True, choices=("retry", "skip", "done"))
            act.add_argument("--reason", required=True, help="why, in one sentence; the customer sees it")
    case_desk.add(acts)


def list_them(chosen: argparse.Namespace) -> int:
    """One line a case: number, kind, state, date in law, what waits."""
    from portal.cases.overview import open_cases

    running, company_id = start_for(chosen)
    with running.database.reading(company_id) as db, i18n.speaking("en", registry.company(company_id).time_zone):
        lines = [
            f"{case.number}  {case.kind:<10} {case.state:<12} due {case.due:%Y-%m-%d}  {case.waits_for or ''}".rstrip()
            for case in open_cases(db)
        ]
    print("\n".join(lines) or "No open cases.")
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Everything about one case that is no value of the person; messages only where `--messages` asks for them."""
    from portal.cases.overview import describe_case

    running, company_id = start_for(chosen)
    with running.database.reading(company_id) as db, i18n.speaking("en", registry.company(company_id).time_zone):
        print("\n".join(describe_case(db, chosen.number, with_messages=chosen.messages)))
    return 0


def texts(chosen: argparse.Namespace) -> int:
    """The texts that wait, each with the number that `release --withhold` takes."""
    from portal.cases.reviewing import look_at_texts

    running, company_id = start_for(chosen)
    with i18n.speaking("en", registry.company(company_id).time_zone):
        held = look_at_texts(running.database, company_id, chosen.number, actor=chosen.by)
    for one in held:
        print(f"[{one.number}] {one.title}")
        if one.withheld:
            print(f"    not handed out: {one.withheld}")
        print("\n".join(f"    {line}" for line in one.text.splitlines()))
        print("".join(f"    {mark.id}  {mark.label}: {mark.said!r}\n" for mark in one.marks))
    return 0


def release(chosen: argparse.Namespace) -> int:
    """Build and deliver the second part, without the texts that are withheld and what is blacked out."""
    from portal.cases.redacting import Decided
    from portal.cases.reviewing import marks_of, release_texts

    wanted, reasons = chosen.withhold, chosen.reason * len(chosen.withhold) if len(chosen.reason) == 1 else chosen.reason
    if len(wanted) != len(reasons):
        print(
            "Each text that is withheld needs a reason: --reason once for all of them, or once for each --withhold.",
            file=sys.stderr,
        )
        return 2
    running, company_id = start_for(chosen)
    withhold = dict(zip(wanted, reasons, strict=True))
    black_out, leave = frozenset(chosen.black_out), frozenset(chosen.leave)
    if chosen.leave_others:
        leave |= marks_of(running.database, company_id, chosen.number) - black_out
    decided = Decided(
        black_out, leave, tuple(Path(chosen.words).read_text(encoding="utf-8").splitlines()) if chosen.words else ()
    )
    release_texts(
        running.database, company_id, chosen.number, actor=chosen.by, withhold=withhold, decided=decided, second=chosen.second
    )  # fmt: skip
    said = f"released, without {len(withhold)} of it" if withhold else "released"
    print(f"{chosen.number}: {said}. The customer is told when the second part is ready.")
    return 0


def resolve(chosen: argparse.Namespace) -> int:
    """Settle one step by hand, with a reason that the customer sees."""
    from portal.cases.service import resolve_step

    def act(db: Session) -> None:
        resolve_step(db, chosen.number, system=chosen.system, outcome=chosen.outcome, reason=chosen.reason, actor=chosen.by)

    return case_desk.write(chosen, act, f"{chosen.number}: {chosen.system} is settled ({chosen.outcome}).")
