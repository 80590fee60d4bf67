"""Signing in by the code of the mail, in the browser that asked and in no other.

Must never compare before it has counted, and never let wrong codes (anyone's) do anything to a link.

For the door: enter_code(db, code, nonce=, user_agent=, current=None, network="") -> SignedIn | CodeMalformed | CodeWrong | CodeEnded | CodesOff
"""

import unicodedata
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock, crypto
from portal.identity.code_limits import TRIES_A_REQUEST, codes_are_off, may_try, weigh_wrong_code
from portal.identity.known_browsers import asks_from_known_browser
from portal.identity.links import code_hash, newest_request
from portal.identity.model import RequestState, SignInRequest
from portal.identity.outcomes import CodeEnded, CodeMalformed, CodesOff, CodeWrong, EndReason, SignedIn
from portal.identity.pressing import sign_in_by
from portal.identity.sessions import CurrentSession

DIGITS = 8
LONGEST_TYPED = 40


def enter_code(
    db: Session,
    code: str,
    *,
    nonce: str,
    user_agent: str | None,
    current: CurrentSession | None = None,
    network: str = "",
) -> SignedIn | CodeMalformed | CodeWrong | CodeEnded | CodesOff:
    """Sign this browser in by a code of its own live requests for the address it asked for last."""
    digits = normal_code(code)
    if digits is None:
        return CodeMalformed()
    newest = newest_request(db, nonce)
    known = newest is not None and asks_from_known_browser(db, newest)
    if codes_are_off(db, known=known):
        return CodesOff()
    if newest is None:
        return CodeEnded(EndReason.LATE)
    candidates = _count_tries(db, newest)
    if not candidates:
        return CodeEnded(_why(db, newest))
    if not may_try(db, newest.identifier_hash, newest.asked_in, known=known):
        return CodeEnded(EndReason.TOO_MANY_TRIES)
    for row in candidates:
        if row.code_hash and row.code_hash_key_id and crypto.same(row.code_hash, code_hash(row, digits, row.code_hash_key_id)):
            signed_in = sign_in_by(db, row, nonce=nonce, user_agent=user_agent, current=current)
            return signed_in or CodeEnded(EndReason.USED)
    weigh_wrong_code(db, newest.asked_in, known=known, network=network)
    left = TRIES_A_REQUEST - min(row.code_tries for row in candidates)
    return CodeWrong(left) if left else CodeEnded(EndReason.TOO_MANY_TRIES)


def normal_code(typed: str) -> str | None:
    """Eight ASCII digits; spaces and hyphens fall away, digits of other scripts are read. None where it is something else."""
    if len(typed) > LONGEST_TYPED:
        return None
    signs = [sign for sign in typed if not (sign.isspace() or unicodedata.category(sign) in ("Pd", "Cf"))]
    digits = [unicodedata.decimal(sign, None) for sign in signs]
    return "".join(map(str, digits)) if len(digits) == DIGITS and None not in digits else None


def _count_tries(db: Session, newest: SignInRequest) -> Sequence[SignInRequest]:
    """Count one try on every live request of this browser for that address; only what this returns may be compared.

    Requests over a limit have no code but are counted alike, so that nobody learns of the limit here.
    """
    counted = db.scalars(
        update(SignInRequest)
        .where(
            SignInRequest.asked_in == newest.asked_in,
            SignInRequest.identifier_hash == newest.identifier_hash,
            SignInRequest.state.in_([RequestState.ASKED, RequestState.LIMITED, RequestState.ISSUED]),
            SignInRequest.expires_at > clock.now(),
            SignInRequest.code_tries < TRIES_A_REQUEST,
        )
        .values(code_tries=SignInRequest.code_tries + 1)
        .returning(SignInRequest.id)
        .execution_options(synchronize_session=False)
    ).all()
    query = select(SignInRequest).where(SignInRequest.id.in_(counted)).order_by(SignInRequest.id)
    return db.scalars(query.execution_options(populate_existing=True)).all()


def _why(db: Session, newest: SignInRequest) -> EndReason:
    db.refresh(newest)
    if newest.code_tries >= TRIES_A_REQUEST:
        return EndReason.TOO_MANY_TRIES
    ended = {RequestState.USED: EndReason.USED, RequestState.STOPPED: EndReason.STOPPED}
    return ended.get(newest.state, EndReason.LATE)
