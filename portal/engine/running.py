"""Do one due step: three commits (claim and attempt; the call, with no transaction open; the result).

Must never call a system inside a transaction, nor do again what may have gone through without asking first.
"""

from collections.abc import Mapping
from datetime import timedelta

from portal.core import faultpoints, logs
from portal.core.db import ALL_COMPANIES, Database
from portal.engine.claiming import LEASE, Taken, claim_from_lane, lanes_with_work, still_mine
from portal.engine.contract import Claim, Handler, Park
from portal.engine.leases import HeldLeases
from portal.engine.results import Result, write_result


def run_one(
    database: Database,
    handlers: Mapping[str, Handler],
    owner: str,
    *,
    lease: timedelta = LEASE,
    held: HeldLeases | None = None,
) -> bool:
    """Claim the step whose turn it is and carry it out; False where nothing is due. `held` keeps its lease while it runs."""
    held = held or HeldLeases()
    with held.taking(lambda full: _take(database, handlers, owner, lease, full)) as taken:
        if taken is None:
            return False
        handler = handlers[taken.claim.act]
        faultpoints.point("engine.claimed")
        result = _call(database, handler, taken)
        if result is not None:
            faultpoints.point("engine.called")
            write_result(database, handler, taken.claim, result)
            faultpoints.point("engine.settled")
            _tell(handler, taken.claim)
    return True


def _tell(handler: Handler, claim: Claim) -> None:
    """What a handler wants to do once its outcome stands. It fails alone: the outcome is written."""
    try:
        getattr(handler, "after_commit", lambda _claim: None)(claim)
    except Exception as error:  # noqa: BLE001  # whatever it raises, the step has ended
        logs.event("engine.after_failed", level=30, error=error, act=claim.act, step=claim.step_id, company=claim.company_id)


def _take(
    database: Database, handlers: Mapping[str, Handler], owner: str, lease: timedelta, full: frozenset[int]
) -> Taken | None:
    # Looking takes no write lock, so that an idle worker disturbs nobody.
    with database.reading(ALL_COMPANIES) as db:
        lanes = lanes_with_work(db, handlers, full=full)
    for lane in lanes:
        with database.writing(ALL_COMPANIES) as db:
            taken = claim_from_lane(db, lane, handlers, owner=owner, lease=lease)
            faultpoints.point("engine.claiming")
        if taken is not None:
            return taken
    return None


def _call(database: Database, handler: Handler, taken: Taken) -> Result | None:
    """The call itself, with no transaction open; None where the lease ran out before it began."""
    claim = taken.claim
    with database.reading(ALL_COMPANIES) as db:
        if not still_mine(db, claim):
            logs.event("engine.lease_lost", level=30, act=claim.act, step=claim.step_id, company=claim.company_id)
            return None
    if taken.poisonous:
        return Result(Park("keeps_crashing"))
    faultpoints.point("engine.calling")
    try:
        return Result(handler.probe(claim) if taken.probe_first else handler.run(claim))
    except Exception as error:  # noqa: BLE001  # whatever a handler raises is a failed try, told by class and place
        logs.event("engine.try_failed", level=30, error=error, act=claim.act, step=claim.step_id, company=claim.company_id)
        return Result(error=error)
