"""A worker of copies in a process of its own: does so many steps and ends; stops or dies where it is told."""

import sys
from datetime import timedelta
from pathlib import Path

from portal.accounts import registry
from portal.cases.handlers import case_handlers
from portal.config import load_config
from portal.engine.running import run_one
from tests.rooms.world import begin_in_another_process

LEASE = timedelta(seconds=120)


def main(folder: str, steps: str) -> None:
    """The company is the one of that folder."""
    world = begin_in_another_process()
    registry.use_companies(load_config(Path(folder) / "portal.yaml"), registry.ids())
    handlers = case_handlers(world.database, with_pdf=True)
    for _ in range(int(steps)):
        run_one(world.database, handlers, "another", lease=LEASE)


if __name__ == "__main__":
    main(*sys.argv[1:])
