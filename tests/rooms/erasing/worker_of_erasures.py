"""A worker of erasures in a process of its own: does one step for each line it reads, or everything that is due; dies where told."""

import sys
from datetime import timedelta
from pathlib import Path

from portal.accounts import registry
from portal.cases.handlers import case_handlers
from portal.config import load_config
from portal.core import clock
from portal.engine.running import run_one
from portal.outbox.delivery import deliver_due
from tests.rooms.erasing.house import GRACE, Post
from tests.rooms.world import begin_in_another_process

LEASE = timedelta(seconds=60)


def main(folder: str, mode: str) -> None:
    """`one`: a step a line. `all`: everything, once the grace period is over."""
    world = begin_in_another_process()
    registry.use_companies(load_config(Path(folder) / "portal.yaml"), registry.ids())
    handlers = case_handlers(world.database, with_pdf=False)
    with clock.moved(GRACE + timedelta(minutes=1)):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        if mode == "one":
            for _line in sys.stdin:
                run_one(world.database, handlers, "racer", lease=LEASE)
                sys.stdout.write("done\n")
                sys.stdout.flush()
            return
        while run_one(world.database, handlers, "racer", lease=LEASE) or deliver_due(world.database, Post()):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
