"""A worker for choices as a process of its own, in front of the mail tool of a folder.

Usage: python -m tests.faults.consent_worker FOLDER LEASE HOURS...: does what is due at each of those hours from now, and ends.
"""

import sys
from datetime import timedelta
from pathlib import Path

from portal.consent.handlers import consent_handlers
from portal.core import clock
from portal.engine.delivery import PollingDelivery
from tests.rooms.consent.systems import give_systems, mail_tool
from tests.rooms.world import begin_in_another_process

folder, lease, *hours = sys.argv[1:]
world = begin_in_another_process()
give_systems(world, tool=mail_tool(Path(folder)))
handlers = consent_handlers(world.database)
delivery = PollingDelivery(world.database, handlers, threads=1, owner="far-worker", lease=timedelta(seconds=float(lease)))
for hour in hours:
    with clock.moved(timedelta(hours=float(hour))):
        delivery.run_due()
