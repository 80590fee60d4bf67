"""Change an address: asked for by a fresh sign-in, confirmed from both mailboxes, to be undone from either for 14 days.

Must never move an address by a look, by one mailbox alone, or by a confirmation that was given for another change (S14); nor take the yes
of the new mailbox from anyone but who asked: they alone know that they did (S5).

For the door (a GET shows, POSTs act; `nonce` as in `links`):
    ask_change(db, current, address=, nonce=, user_agent=, language=) -> None
        raises AddressRefused, SameAddress, MayBeSeveral, ChangeUnderWay or TooManyChanges, and then nothing is written
    show_change(db, token, nonce=, current=None) -> ChangeShown | None       None: unknown, used up, late and stopped are alike
    confirm_change(db, token, nonce=, typed_address=None, current=None) -> Outcome
    confirm_by_code(db, current, code, nonce=) -> Outcome              stands in `address_code`
    stop_change(db, token, nonce=, typed_address=None) -> Outcome      "this was not me", while it is not done
    undo_change(db, token, nonce=, typed_address=None) -> Outcome      stands in `address_undo`
For cases: is_settled(db, person_id) -> bool · held_back(db, person_id, identifier_id) -> str | None
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import clock, crypto, i18n, limits
from portal.core.db import company_of, prepared
from portal.core.errors import PortalError
from portal.identity import address_letters as letters
from portal.identity.browsers import browser_of
from portal.identity.links import NONCE
from portal.identity.model import AddressChange, ChangeState
from portal.identity.sessions import CurrentSession, end_all_sessions
from portal.people.addresses import AddressRefused, mailbox_of, masked, normal_address
from portal.people.model import Person, PersonIdentifier
from portal.people.service import EMAIL, Identifier, find_identifier, identifier_for, is_blank, move_identifier, was_seen_alone

OLD, NEW, UNDO, NEW_UNDO = "address.old", "address.new", "address.undo", "address.new_undo"
CODE_DIGITS = 8
LIFE = timedelta(hours=1)
CAN_BE_UNDONE = timedelta(days=14)
LONGEST_TOKEN = 64
TYPED = limits.Limit("address.typed", 10, timedelta(days=1))
"""Per change and mailbox: who holds the new one must not be able to use up the tries of the old one."""
PER_PERSON = limits.Limit("address.person", 3, timedelta(days=1))
PER_MAILBOX = limits.Limit("address.mailbox", 5, timedelta(days=1))


class SameAddress(PortalError):
    """The address is one of this person's already."""


class ChangeUnderWay(PortalError):
    """An earlier change can still be undone, so no other one begins."""


class MayBeSeveral(PortalError):
    """It was not seen that the address is one person's alone: whoever reads its mailbox must not move what may be another's (C2)."""


class TooManyChanges(PortalError):
    """Too many changes were asked for today."""


class Side(StrEnum):
    """Whose mailbox a token was sent to, and what it does."""

    OLD = "old"
    NEW = "new"
    UNDO = "undo"
    NEW_UNDO = "new_undo"

    @property
    def undoes(self) -> bool:
        """Whether it takes a change back that is done."""
        return self in (Side.UNDO, Side.NEW_UNDO)

    @property
    def is_new(self) -> bool:
        """Whether the mail went to the address that is changed to."""
        return self in (Side.NEW, Side.NEW_UNDO)


class Outcome(StrEnum):
    """What came of a press. `address_wanted`: in a browser that did not ask, the address that got the mail is typed first.

    `only_where_asked`: the new mailbox says yes in the browser that asked, signed in, or by its code there.
    """

    WAITS = "waits"
    DONE = "done"
    TAKEN = "taken"
    STOPPED = "stopped"
    UNDONE = "undone"
    ADDRESS_WANTED = "address_wanted"
    ADDRESS_WRONG = "address_wrong"
    ONLY_WHERE_ASKED = "only_where_asked"
    CODE_WRONG = "code_wrong"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """What the page of a token says. `masked_new` is the address that is changed to, `masked_own` the one that got the mail.

    `may_confirm`: this is the browser, and for the new mailbox the signed-in person, that may say yes here.
    """

    side: Side
    masked_own: str
    masked_old: str
    masked_new: str
    browser: str
    asked_at: datetime
    until: datetime
    in_asking_browser: bool
    may_confirm: bool
    confirmed: bool


