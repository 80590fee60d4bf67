"""A sender in a process of its own, to be killed: `python -m tests.rooms.outbox.sender <smtp url>` sends what is due, once."""

import sys

from portal.outbox.delivery import deliver_due
from portal.outbox.transports import SmtpTransport
from tests.rooms.world import begin_in_another_process

if __name__ == "__main__":
    world = begin_in_another_process()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdout.write(f"{deliver_due(world.database, SmtpTransport(sys.argv[1]))}\n")
    world.database.close()
