"""From a typed address to a mailed link: ask, ask again, and the worker's part. What a press does stands in `pressing.py`.

Must never tell (by row, time or page) whether an address is known, and never put anything that the asker typed or sent into a mail.

For the door (`nonce` is the random token of the asking browser's cookie, made by `new_nonce`):
    ask(db, address=, nonce=, user_agent=, language=, destination=None, typed=None, allowed=(), network="") -> Asking   raises AddressRefused
    ask_fresh(db, token, nonce=, user_agent=, language=) -> Asking | LinkUnknown       (after `LinkEnded`)
    asking_of(db, nonce) -> Asking | None                                             (the page that waits)
For the worker: issue_due_links(database) -> int
"""

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.accounts.working_off import work_off
from portal.config.model import Company
from portal.core import clock, crypto, i18n, limits, logs, urls
from portal.core.db import Database, company_of
from portal.core.errors import PortalError
from portal.identity.browsers import browser_of, browser_words
from portal.identity.code_limits import TRIES_A_REQUEST, codes_are_off
from portal.identity.known_browsers import asks_from_known_browser, is_proven_address
from portal.identity.model import RequestState, SignInRequest
from portal.identity.outcomes import Asking, LinkUnknown
from portal.identity.staff_model import StaffLink
from portal.outbox.service import key_of, queue_mail
from portal.people.addresses import domain_of, mailbox_of, normal_address
from portal.people.service import EMAIL, Identifier, hashes_of

LINK, NONCE = "sign_in.link", "sign_in.asked_in"
NOWHERE = bytes(32)
"""Stands for the asking browser's nonce where no browser waits: the hash of no nonce."""
LIFE = timedelta(minutes=10)
GIVEN_UP = timedelta(hours=1)
WAITED_FOR = timedelta(days=1)
"""What was asked for longer ago is nothing to wait for: its row only says that this browser is known."""
LIVE_LINKS = 5
LONGEST_TOKEN = 64
LONGEST_TYPED = 20_000

PER_ADDRESS = limits.Limit("sign_in.address", 10, timedelta(hours=1))
PER_MAILBOX = limits.Limit("sign_in.mailbox", 15, timedelta(hours=1))
PER_NETWORK_AND_ADDRESS = limits.Limit("sign_in.network_address", 6, timedelta(hours=1))
PER_NETWORK_AND_DOMAIN = limits.Limit("sign_in.network_domain", 150, timedelta(hours=1))
PER_KNOWN_BROWSER = limits.Limit("sign_in.known", 10, timedelta(hours=1))
PER_DOMAIN = limits.Limit("sign_in.domain", 500, timedelta(hours=1))
PER_PROVEN_DOMAIN = limits.Limit("sign_in.proven_domain", 500, timedelta(hours=1))
PER_INSTALLATION = limits.Limit("sign_in.installation", 5000, timedelta(hours=1))
PER_PROVEN_INSTALLATION = limits.Limit("sign_in.proven_installation", 5000, timedelta(hours=1))
"""Addresses that signed in before are counted apart, and so is the browser in which one did: what strangers ask for uses up neither (S2).
The address counts per company; mailbox, domain and installation count over all companies of one installation."""


class TooMuchTyped(PortalError):
    """More text than a form of ours can send was to be kept over the sign-in."""


def new_nonce() -> str:
    """A token for the cookie of a browser that asks for the first time."""
    return crypto.random_token()


def ask(
    db: Session,
    *,
    address: str,
    nonce: str | None,
    user_agent: str | None,
    language: str,
    destination: str | None = None,
    typed: Mapping[str, str] | None = None,
    allowed: Collection[str] = (),
    network: str = "",
) -> Asking:
    """Write the one row; the worker does the rest. A `destination` that is not `allowed` is forgotten.

    Without a `nonce` no page waits for a code, so the mail holds none, and every browser has to type the address.

    Raises `AddressRefused` (with its reason) before anything is written.
    """
    company = registry.company(company_of(db))
    normal = normal_address(address, allow_non_ascii=company.allow_non_ascii_addresses)
    kept = json.dumps(dict(typed)) if typed else None
    if kept and len(kept) > LONGEST_TYPED:
        raise TooMuchTyped("The text is too long to be kept over the sign-in.")
    row = _add(db, normal, nonce=nonce, user_agent=user_agent, language=language)
    row.destination, row.typed = (destination if destination in allowed else None), kept
    if network and not _network_may_ask(db, row, network):
        row.state, row.ended_at = RequestState.LIMITED, row.asked_at
    return _asking(db, row)


