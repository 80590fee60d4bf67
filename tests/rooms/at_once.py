"""Two acts at the same moment, each in a transaction of its own."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from tests.rooms.world import World

Act = Callable[[Session], Any]


@contextmanager
def before(world: World, first: Act, *, then: Act | None = None) -> Iterator[Callable[[Act], Future[Any]]]:
    """`first` is done in a transaction that ends with the block; what the block gives begins beside it, and may have to wait for it.

    `then`: what the transaction goes on with once the other has begun.
    """

    def do(act: Act) -> Any:
        with world.writing() as db:
            return act(db)

    with world.database.open_to_write(world.first) as db, ThreadPoolExecutor() as pool:
        first(db)
        yield lambda act: pool.submit(do, act)
        time.sleep(0.5)
        if then is not None:
            then(db)
        db.commit()
