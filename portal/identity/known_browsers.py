"""What strangers cannot use up: a pot of its own for a browser in which this very address signed in before, and for addresses that did.

Must never change what a page says, nor count for one address what another one proved.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.db import company_of
from portal.identity.model import RequestState, SignInRequest
from portal.people.service import EMAIL, Identifier, find_identifier, hashes_of

REMEMBERED = timedelta(days=90)
"""How long ago an address may have signed in to count as proven. A browser is remembered as long as a used request is kept (`pruning`)."""


def is_known_browser(db: Session, address: str, asked_in: bytes) -> bool:
    """Whether this address signed in before in the browser that asks now: its nonce is a secret that no stranger has."""
    hashes = hashes_of(company_of(db), Identifier(EMAIL, address)).values()
    used = select(SignInRequest.id).filter_by(asked_in=asked_in, state=RequestState.USED, used_where_asked=True)
    return db.scalar(used.where(SignInRequest.identifier_hash.in_(hashes)).limit(1)) is not None


def is_proven_address(db: Session, address: str) -> bool:
    """Whether this address signed in lately, in whatever browser."""
    found = find_identifier(db, Identifier(EMAIL, address))
    since: datetime = clock.now() - REMEMBERED
    return found is not None and found.proven_at is not None and found.proven_at > since


def asks_from_known_browser(db: Session, row: SignInRequest) -> bool:
    """The same, of a request."""
    return is_known_browser(db, row.address, row.asked_in)