def ask_fresh(db: Session, token: str, *, nonce: str, user_agent: str | None, language: str) -> Asking | LinkUnknown:
    """Another link to the same address. Destination and typed text are kept only where this is the browser that asked."""
    old = request_of(db, token)
    if old is None or (old.state == RequestState.ISSUED and old.expires_at > clock.now()):
        # A link that still works needs no other one; and who only holds a link learns no address from it.
        return LinkUnknown()
    here = asked_here(old, nonce)
    # A browser that did not ask does not become the asking one by pressing here: the new link wants the address typed as well.
    row = _add(db, old.address, nonce=nonce if here else None, user_agent=user_agent, language=language)
    if here:
        row.destination, row.typed = old.destination, old.typed
    return _asking(db, row)


def asking_of(db: Session, nonce: str) -> Asking | None:
    """The newest request of this browser, or None where it never asked (or so long ago that it was dropped)."""
    row = newest_request(db, nonce)
    return _asking(db, row) if row else None


def newest_request(db: Session, nonce: str) -> SignInRequest | None:
    """The row behind `asking_of`."""
    if not nonce or len(nonce) > LONGEST_TOKEN:
        return None
    rows = select(SignInRequest).filter_by(asked_in=_nonce_hash(nonce)).where(SignInRequest.asked_at > clock.now() - WAITED_FOR)
    return db.scalar(rows.order_by(SignInRequest.id.desc()).limit(1))


def request_of(db: Session, token: str) -> SignInRequest | None:
    """The request whose link has this token, in the session's company and for signing in; whatever its state."""
    if not token or len(token) > LONGEST_TOKEN or not token.isascii():
        return None
    return db.scalar(select(SignInRequest).filter_by(token_hash=crypto.token_hash(LINK, token)))


def asked_here(row: SignInRequest, nonce: str | None) -> bool:
    """Whether this is the browser that asked."""
    return bool(nonce) and crypto.same(row.asked_in, _nonce_hash(nonce or ""))


def asked_nowhere(row: SignInRequest) -> bool:
    """Whether no browser waits: it was asked for from a link in a message, or anew from a link that had ended."""
    return row.asked_in == NOWHERE


def typed_of(row: SignInRequest) -> Mapping[str, str]:
    """What was typed before the sign-in."""
    return {str(name): str(value) for name, value in json.loads(row.typed).items()} if row.typed else {}


def issue_due_links(database: Database) -> int:
    """Make token, code and mail for each request that waits, or note that it is over a limit; returns how many were done."""
    served = list(registry.ids().values())
    waiting = (
        select(SignInRequest.company_id, SignInRequest.id)
        .where(SignInRequest.state == RequestState.ASKED, SignInRequest.company_id.in_(served))
        .order_by(SignInRequest.id)
        .limit(200)
    )
    return work_off(database, waiting, _issue, failed="sign_in.not_issued")


def _issue(db: Session, request_id: int) -> int:
    query = select(SignInRequest).filter_by(id=request_id, state=RequestState.ASKED).with_for_update(skip_locked=True)
    row = db.scalar(query)
    if row is None:
        return 0
    now = clock.now()
    if now - row.asked_at > GIVEN_UP or not _within_limits(db, row):
        row.state, row.ended_at = RequestState.LIMITED, now
        return 1
    token, code = (
        crypto.random_token(),
        "" if asked_nowhere(row) or codes_are_off(db, known=asks_from_known_browser(db, row)) else crypto.random_digits(8),
    )
    row.token_hash = crypto.token_hash(LINK, token)
    if code:
        row.code_hash_key_id = crypto.keys().newest("hash")[0]
        row.code_hash = code_hash(row, code, row.code_hash_key_id)
    row.state, row.expires_at = RequestState.ISSUED, now + LIFE
    _queue(db, row, token, code)
    return 1


def code_hash(row: SignInRequest, code: str, key_id: str) -> bytes:
    """Keyed hash of a code, bound to its request: the code of one is nothing to another."""
    return crypto.identifier_hash(registry.key_of(row.company_id), f"sign_in.code.{row.id}", code, key_id)


