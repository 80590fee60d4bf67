"""How many codes may be tried, and when codes switch off for a company. Must never touch a link: those go on working.

The ceiling weighs browsers, not tries: each browser that typed a wrong code counts once an hour and each network ten times, so that no
single one trips it. Browsers in which the address signed in before have a ceiling and tries of their own (S2).
It recovers when its hour is over, and nobody's success clears anything.
"""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.accounts import registry
from portal.core import limits, logs
from portal.core.db import company_of

TRIES_A_REQUEST = 5
TRIES_A_DAY = limits.Limit("code.address", 10, timedelta(days=1))
TRIES_A_BROWSER = limits.Limit("code.browser", 10, timedelta(hours=1))
ONE_WEIGHT = limits.Limit("code.weight", 1, timedelta(hours=1))
ONE_NETWORK = limits.Limit("code.network", 10, timedelta(hours=1))
CEILING = limits.Limit("code.ceiling", 100, timedelta(hours=1))
KNOWN_CEILING = limits.Limit("code.known_ceiling", 100, timedelta(hours=1))
TRIES_OF_KNOWN = limits.Limit("code.known", 10, timedelta(days=1))


def codes_are_off(db: Session, *, known: bool = False) -> bool:
    """Whether the ceiling of wrong codes is reached in this hour: that of all, or that of browsers in which the address signed in before."""
    ceiling = KNOWN_CEILING if known else CEILING
    return limits.counted(db, ceiling, registry.key_of(company_of(db))) >= ceiling.count


def may_try(db: Session, identifier_hash: bytes, asked_in: bytes, *, known: bool = False) -> bool:
    """Count one more try for the address and for the browser; whether both are within their limits."""
    company = registry.key_of(company_of(db))
    for_address = limits.count_once(db, TRIES_OF_KNOWN if known else TRIES_A_DAY, company, identifier_hash.hex())
    for_browser = limits.count_once(db, TRIES_A_BROWSER, company, asked_in.hex())
    return for_address and for_browser


def weigh_wrong_code(db: Session, asked_in: bytes, *, known: bool = False, network: str = "") -> None:
    """Note that a wrong code came from this browser and network; raises the alarm where that reaches the ceiling."""
    company = registry.key_of(company_of(db))
    if not limits.count_once(db, ONE_WEIGHT, company, asked_in.hex()):
        return
    if network and not limits.count_once(db, ONE_NETWORK, company, network):
        return
    ceiling = KNOWN_CEILING if known else CEILING
    limits.count_once(db, ceiling, company)
    if limits.counted(db, ceiling, company) == ceiling.count:
        logs.event("codes.switched_off", level=50, company=company, count=CEILING.count)