def is_settled(db: Session, person_id: int) -> bool:
    """Whether no change of this person's address can still be undone: until then nothing is downloaded and nothing erased."""
    return _undoable(db, person_id) is None


def may_move(db: Session, person_id: int) -> bool:
    """Whether the person's addresses were seen to be one person's alone; a company without systems has nothing that could say otherwise."""
    return not registry.company(company_of(db)).systems or was_seen_alone(db, person_id)


def unsettled_until(db: Session, person_id: int) -> datetime | None:
    """Until when it can be undone, if it can."""
    row = _undoable(db, person_id)
    return row.undo_until if row else None


def held_back(db: Session, person_id: int, identifier_id: int | None) -> str | None:
    """The address of which nothing is read yet: a change to it can still be undone, and this sign-in (or none at all) is by another one.

    Whoever asked for the change knew the old address; that the new one is theirs too is settled only by the days in which nobody objects.
    """
    row = _undoable(db, person_id)
    through = db.get(PersonIdentifier, identifier_id) if identifier_id is not None else None
    return None if row is None or (through is not None and through.value == row.new_address) else row.new_address


def change_under_way(db: Session, person_id: int) -> AddressChange | None:
    """The change that waits for its mailboxes."""
    rows = select(AddressChange).filter_by(person_id=person_id, state=ChangeState.ASKED)
    return db.scalar(rows.where(AddressChange.expires_at > clock.now()).order_by(AddressChange.id.desc()).limit(1))


def ask_change(db: Session, current: CurrentSession, *, address: str, nonce: str, user_agent: str | None, language: str) -> None:
    """Begin a change from this session's address to another; one that was under way is void, and so is what was confirmed of it."""
    company = registry.company(company_of(db))
    new = normal_address(address, allow_non_ascii=company.allow_non_ascii_addresses)
    known = find_identifier(db, Identifier(EMAIL, new))
    if known is not None and known.person_id == current.person_id and known.left_at is None:
        raise SameAddress("This address is on file already.")
    if not may_move(db, current.person_id):
        raise MayBeSeveral("It was not seen that this address is one person's alone.")
    if not is_settled(db, current.person_id):
        raise ChangeUnderWay("An earlier change can still be undone.")
    if not limits.count_once(db, PER_PERSON, registry.key_of(company_of(db)), str(current.person_id)):
        raise TooManyChanges("Too many changes were asked for today.")
    stop_changes(db, current.person_id)
    now, old_token, new_token, code = clock.now(), crypto.random_token(), crypto.random_token(), crypto.random_digits(CODE_DIGITS)
    row = AddressChange(
        person_id=current.person_id, session_id=current.id, state=ChangeState.ASKED, old_address=current.address, new_address=new,
        asked_in=crypto.token_hash(NONCE, nonce), browser=browser_of(user_agent), language=i18n.best_of(company.languages, [language]),
        old_token_hash=crypto.token_hash(OLD, old_token), new_token_hash=crypto.token_hash(NEW, new_token), asked_at=now,
        expires_at=now + LIFE,
    )  # fmt: skip
    db.add(row)
    db.flush()
    row.new_code_hash_key_id = crypto.keys().newest("hash")[0]
    row.new_code_hash = code_hash(row, code, row.new_code_hash_key_id)
    letters.send_confirm(db, row, to=current.address, token=old_token)
    # A mailbox that several strangers name is not flooded; the page is the same.
    if limits.count_once(db, PER_MAILBOX, mailbox_of(new)):
        letters.send_confirm(db, row, to=new, token=new_token, code=code)


