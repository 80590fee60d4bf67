"""Which certificate a case has to give: none before its erasure has ended, none where nothing was ever begun.

Must never read anything but the sealed result: what is handed out is what was written when the erasure ended.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.cases.erasing.model import Erasure
from portal.cases.erasing.result import ErasureResult, load_result
from portal.cases.model import Case
from portal.core.limits import Limit, count_once

ON_PAPER = Limit("certificate.paper", 20, timedelta(hours=1))
"""Setting one takes a second of work of the machine."""
NAME = "certificate"


def certified_result(db: Session, case: Case) -> ErasureResult | None:
    """What there is to certify of a case; None where it is no erasure, has not ended, or was cancelled in time."""
    erasure = db.get(Erasure, case.id)
    if erasure is None or erasure.result is None or erasure.begun_at is None:
        return None
    return load_result(erasure.result)


def may_set(db: Session, case: Case) -> bool:
    """Count one more certificate on paper of this case, and say whether it may be set."""
    return count_once(db, ON_PAPER, str(case.id))
