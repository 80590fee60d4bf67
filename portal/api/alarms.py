"""What is unusual of a key that does what it may: told in the log, for whoever runs the portal to look. Must never refuse anything."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.accounts.api_keys import ApiKey
from portal.core import logs
from portal.core.limits import Limit, count_more

ATTESTING = Limit("api.attesting", 500, timedelta(hours=1))
"""Acts that one key vouches for: a form is filled in by hand, and a key that was stolen would say yes for everybody (A8)."""


def watch_attestations(session: Session, key: ApiKey, number: int, *, company: str) -> None:
    """Count so many more attested acts of a key, in the transaction that stores them; the hour's first beyond the usual is an alarm."""
    if not number:
        return
    counted = count_more(session, ATTESTING, number, str(key.id))
    if counted - number <= ATTESTING.count < counted:
        logs.event("api.attesting", level=40, company=company, key_id=key.public_id, count=counted)
