"""A worker of erasures in a process of its own: does one step for each line it reads, or everything that is due; dies where told."""

import sys
from datetime import timedelta
from pathlib import Path

from portal.accounts import registry
from portal.cases.handlers import case_handlers
from portal.config import load_config
from portal.consent.handlers import consent_handlers
from portal.core import clock
from portal.core.journal_files import write_journal
from portal.engine.running import run_one
from portal.outbox.delivery import deliver_due
from tests.rooms.erasing.far import FarSystem
from tests.rooms.erasing.house import GRACE, CountingPost
from tests.rooms.world import begin_in_another_process

LEASE = timedelta(seconds=60)
MOMENTS = (1, 10, 20)
"""Minutes after the end of the grace period."""


def main(folder: str, mode: str, later: str = "0") -> None:
    """`one`: a step a line, once the grace period is over. `all`: everything that is due at some moments after it, mails and journal too.

    `later`: so many minutes after those moments, where others have been at work before.
    """
    world = begin_in_another_process()
    registry.use_companies(load_config(Path(folder) / "portal.yaml"), registry.ids())
    handlers = {**case_handlers(world.database, with_pdf=False), **consent_handlers(world.database)}
    if mode == "all":
        post, ids = CountingPost(FarSystem(Path(folder), "shop")), {number: key for key, number in registry.ids().items()}
        for minutes in MOMENTS:
            with clock.moved(GRACE + timedelta(minutes=minutes + int(later))):
                while deliver_due(world.database, post) or run_one(world.database, handlers, "racer", lease=LEASE):
                    pass
                write_journal(world.database, Path(folder) / "journal", ids)
        return
    with clock.moved(GRACE + timedelta(minutes=1)):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for _line in sys.stdin:
            run_one(world.database, handlers, "racer", lease=LEASE)
            sys.stdout.write("done\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
