"""From a mailed link to a session: look at it, press it, stop it. A look changes nothing; one UPDATE uses a link up.

Must never sign in any browser but the one in which the button is pressed, and never lead anyone but the asker where the asker was going.

For the door (a GET shows, POSTs act; `current` is this browser's live session, if any):
    show_link(db, token, nonce=, current=None) -> LinkReady | LinkEnded | LinkUnknown
    press_link(db, token, nonce=, user_agent=, typed_address=None, current=None)
        -> SignedIn | AddressWanted | AddressWrong | LinkEnded | LinkUnknown
    stop_link(db, token, nonce=, typed_address=None) -> LinkStopped | AddressWanted | AddressWrong | LinkEnded | LinkUnknown
"""

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import clock, crypto
from portal.core.db import company_of
from portal.identity.browsers import browser_of
from portal.identity.links import asked_here, asked_nowhere, request_of, typed_of
from portal.identity.model import RequestState, SignInRequest
from portal.identity.outcomes import (
    AddressWanted,
    AddressWrong,
    EndReason,
    LinkEnded,
    LinkReady,
    LinkStopped,
    LinkUnknown,
    SignedIn,
)
from portal.identity.sessions import CurrentSession, begin_session
from portal.people.addresses import AddressRefused, masked, normal_address

GOES_ON = "session"
"""What a signed-in person's own request for a fresh link keeps in `typed`: the session that is to be raised by it."""

ADDRESS_TRIES = 10
"""How often another browser may type an address that is not the one, per link; the asking browser is not held up by it."""


def show_link(
    db: Session, token: str, *, nonce: str | None, current: CurrentSession | None = None
) -> LinkReady | LinkEnded | LinkUnknown:
    """What the link's page says. Changes nothing: mail gateways and previews open it too."""
    row = request_of(db, token)
    return LinkUnknown() if row is None else _ended(row, nonce) or _ready(row, nonce, current)


def press_link(
    db: Session,
    token: str,
    *,
    nonce: str | None,
    user_agent: str | None,
    typed_address: str | None = None,
    current: CurrentSession | None = None,
) -> SignedIn | AddressWanted | AddressWrong | LinkEnded | LinkUnknown:
    """Sign this browser in. One that did not ask has to type the address that got the mail; a wrong one burns nothing."""
    row = request_of(db, token)
    if row is None:
        return LinkUnknown()
    ended = _ended(row, nonce)
    if ended:
        return ended
    if mistake := _elsewhere(db, row, nonce, typed_address, current):
        return mistake
    return sign_in_by(db, row, nonce=nonce, user_agent=user_agent, current=current) or _end(row, nonce, _why(row))


def sign_in_by(
    db: Session, row: SignInRequest, *, nonce: str | None, user_agent: str | None, current: CurrentSession | None
) -> SignedIn | None:
    """Use the request up and begin the session, in one transaction. None where somebody else was first or it is too late."""
    here = asked_here(row, nonce)
    if not _use_up(db, row, RequestState.USED, used_where_asked=here):
        return None
    begun = begin_session(
        db,
        address=row.address,
        browser=browser_of(user_agent),
        language=row.language,
        current=current,
        goes_on=here and current is not None and typed_of(row).get(GOES_ON) == str(current.id),
    )
    return SignedIn(begun.session, begun.token, row.destination if here else None, typed_of(row) if here else {})


def stop_link(
    db: Session, token: str, *, nonce: str | None, typed_address: str | None = None
) -> LinkStopped | AddressWanted | AddressWrong | LinkEnded | LinkUnknown:
    """ "This was not me": link and code die. Outside the asking browser the address is typed first: mail gateways press every button."""
    row = request_of(db, token)
    if row is None:
        return LinkUnknown()
    ended = _ended(row, nonce)
    if ended:
        return ended
    if mistake := _elsewhere(db, row, nonce, typed_address, None):
        return mistake
    return LinkStopped() if _use_up(db, row, RequestState.STOPPED) else _end(row, nonce, _why(row))


def _elsewhere(
    db: Session, row: SignInRequest, nonce: str | None, typed_address: str | None, current: CurrentSession | None
) -> AddressWanted | AddressWrong | LinkEnded | None:
    """What keeps a browser that did not ask from going on, if anything; the asking one needs to type nothing."""
    if asked_here(row, nonce):
        return None
    if not (typed_address or "").strip():
        return AddressWanted(_ready(row, nonce, current))
    if not _count_typed_address(db, row):
        return _end(row, nonce, EndReason.TOO_MANY_TRIES)
    return None if _fits(db, row, typed_address or "") else AddressWrong(_ready(row, nonce, current))


def _use_up(db: Session, row: SignInRequest, state: RequestState, *, used_where_asked: bool = False) -> bool:
    """The one statement that ends a live request: of any number of presses at once it lets one through."""
    now = clock.now()
    one = db.scalar(
        update(SignInRequest)
        .where(SignInRequest.id == row.id, SignInRequest.state == RequestState.ISSUED, SignInRequest.expires_at > now)
        .values(state=state, ended_at=now, used_where_asked=used_where_asked)
        .returning(SignInRequest.id)
        .execution_options(synchronize_session=False)
    )
    db.refresh(row)
    return one is not None


def _count_typed_address(db: Session, row: SignInRequest) -> bool:
    """Count the try in the statement that permits the comparison."""
    permitted = db.scalar(
        update(SignInRequest)
        .where(SignInRequest.id == row.id, SignInRequest.address_tries < ADDRESS_TRIES)
        .values(address_tries=SignInRequest.address_tries + 1)
        .returning(SignInRequest.id)
        .execution_options(synchronize_session=False)
    )
    return permitted is not None


def _fits(db: Session, row: SignInRequest, typed: str) -> bool:
    try:
        normal = normal_address(typed, allow_non_ascii=registry.company(company_of(db)).allow_non_ascii_addresses)
    except AddressRefused:
        return False
    return crypto.same(normal.encode(), row.address.encode())


def _ready(row: SignInRequest, nonce: str | None, current: CurrentSession | None) -> LinkReady:
    here = asked_here(row, nonce)
    return LinkReady(
        masked_address=masked(row.address),
        asked_at=row.asked_at,
        valid_until=row.expires_at,
        browser=row.browser,
        in_asking_browser=here,
        destination=row.destination if here else None,
        other_session=current.masked_address if current and current.address != row.address else None,
        asked_nowhere=asked_nowhere(row),
        has_code=row.code_hash is not None,
    )


def _ended(row: SignInRequest, nonce: str | None) -> LinkEnded | None:
    live = row.state == RequestState.ISSUED and row.expires_at > clock.now()
    return None if live else _end(row, nonce, _why(row))


def _why(row: SignInRequest) -> EndReason:
    return {RequestState.USED: EndReason.USED, RequestState.STOPPED: EndReason.STOPPED}.get(row.state, EndReason.LATE)


def _end(row: SignInRequest, nonce: str | None, reason: EndReason) -> LinkEnded:
    here = asked_here(row, nonce)
    return LinkEnded(reason, masked(row.address), here, row.destination if here else None)
