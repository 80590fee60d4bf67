"""The memory of the served demo while and after customers delete their data over HTTP, page by page. Linux.

The grace period is over at once: what waits for it is moved to the past in the portal's database, behind its back.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.common import free_port, proportional_mb
from benchmarks.crowd import add_copies, customer_number_of, email_of
from benchmarks.load import children_of
from demo import environment
from tests.doors.visitor import Visitor
from tests.served import Served, serve_demo

CUSTOMERS = 20
PATIENCE = 120.0
open_browser: Any = Visitor


def memory_of_web_and_worker(folder: Path) -> tuple[float, float]:
    """The most that web and worker had together, in MiB, and the process beside them that only waits; what is shared counts in parts."""
    most = (0.0, 0.0)
    with serve_demo(folder, port=free_port()) as served:
        add_copies(environment(folder)["DEMO_FJORDKAFFE_SHOP_URL"], CUSTOMERS)
        for number in range(1, CUSTOMERS + 1):
            with open_browser(served) as visitor:
                _delete(visitor, number)
            most = max(most, _together(served))
        _end_grace(folder)
        give_up = time.monotonic() + PATIENCE
        while _open(folder):
            most = max(most, _together(served))
            assert time.monotonic() < give_up, "the erasures did not end"
            time.sleep(0.2)
        return max(most, _together(served))


def _delete(visitor: Any, number: int) -> None:
    """Sign in, show one detail, look at the plan, press the red button."""
    visitor.sign_in(email_of(number))
    visitor.open("/erase/plan")
    visitor.submit("Open my data", kind="customer_number", value=customer_number_of(number))
    visitor.submit("Delete my data", understood="y")
    assert visitor.path.startswith("/requests/"), visitor.path


def _together(served: Served) -> tuple[float, float]:
    pid = served.process.pid
    return sum(map(proportional_mb, children_of(pid))), proportional_mb(pid)


def _end_grace(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "portal.db", timeout=30)) as portal, portal:
        portal.execute("UPDATE step SET run_at = '2000-01-01 00:00:00.000000' WHERE act = 'erasure.begin'")


def _open(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "portal.db", timeout=30)) as portal:
        (count,) = portal.execute("SELECT count(*) FROM \"case\" WHERE kind = 'erasure' AND state = 'open'").fetchone()
        return int(count)
