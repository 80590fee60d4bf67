"""A worker as a process of its own, on the far side's acts: `export` (a reading), `erase` (can be asked about), `mask` (cannot).

Usage: python -m tests.faults.worker '{"port": ..., "lease": ..., "hours": [...], "clock_wrong_by": ...}' (seconds, but for hours).
Does what is due at each of those hours from now, and ends.
"""

import json
import sys
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.core import clock
from portal.engine.contract import Claim, Done, Handler, Later, Outcome
from portal.engine.delivery import PollingDelivery
from tests.rooms.world import begin_in_another_process

orders = json.loads(sys.argv[1])
wrong = timedelta(seconds=orders["clock_wrong_by"])


def call(method: str, claim: Claim) -> str:
    """Speak to the far side about this step."""
    request = urllib.request.Request(f"http://127.0.0.1:{orders['port']}/{claim.act}/{claim.step_id}", method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())


@dataclass
class FarAct:
    """One act of the far side."""

    repeatable: bool
    can_be_asked: bool
    calls_system: bool = True

    def run(self, claim: Claim) -> Outcome:
        call("POST", claim)
        return Done({"fence": claim.fence})

    def probe(self, claim: Claim) -> Outcome | None:
        if not self.can_be_asked:
            return None
        return Done({"found": True}) if call("GET", claim) != "0" else Later("was_not_done")

    def settle(self, db: Session, claim: Claim, outcome: Outcome) -> None:
        if isinstance(outcome, Done):
            record_audit(db, actor="room", act="told", target=f"step:{claim.step_id}")


class WrongClock(datetime):
    """The machine's clock, which no test may set: it stands in for the operating system, not for a part of the portal."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # the base class promises its own kind
        return datetime.now(tz or UTC) + wrong


if wrong:
    clock.datetime = WrongClock  # type: ignore[attr-defined]  # as above
world = begin_in_another_process()
handlers: dict[str, Handler] = {
    "export": FarAct(repeatable=True, can_be_asked=False),
    "erase": FarAct(repeatable=False, can_be_asked=True),
    "mask": FarAct(repeatable=False, can_be_asked=False),
}
delivery = PollingDelivery(world.database, handlers, threads=1, owner="far-worker", lease=timedelta(seconds=orders["lease"]))
for hours in orders["hours"]:
    with clock.moved(timedelta(hours=hours)):
        delivery.run_due()