def words_of_link(row: SignInRequest | StaffLink, door: str, token: str) -> dict[str, str]:
    """What the mail with a link says of who asked for it: where it leads, when and in which browser, and until when it works."""
    company = registry.company(row.company_id)
    with i18n.speaking(row.language, company.time_zone):
        return {
            "link": urls.address(company.url, door, token=token),
            "asked_at": i18n.format_moment(row.asked_at),
            "valid_until": i18n.format_time(row.expires_at),
            "browser_words": browser_words(row.browser),
            "site_host": urlsplit(company.url).hostname or "",
        }


def _queue(db: Session, row: SignInRequest, token: str, code: str) -> None:
    context = {
        **words_of_link(row, urls.LINK, token),
        "code": f"{code[:4]} {code[4:]}" if code else "",
        "from_message": asked_nowhere(row),
    }
    queue_mail(
        db,
        template="sign_in",
        to=row.address,
        language=row.language,
        key=key_of("sign_in", row.id, row.asked_at),
        context=context,
        not_after=row.expires_at,
    )


def _within_limits(db: Session, row: SignInRequest) -> bool:
    """Count this request. The address comes first: its counter's row also keeps two workers from issuing past the live links."""
    company = registry.key_of(row.company_id)
    known = asks_from_known_browser(db, row)
    per_address = PER_KNOWN_BROWSER if known else PER_ADDRESS
    live = _live_links(db, row, asked_in=row.asked_in if known else None)
    if not limits.count_once(db, per_address, company, row.identifier_hash.hex()) or live >= LIVE_LINKS:
        return False
    if not known and not limits.count_once(db, PER_MAILBOX, mailbox_of(row.address)):
        return False
    proven = is_proven_address(db, row.address)
    domain, installation = (PER_PROVEN_DOMAIN, PER_PROVEN_INSTALLATION) if proven else (PER_DOMAIN, PER_INSTALLATION)
    for limit, key in ((domain, domain_of(row.address)), (installation, "")):
        if not limits.count_once(db, limit, key):
            logs.event("sign_in.flooded", level=40, company=company, kind=limit.name)
            return False
    return True


def _network_may_ask(db: Session, row: SignInRequest, network: str) -> bool:
    """Count it for the network it came from. The same look-ups for every address; the row is there and the page is the same either way."""
    known = asks_from_known_browser(db, row)
    for_address = limits.count_once(db, PER_NETWORK_AND_ADDRESS, network, row.identifier_hash.hex())
    for_domain = limits.count_once(db, PER_NETWORK_AND_DOMAIN, network, domain_of(row.address))
    return known or (for_address and for_domain)


def _live_links(db: Session, row: SignInRequest, *, asked_in: bytes | None) -> int:
    """Links to this address that work now; of one browser alone where it is named."""
    hashes = hashes_of(row.company_id, Identifier(EMAIL, row.address)).values()
    live = select(SignInRequest.id).where(
        SignInRequest.identifier_hash.in_(hashes),
        SignInRequest.state == RequestState.ISSUED,
        SignInRequest.expires_at > clock.now(),
    )
    if asked_in is not None:
        live = live.where(SignInRequest.asked_in == asked_in)
    return len(db.scalars(live).all())


def _add(db: Session, address: str, *, nonce: str | None, user_agent: str | None, language: str) -> SignInRequest:
    company: Company = registry.company(company_of(db))
    key_id = crypto.keys().newest("hash")[0]
    now = clock.now()
    row = SignInRequest(
        identifier_hash=hashes_of(company_of(db), Identifier(EMAIL, address))[key_id],
        hash_key_id=key_id,
        address=address,
        language=i18n.best_of(company.languages, [language]),
        browser=browser_of(user_agent),
        asked_in=NOWHERE if nonce is None else _nonce_hash(nonce),
        asked_at=now,
        expires_at=now + LIFE,
    )
    db.add(row)
    db.flush()
    return row


def _asking(db: Session, row: SignInRequest) -> Asking:
    return Asking(
        address=row.address,
        asked_at=row.asked_at,
        valid_until=row.expires_at,
        destination=row.destination,
        typed=typed_of(row),
        signed_in=row.used_where_asked,
        codes_off=codes_are_off(db, known=asks_from_known_browser(db, row)),
        code_spent=row.code_tries >= TRIES_A_REQUEST,
    )


def _nonce_hash(nonce: str) -> bytes:
    return crypto.token_hash(NONCE, nonce)
