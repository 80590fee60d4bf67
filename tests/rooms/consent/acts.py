"""An act that is not over yet while another begins, each in a transaction of its own."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from portal.consent.words import Act
from tests.rooms.consent.customers import Customer
from tests.rooms.world import World


@contextmanager
def beside(world: World, person_id: int, act: Act, **more: Any) -> Iterator[ThreadPoolExecutor]:
    """Whatever begins in the block waits for an act of the same person that is not committed before its end."""
    with world.database.open_to_write(world.first) as db, ThreadPoolExecutor() as pool:
        Customer(db, person_id).did(act, **more)
        yield pool
        time.sleep(0.5)
        db.commit()
