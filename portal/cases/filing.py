"""How often one person may open cases, so that opening and stopping them is no way to keep systems, mails and staff busy (C11).

Must never stand in the way of an opt-out or of a choice: those are counted nowhere.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.core.db import company_of
from portal.core.errors import PortalError
from portal.core.limits import Limit, count_once

CASES_A_DAY = Limit("case.opened", 10, timedelta(days=1))
"""What a person opens counts whether it is stopped again or not."""


class TooManyCases(PortalError):
    """The person has opened so many cases today that the next one has to wait until tomorrow."""


def count_case(db: Session, person_id: int) -> None:
    """Count a case that is about to be opened, in the caller's transaction. Raises `TooManyCases`."""
    if not count_once(db, CASES_A_DAY, str(company_of(db)), str(person_id)):
        raise TooManyCases("So many requests were opened today that the next one has to wait until tomorrow.")
