"""`portal restore begin | status | replay | release`: after a backup was restored, before anyone comes in."""

import argparse
from typing import Any

from portal.accounts import registry
from portal.core.db import ALL_COMPANIES
from portal.settings import settings
from portal.starting import Running, start


def add(commands: Any) -> None:
    """Add the acts."""
    parser: argparse.ArgumentParser = commands.add_parser("restore", help="bring a restored database up to date")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    for name, summary, run in (
        ("begin", "say that the database was restored, where it does not show: nobody comes in until `replay`", begin),
        ("status", "whether the database was restored, and what is held in the outbox", status),
        ("replay", "erase again, take back again, shut off again, as the journal says; then open", replay),
        ("release", "let go of the mails and webhooks that were held", release),
    ):
        act = acts.add_parser(name, help=summary)
        act.set_defaults(run=run)
        if name == "release":
            act.add_argument("--drop", action="store_true", help="never send them")


def begin(chosen: argparse.Namespace) -> int:
    """Mark the database."""
    from portal.core.epoch import begin_restoring

    running = _open()
    with running.database.writing(ALL_COMPANIES) as db:
        begin_restoring(db)
    print("Every page answers 503 within seconds, and the worker rests. Next: `portal restore replay`.")
    return 0


def status(chosen: argparse.Namespace) -> int:
    """Two facts."""
    running = _open()
    if running.restored:
        print("The database was restored. Next: `portal restore replay`.")
    else:
        print("The database is live.")
    _print_held(running)
    return 0


def replay(chosen: argparse.Namespace) -> int:
    """Do all of it, with the calls to systems as far as they answer now; the worker goes on with the rest."""
    from portal.cases.handlers import case_handlers
    from portal.cases.restoring.coming_back import RESTORE_ERASE
    from portal.cases.restoring.replaying import replay as replay_journal
    from portal.cases.restoring.replaying import waiting_steps
    from portal.core.epoch import end_restoring
    from portal.core.traces import leave_no_trace
    from portal.engine.running import run_one

    running = _open()
    if not running.restored:
        print("The database was not restored. Say `portal restore begin` first if it was.")
        return 1
    folder = running.settings.journal_folder
    for words, count in replay_journal(running.database, folder).items():
        print(f"{count:>8}  {words}")
    handlers = {RESTORE_ERASE: case_handlers(running.database)[RESTORE_ERASE]}
    while run_one(running.database, handlers, "restore"):
        pass
    end_restoring(running.database, folder)
    leave_no_trace(running.database)
    waiting = waiting_steps(running.database)
    if waiting:
        print(f"{waiting:>8}  systems have not erased again yet; the worker goes on, and the log names what is parked")
    print("The portal is open. Everyone has to sign in again.")
    _print_held(running)
    return 0


def release(chosen: argparse.Namespace) -> int:
    """Send what was held, or drop it."""
    from portal.outbox.holding import release_outbox

    running = _open()
    gone = 0
    for company_id in registry.ids().values():
        with running.database.writing(company_id) as db:
            gone += release_outbox(db, drop=chosen.drop)
    print(f"{gone} {'dropped' if chosen.drop else 'released'}.")
    return 0


def _open() -> Running:
    return start(settings(), even_restored=True)


def _print_held(running: Running) -> None:
    from portal.outbox.holding import held_mails

    for key, company_id in registry.ids().items():
        with running.database.reading(company_id) as db:
            for template, count in held_mails(db):
                print(f"{key}: {count} mails `{template}` are held. Look at them, then `portal restore release` (or `--drop`).")
