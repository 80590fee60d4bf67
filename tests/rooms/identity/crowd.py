"""A crowd in a process of its own: many threads do the same thing at once. Prints what each of them got, one word a line.

python -m tests.rooms.identity.crowd press <token> <nonce> <how many>
python -m tests.rooms.identity.crowd code <code> <nonce> <how many>
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.rooms.identity.people_at_browsers import Browser
from tests.rooms.world import begin_in_another_process


def main(act: str, secret: str, nonce: str, count: int) -> None:
    """Fifteen at a time (each has a connection of its own, and a server has no end of them to give), begun all at once."""
    world = begin_in_another_process()
    threads = min(count, 15)
    start = Barrier(threads)

    def one(_: int) -> str:
        visitor = Browser(world, world.first, nonce=nonce)
        return type(visitor.presses(secret) if act == "press" else visitor.types_code(secret)).__name__

    with ThreadPoolExecutor(threads, initializer=start.wait) as pool:
        for outcome in pool.map(one, range(count)):
            sys.stdout.write(f"{outcome}\n")
    world.database.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
