"""Passkeys of staff (WebAuthn): made by who is freshly signed in, shown as the second half of a sign-in.

Must never take a challenge that is not the server's own and unused, another origin or host, an answer without user verification, or a
passkey of somebody else (K4, K5).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts.companies import record_audit
from portal.core import clock, crypto
from portal.core.errors import PortalError
from portal.core.journal import JournalKind, note_for_journal
from portal.identity.staff_model import Passkey, StaffSession
from portal.identity.staff_sessions import CurrentStaff, make_whole

MAKE, SHOW = "make", "show"
LIFE = timedelta(minutes=5)
MOST = 10
LONGEST_ANSWER = 20_000


class NoSuchPasskey(PortalError):
    """This member of staff has no passkey of that number."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ceremony happens: the host that the browser is at (no port), and its whole origin, compared exactly."""

    host: str
    origin: str
    company: str


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """One passkey as its owner sees it."""

    id: int
    browser: str
    host: str
    made_at: datetime
    last_used_at: datetime | None


def passkeys_of(db: Session, staff_id: int) -> list[PasskeyLine]:
    """The passkeys of a member of staff, the oldest first."""
    return [PasskeyLine(row.id, row.browser, row.host, row.made_at, row.last_used_at) for row in _rows(db, staff_id)]


def ask_to_make(db: Session, current: CurrentStaff, place: Place) -> str:
    """What the browser needs to make a passkey, as JSON; with a challenge for this session alone."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=place.host,
        rp_name=place.company,
        user_id=current.staff.public_id.encode(),
        user_name=current.staff.address,
        user_display_name=current.staff.name,
        challenge=_challenge(db, current, MAKE),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in _rows(db, current.staff.id)],
    )
    return options_to_json(options)


def make_passkey(db: Session, current: CurrentStaff, place: Place, answer: str) -> bool:
    """Keep the public half of what the browser made, for the owner of this session and nobody else. False where it does not fit."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    challenge, content = _use_challenge(db, current, MAKE), _read(answer)
    if challenge is None or content is None or len(_rows(db, current.staff.id)) >= MOST:
        return _refused(db, current)
    try:
        made = verify_registration_response(
            credential=content,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return _refused(db, current)
    if db.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        return _refused(db, current)
    db.add(
        Passkey(
            staff_id=current.staff.id, credential_id=made.credential_id, public_key=made.credential_public_key,
            sign_count=made.sign_count, host=place.host, browser=current.browser, made_at=clock.now(),
        )
    )  # fmt: skip
    record_audit(db, actor=current.staff.actor, act="staff.passkey_made", target=f"staff:{current.staff.public_id}")
    db.flush()
    return True


def ask_to_show(db: Session, current: CurrentStaff, place: Place) -> str:
    """What the browser needs to show a passkey of this member of staff, as JSON."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    rows = [row for row in _rows(db, current.staff.id) if row.host == place.host]
    options = generate_authentication_options(
        rp_id=place.host,
        challenge=_challenge(db, current, SHOW),
        allow_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in rows],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def show_passkey(db: Session, current: CurrentStaff, place: Place, answer: str) -> str | None:
    """Make the session whole by a passkey of its owner; gives the new token. None where anything does not fit."""
    from webauthn import base64url_to_bytes, verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    challenge, content = _use_challenge(db, current, SHOW), _read(answer)
    if challenge is None or content is None:
        _refused(db, current)
        return None
    try:
        row = _row(db, current.staff.id, base64url_to_bytes(str(content["id"])))
        if row is None or row.host != place.host:
            _refused(db, current)
            return None
        shown = verify_authentication_response(
            credential=content,
            expected_challenge=challenge,
            expected_rp_id=place.host,
            expected_origin=place.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        _refused(db, current)
        return None
    row.sign_count, row.last_used_at = shown.new_sign_count, clock.now()
    record_audit(db, actor=current.staff.actor, act="staff.signed_in", target=f"staff:{current.staff.public_id}", by="passkey")
    db.flush()
    return make_whole(db, current)


def remove_passkey(db: Session, current: CurrentStaff, passkey_id: int) -> None:
    """From now on it opens nothing, whatever backup is restored. Raises `NoSuchPasskey`; foreign and missing are alike."""
    row = db.scalar(select(Passkey).filter_by(id=passkey_id, staff_id=current.staff.id).where(Passkey.removed_at.is_(None)))
    if row is None:
        raise NoSuchPasskey("There is no such passkey.")
    row.removed_at = clock.now()
    record_audit(db, actor=current.staff.actor, act="staff.passkey_removed", target=f"staff:{current.staff.public_id}")
    note_for_journal(db, JournalKind.REVOCATION, {"passkey": row.credential_id.hex(), "at": row.removed_at.isoformat()})
    db.flush()


def restore_passkey_removal(db: Session, credential: str, *, at: datetime) -> bool:
    """Remove a passkey again that a restored backup brought back; False where it is not there."""
    ended = update(Passkey).where(Passkey.credential_id == bytes.fromhex(credential), Passkey.removed_at.is_(None))
    return db.execute(ended.values(removed_at=at).returning(Passkey.id)).first() is not None


def _challenge(db: Session, current: CurrentStaff, kind: str) -> bytes:
    """A fresh challenge of the session; an older one is void."""
    challenge = crypto.random_token().encode()
    db.execute(
        update(StaffSession)
        .where(StaffSession.id == current.id)
        .values(challenge=challenge, challenge_for=kind, challenge_until=clock.now() + LIFE)
        .execution_options(synchronize_session=False)
    )
    record_audit(db, actor=current.staff.actor, act="staff.passkey_asked", target=f"staff:{current.staff.public_id}", kind=kind)
    return challenge


def _use_challenge(db: Session, current: CurrentStaff, kind: str) -> bytes | None:
    """The challenge of the session, used up by asking for it: whoever comes second gets none."""
    row = db.scalar(
        select(StaffSession).where(StaffSession.id == current.id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None or row.challenge is None or row.challenge_for != kind or row.challenge_until is None:
        return None
    challenge, until = row.challenge, row.challenge_until
    row.challenge = row.challenge_for = row.challenge_until = None
    db.flush()
    return challenge if until > clock.now() else None


def _read(answer: str) -> dict[str, object] | None:
    if len(answer) > LONGEST_ANSWER:
        return None
    try:
        content = json.loads(answer)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _refused(db: Session, current: CurrentStaff) -> bool:
    record_audit(db, actor=current.staff.actor, act="staff.passkey_refused", target=f"staff:{current.staff.public_id}")
    return False


def _rows(db: Session, staff_id: int) -> list[Passkey]:
    return list(db.scalars(select(Passkey).filter_by(staff_id=staff_id).where(Passkey.removed_at.is_(None)).order_by(Passkey.id)))


def _row(db: Session, staff_id: int, credential_id: bytes) -> Passkey | None:
    found = db.scalar(select(Passkey).where(Passkey.credential_id == credential_id, Passkey.removed_at.is_(None)))
    return found if found is not None and found.staff_id == staff_id else None
