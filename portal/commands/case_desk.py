"""`portal case answer | verified | pause | resume | extend | grounds | refuse | decide`: what staff do in a case beside its steps, where no console is.

Must never print what a customer wrote, nor take a text for a customer from the command line, where other users of the machine read it.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.commands.companies import start_for
from portal.core.errors import PortalError

STOPS = ("identity", "scope", "fee")


class NoText(PortalError):
    """What was to be written to a customer cannot be read as text."""


def add(acts: Any) -> None:
    """Add the acts to those of `portal case`."""
    one = _act(acts, "answer", "write to the customer on the page of the case; the mail says only that something waits", answer)
    one.add_argument("--file", required=True, help="file with the text, UTF-8; `-` reads it from the standard input")
    one.add_argument("--close", action="store_true", help="this is the answer: the case ends with it")

    _act(acts, "verified", "who asks is surely the person: some laws start the clock here", verified)
    one = _act(acts, "pause", "ask the customer for what the answer needs; the clock stands still where the law lets it", pause)
    one.add_argument("--reason", required=True, choices=STOPS, help="what is missing")
    one.add_argument("--file", required=True, help="file with the question to the customer; `-` reads the standard input")
    one = _act(acts, "resume", "what was asked for is there: the clock runs again", resume)
    one.add_argument("--reason", required=True, choices=STOPS)
    one = _act(
        acts,
        "extend",
        "take the law's longer time, once, and tell the customer; without --yes it only says what would be",
        extend,
    )
    one.add_argument("--because", required=True, choices=("complex", "many"), help="what the law accepts as a reason")
    one.add_argument("--file", required=True, help="file with why in this case, in a sentence or two; the customer reads it")
    one.add_argument("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="only where the law lets you name the date")
    one.add_argument("--second", default="", help="who approves, where your company asks for two people (a staff id)")
    one.add_argument("--yes", action="store_true", help="do it, and tell the customer")

    _act(acts, "grounds", "on which grounds the law of this case lets it be refused", grounds)
    one = _act(
        acts, "refuse", "say no, on a ground of the law; the customer reads it, and how to have it looked at again", refuse
    )
    one.add_argument("--ground", required=True, help="one that `grounds` lists")
    one.add_argument("--file", required=True, help="file with why in this case, in a sentence or two; the customer reads it")
    one.add_argument("--second", default="", help="who approves, where two people decide (a staff id)")
    one = _act(acts, "decide", "decide an appeal; not by who refused", decide)
    one.add_argument("--outcome", required=True, choices=("granted", "denied"))
    one.add_argument("--second", default="", help="who approves, where your company asks for two people (a staff id)")
    one.add_argument("--file", required=True, help="file with the reasons; the customer reads it")


def grounds(chosen: argparse.Namespace) -> int:
    """One line a ground."""
    from portal.cases.refusal_words import ground_words
    from portal.cases.refusing import grounds_for
    from portal.cases.service import case_by_number

    running, company_id = start_for(chosen)
    with running.database.reading(company_id) as db:
        named = grounds_for(db, case_by_number(db, chosen.number))
    for one in named:
        print(f"{one.ground.value:<20} {one.article}{' (two people)' if one.two_people else ''}: {ground_words(one.ground)}")
    if not named:
        print("The law of this case names no ground on which it may be refused.")
    return 0


def refuse(chosen: argparse.Namespace) -> int:
    """Refuse a case."""
    from portal.cases.laws.model import Ground
    from portal.cases.refusing import CannotRefuse, refuse_case

    words = _text_of(chosen.file)
    if chosen.ground not in list(Ground):
        raise CannotRefuse(f"`{chosen.ground}` is no ground. `portal case grounds` lists those of this case.")
    return write(
        chosen,
        lambda db: refuse_case(
            db, chosen.number, ground=Ground(chosen.ground), words=words, actor=chosen.by, second=chosen.second
        ),
        f"{chosen.number}: refused. The customer is told why and what they can do.",
    )


def decide(chosen: argparse.Namespace) -> int:
    """Decide an appeal."""
    from portal.cases.refusing import decide_appeal

    words, granted = _text_of(chosen.file), chosen.outcome == "granted"
    return write(
        chosen,
        lambda db: decide_appeal(db, chosen.number, granted=granted, words=words, actor=chosen.by, second=chosen.second),
        f"{chosen.number}: {'granted; the request is open again' if granted else 'denied'}. The customer is told.",
    )


def verified(chosen: argparse.Namespace) -> int:
    """Note that who asks was confirmed."""
    from portal.cases.clocks import note_verified

    return write(chosen, lambda db: note_verified(db, chosen.number, actor=chosen.by), f"{chosen.number}: noted.")


def pause(chosen: argparse.Namespace) -> int:
    """Ask, and let the clock stand still."""
    from portal.cases.clocks import pause_clock
    from portal.cases.laws.model import StopReason

    text, reason = _text_of(chosen.file), StopReason(chosen.reason)
    return write(
        chosen,
        lambda db: pause_clock(db, chosen.number, reason=reason, text=text, actor=chosen.by),
        f"{chosen.number}: the clock stands still until the customer writes. They are told that you need something.",
    )


def resume(chosen: argparse.Namespace) -> int:
    """Let the clock run again."""
    from portal.cases.clocks import resume_clock
    from portal.cases.laws.model import StopReason

    reason = StopReason(chosen.reason)
    return write(
        chosen,
        lambda db: resume_clock(db, chosen.number, reason=reason, actor=chosen.by),
        f"{chosen.number}: the clock runs again.",
    )


def extend(chosen: argparse.Namespace) -> int:
    """Say what an extension would do, or (`--yes`) do it."""
    from portal.cases.clocks import extend_deadline, look_at_extension
    from portal.cases.model import LongerBecause
    from portal.cases.service import case_by_number

    running, company_id = start_for(chosen)
    if not chosen.yes:
        with running.database.reading(company_id) as db:
            longer = look_at_extension(db, case_by_number(db, chosen.number), until=chosen.until)
        print(f"{chosen.number}: would move from {longer.now} to {longer.then}. Nothing is done; add --yes.")
        return 0
    words, because = _text_of(chosen.file), LongerBecause(chosen.because)
    with running.database.writing(company_id) as db:
        longer = extend_deadline(
            db, chosen.number, because=because, words=words, until=chosen.until, actor=chosen.by, second=chosen.second
        )
    print(f"{chosen.number}: moved from {longer.now} to {longer.then}. The customer is told.")
    return 0


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
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NoText(f"{file} is not text in UTF-8. Save it as that.") from None
