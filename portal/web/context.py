"""What a request belongs to: the database of the process, the company of the host, the network it came from.

Must never take a host name from anything but a plain Host header that names a configured company.
"""

import ipaddress
import logging
import re
import threading
from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request

from portal.accounts import registry
from portal.config.model import Company
from portal.core import logs
from portal.core.db import Database
from portal.settings import settings

_unsaid = threading.Lock()
"""Free until this process has said where its first request came from."""

HOST = re.compile(r"^([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)(?::\d{1,5})?$")


@dataclass(frozen=True, slots=True)
class CurrentCompany:
    """The company that the host name picked: key and id for rows, `config` for words."""

    key: str
    id: int
    config: Company


def database() -> Database:
    """The database of this process."""
    return cast(Database, current_app.extensions["portal_database"])


def company_of_host(header: str | None) -> CurrentCompany | None:
    """The company that a Host header names, or None: an empty, doubled, junk or unknown host names nobody."""
    match = HOST.match((header or "").lower())
    if match is None:
        return None
    for key, company in registry.config().portal.companies.items():
        if match[1] in company.hosts:
            return CurrentCompany(key, registry.ids()[key], company)
    return None


def current_company() -> CurrentCompany:
    """The company of this request; set before any view runs."""
    return cast(CurrentCompany, g.company)


def network() -> str:
    """The network that the request came from, as limits count it: an IPv4 address, or the /64 of an IPv6 address.

    X-Forwarded-For is believed for as many hops as `PORTAL_TRUSTED_HOPS` says, counted from the right, and not at all by default.
    """
    chain = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    hops = settings().trusted_hops
    address = chain[-hops] if hops and len(chain) >= hops else request.remote_addr or "0.0.0.0"  # noqa: S104  # a stand-in, nothing is bound
    try:
        parsed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        _say_once("unreadable", len(chain), hops)
        return "unreadable"
    _say_once("loopback" if parsed.is_loopback else "public" if parsed.is_global else "private", len(chain), hops)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def _say_once(address_seen: str, forwarded: int, hops: int) -> None:
    """Tell the log, once a process, what kind of address is counted and how many proxies the header names; never the address itself.

    Where a proxy is not believed, or one that is believed says nothing, all customers share one network and lock one another out.
    """
    if _unsaid.acquire(blocking=False):
        doubtful = forwarded < hops or (forwarded > 0 and not hops)
        logs.event("web.network", level=logging.WARNING if doubtful else logging.INFO, address_seen=address_seen, count=forwarded)
