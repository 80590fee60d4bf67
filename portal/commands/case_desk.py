"""`portal case answer`: what staff do in a case beside its steps, until the console does it.

Must never print what a customer wrote, nor take a text for a customer from the command line, where other users of the machine read it.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.commands.companies import start_for


def add(acts: Any) -> None:
    """Add the acts to those of `portal case`."""
    one = _act(acts, "answer", "write to the customer on the page of the case; the mail says only that something waits", answer)
    one.add_argument("--file", required=True, help="file with the text, UTF-8; `-` reads it from the standard input")
    one.add_argument("--close", action="store_true", help="this is the answer: the case ends with it")


def answer(chosen: argparse.Namespace) -> int:
    """Write to the customer, and end the case where that is asked for."""
    from portal.cases.answering import answer_case

    text = _text_of(chosen.file)
    return write(
        chosen,
        lambda db: answer_case(db, chosen.number, text=text, actor=chosen.by, closes=chosen.close),
        f"{chosen.number}: {'answered and closed' if chosen.close else 'written'}. The customer is told that something waits.",
    )


def write(chosen: argparse.Namespace, act: Callable[[Session], object], said: str) -> int:
    """Run one act in a transaction of its own and say what it did."""
    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        act(db)
    print(said)
    return 0


def _act(acts: Any, name: str, summary: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    act: argparse.ArgumentParser = acts.add_parser(name, help=summary)
    act.add_argument("--company", required=True, help="key of the company in portal.yaml")
    act.add_argument("number", help="the case number, like 7KQ2-M9XD-4TBR")
    act.add_argument("--by", required=True, help="who does this (a staff id, no name of a customer)")
    act.set_defaults(run=run)
    return act


def _text_of(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
