"""`portal task list | send | end`: what owners of systems have still to do by hand, where no console is. Must never print a link or a customer."""

import argparse
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.commands.companies import start_for
from portal.core import i18n


def add(commands: Any) -> None:
    """Add the acts; each needs `--company`."""
    parser: argparse.ArgumentParser = commands.add_parser("task", help="what owners of systems have still to do by hand")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    for name, summary, run in (
        ("list", "open tasks, the overdue first", list_them),
        ("send", "mail a task again: only its newest link works", send),
        ("end", "end a task: its link takes no answer any more, and the step waits for staff", end),
    ):
        act = acts.add_parser(name, help=summary)
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")
        act.set_defaults(run=run)
        if name != "list":
            act.add_argument("number", help="the number of the case")
            act.add_argument("task", help="the number of the task, as `list` prints it")
            act.add_argument("--by", required=True, help="who does this (a staff id, no name of a customer)")


def list_them(chosen: argparse.Namespace) -> int:
    """One line a task: its number, the case, the system, the day, and whether it was seen."""
    from portal.cases.tasks.listing import open_tasks

    running, company_id = start_for(chosen)
    lines, more, after = list[str](), True, None
    with running.database.reading(company_id) as db, i18n.speaking("en", registry.company(company_id).time_zone):
        while more:
            found, more = open_tasks(db, after=after)
            for one in found:
                marks = [word for word, holds in (("overdue", one.late), ("seen", one.opened_at is not None)) if holds]
                said = f"{one.number}  case {one.case_number}  {one.system:<12} due {one.due_on:%Y-%m-%d}  {', '.join(marks)}"
                lines.append(said.rstrip())
            after = (found[-1].due_on, found[-1].id) if found else None
    print("\n".join(lines) or "No open tasks.")
    return 0


def send(chosen: argparse.Namespace) -> int:
    """A new link to the owner."""
    from portal.cases.task_answers import send_again

    return _do(chosen, "case.task_sent", send_again, "Sent. Only the link in the new mail works now.")


def end(chosen: argparse.Namespace) -> int:
    """No link any more."""
    from portal.cases.task_answers import take_back

    return _do(chosen, "case.task_taken_back", take_back, "Ended. The step waits for staff.")


def _do(chosen: argparse.Namespace, act: str, do: Callable[[Session, Any, str], None], said: str) -> int:
    from portal.accounts.companies import record_audit
    from portal.cases.service import case_by_number

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        case = case_by_number(db, chosen.number)
        do(db, case, chosen.task)
        record_audit(db, actor=chosen.by[:40], act=act, target=f"case:{case.number}", task=chosen.task[:20])
    print(said)
    return 0
