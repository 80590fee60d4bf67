"""`portal worker`: runs due work until stopped."""

import argparse
from typing import Any

from portal.commands.signals import stopped_by_signals
from portal.core.memory import spare_memory
from portal.settings import settings
from portal.starting import start
from portal.worker import Worker


def add(commands: Any) -> None:
    """Add `worker`."""
    parser: argparse.ArgumentParser = commands.add_parser("worker", help="run due work: links, mails, steps, clean-up")
    parser.set_defaults(run=lambda chosen: work())


def work() -> int:
    """Work until SIGTERM or SIGINT; what is under way is finished or comes back when its lease ends."""
    stop = stopped_by_signals()
    spare_memory()
    Worker(start(settings(), even_restored=True)).run(stop)
    return 0
