"""How often one network may ask for links. Over it nothing is done and a plain page says so: a flood fills nothing, and
learns of no address, since it is told the same for every one."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.core import logs
from portal.core.limits import Limit, count_once
from portal.web.context import current_company, network
from portal.web.transactions import db

ASKING = Limit("sign_in.network", 300, timedelta(hours=1))
"""High on purpose: a whole office or a phone network may share one address. The mailboxes have limits of their own."""


def within_asking_limit(session: Session | None = None) -> bool:
    """Count one request for a link from this network and say whether it may be served; `session` where the request has none of its own."""
    if count_once(session or db(), ASKING, network()):
        return True
    logs.event("sign_in.network_flooded", level=30, company=current_company().key)
    return False