def stop_changes(db: Session, person_id: int) -> int:
    """Void every change of the person that is not done yet; returns how many."""
    return len(_end(db, AddressChange.person_id == person_id, ChangeState.ASKED, ChangeState.STOPPED))


def code_hash(row: AddressChange, code: str, key_id: str) -> bytes:
    """Keyed hash of the new mailbox's code, bound to its change: the code of one is nothing to another."""
    return crypto.identifier_hash(registry.key_of(row.company_id), f"address.code.{row.id}", code, key_id)


def show_change(db: Session, token: str, *, nonce: str | None, current: CurrentSession | None = None) -> ChangeShown | None:
    """What the token's page says. Changes nothing."""
    found = find_change(db, token)
    if found is None:
        return None
    row, side = found
    until = row.undo_until if side.undoes else row.expires_at
    return ChangeShown(
        side=side,
        masked_own=masked(row.new_address if side.is_new else row.old_address),
        masked_old=masked(row.old_address),
        masked_new=masked(row.new_address),
        browser=row.browser,
        asked_at=row.asked_at,
        until=until or row.expires_at,
        in_asking_browser=asked_here(row, nonce),
        may_confirm=side is Side.OLD or (side is Side.NEW and asked_by(row, nonce, current)),
        confirmed=(row.new_confirmed_at if side is Side.NEW else row.old_confirmed_at) is not None,
    )


def confirm_change(
    db: Session, token: str, *, nonce: str | None, typed_address: str | None = None, current: CurrentSession | None = None
) -> Outcome:
    """One mailbox says yes; with the second yes the address is changed, in this very transaction."""
    found = find_change(db, token)
    if found is None or found[1].undoes:
        return Outcome.ENDED
    row, side = found
    if side is Side.NEW and not asked_by(row, nonce, current):
        # Whoever reads the new mailbox may be led to say yes to a stranger; the stranger cannot say it for them.
        return Outcome.ONLY_WHERE_ASKED
    if mistake := mistake_elsewhere(db, row, side, nonce, typed_address):
        return mistake
    return say_yes(db, row, side)


def say_yes(db: Session, row: AddressChange, side: Side) -> Outcome:
    """Note the yes of one mailbox, which was checked; the second one carries the change out."""
    db.refresh(row, with_for_update=True)
    if row.state != ChangeState.ASKED or row.expires_at <= clock.now():
        return Outcome.ENDED
    if side is Side.NEW:
        row.new_confirmed_at = row.new_confirmed_at or clock.now()
    else:
        row.old_confirmed_at = row.old_confirmed_at or clock.now()
    db.flush()
    return _carry_out(db, row) if row.new_confirmed_at and row.old_confirmed_at else Outcome.WAITS


def stop_change(db: Session, token: str, *, nonce: str | None, typed_address: str | None = None) -> Outcome:
    """ "This was not me", from either mailbox, while nothing is done yet."""
    found = find_change(db, token)
    if found is None or found[1].undoes:
        return Outcome.ENDED
    row, side = found
    if mistake := mistake_elsewhere(db, row, side, nonce, typed_address):
        return mistake
    return Outcome.STOPPED if _end(db, AddressChange.id == row.id, ChangeState.ASKED, ChangeState.STOPPED) else Outcome.ENDED


def find_change(db: Session, token: str) -> tuple[AddressChange, Side] | None:
    """The live change that a token belongs to, and whose it is."""
    if not token or len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    now = clock.now()
    for side, purpose, column in (
        (Side.OLD, OLD, AddressChange.old_token_hash),
        (Side.NEW, NEW, AddressChange.new_token_hash),
        (Side.UNDO, UNDO, AddressChange.undo_token_hash),
        (Side.NEW_UNDO, NEW_UNDO, AddressChange.new_undo_token_hash),
    ):
        row = db.scalar(select(AddressChange).where(column == crypto.token_hash(purpose, token)))
        if row is None:
            continue
        asked = not side.undoes and row.state == ChangeState.ASKED and row.expires_at > now
        done = side.undoes and row.state == ChangeState.DONE and row.undo_until is not None and row.undo_until > now
        return (row, side) if asked or done else None
    return None


