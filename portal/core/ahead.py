"""Begin the next part of a long answer while the last one is still with the database; hand all on in their order.

Must never begin a part before another has ended that it meets, and never leave one running behind.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import TypeVar

Part = TypeVar("Part")
Made = TypeVar("Made")


def in_order(
    parts: Iterator[Part],
    work: Callable[[Part], Made],
    *,
    at_once: int,
    meets: Callable[[Part, Part], bool] = lambda _one, _other: False,
) -> Generator[tuple[Part, Made], None, None]:
    """Each of `parts` with what `work` made of it, in their order: at most `at_once` in hand, and the next one read meanwhile.

    A part waits for those before it that it `meets`. What `work` raises is raised in its turn: parts behind it may have been done by
    then. Whoever stops reading waits for those in hand, and no other is begun. `work` runs in threads of its own, so it must open its
    own transactions.
    """
    first, second = next(parts, None), next(parts, None)
    if first is None or second is None:
        # Nothing could be done meanwhile.
        yield from ((part, work(part)) for part in (first,) if part is not None)
        return
    in_hand: deque[tuple[Part, Future[Made]]] = deque()
    with ThreadPoolExecutor(at_once, thread_name_prefix="ahead") as threads:
        for part in chain((first, second), parts):
            while len(in_hand) >= at_once or any(meets(other, part) for other, _ in in_hand):
                yield _ended(in_hand)
            in_hand.append((part, threads.submit(work, part)))
        while in_hand:
            yield _ended(in_hand)


def _ended(in_hand: "deque[tuple[Part, Future[Made]]]") -> tuple[Part, Made]:
    part, future = in_hand.popleft()
    return part, future.result()