def asked_here(row: AddressChange, nonce: str | None) -> bool:
    """Whether this is the browser in which the change was asked for."""
    return bool(nonce) and crypto.same(row.asked_in, crypto.token_hash(NONCE, nonce or ""))


def asked_by(row: AddressChange, nonce: str | None, current: CurrentSession | None) -> bool:
    """Whether this is the browser that asked, with the person signed in who did."""
    return asked_here(row, nonce) and current is not None and current.person_id == row.person_id


def mistake_elsewhere(db: Session, row: AddressChange, side: Side, nonce: str | None, typed: str | None) -> Outcome | None:
    """What keeps a browser that did not ask from acting: mail gateways press every button, but type no address."""
    if asked_here(row, nonce) and not side.undoes:
        return None
    if not (typed or "").strip():
        return Outcome.ADDRESS_WANTED
    own = row.new_address if side.is_new else row.old_address
    if not limits.count_once(db, TYPED, str(row.id), side):
        return Outcome.ENDED
    try:
        fits = crypto.same(normal_address(typed or "", allow_non_ascii=True).encode(), own.encode())
    except AddressRefused:
        fits = False
    return None if fits else Outcome.ADDRESS_WRONG


def _carry_out(db: Session, row: AddressChange) -> Outcome:
    """Both have said yes. The row is held, so this happens once."""
    now, undo_token, new_undo_token = clock.now(), crypto.random_token(), crypto.random_token()
    found = find_identifier(db, Identifier(EMAIL, row.new_address))
    if found is not None and found.is_left_for_good(now):
        move_identifier(db, found)
    if found is not None and found.person_id != row.person_id and not is_blank(db, found.person_id):
        # Two histories cannot be made one: each keeps its own choices and requests.
        row.state, row.ended_at = ChangeState.STOPPED, now
        db.flush()
        return Outcome.TAKEN
    new = found or identifier_for(db, Identifier(EMAIL, row.new_address))
    if new.person_id != row.person_id:
        before = new.person_id
        end_all_sessions(db, before)
        move_identifier(db, new, row.person_id)
        db.delete(db.get_one(Person, before))
    old = find_identifier(db, Identifier(EMAIL, row.old_address))
    new.proven_at, new.left_at = now, None
    row.state, row.done_at, row.undo_until = ChangeState.DONE, now, now + CAN_BE_UNDONE
    row.undo_token_hash, row.new_undo_token_hash = (
        crypto.token_hash(UNDO, undo_token),
        crypto.token_hash(NEW_UNDO, new_undo_token),
    )
    if old is not None:
        old.left_at = row.undo_until
    end_all_sessions(db, row.person_id, but=row.session_id)
    db.flush()
    letters.send_changed(db, row, undo_token, new_undo_token)
    return Outcome.DONE


_UNDOABLE = prepared(
    select(AddressChange)
    .where(AddressChange.person_id == bindparam("person"), AddressChange.state == ChangeState.DONE)
    .where(AddressChange.undo_until > bindparam("now"))
    .order_by(AddressChange.id.desc())
    .limit(1)
)


def _undoable(db: Session, person_id: int) -> AddressChange | None:
    return db.scalar(_UNDOABLE, {"person": person_id, "now": clock.now()})


def _end(db: Session, which: ColumnElement[bool], before: ChangeState, after: ChangeState) -> list[int]:
    ended = (
        update(AddressChange)
        .where(which, AddressChange.state == before)
        .values(state=after, ended_at=clock.now())
        .returning(AddressChange.id)
        .execution_options(synchronize_session=False)
    )
    return list(db.scalars(ended))
