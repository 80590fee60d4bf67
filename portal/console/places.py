"""Where a passkey ceremony happens, as the browser sees it. Must never believe a host that the company does not name."""

import ipaddress
from urllib.parse import urlsplit

from flask import request

from portal.identity.passkeys import Place
from portal.web.context import current_company


def here() -> Place:
    """Host and origin of this request: the Host header was matched to the company before, the scheme is the company's own."""
    company = current_company().config
    header = (request.headers.get("Host") or "").lower()
    return Place(header.partition(":")[0], f"{urlsplit(company.url).scheme}://{header}", company.name)


def can_have_passkeys() -> bool:
    """Whether this host may: browsers make passkeys for names and not for bare numbers (the demo's 127.0.0.1)."""
    try:
        ipaddress.ip_address(here().host)
    except ValueError:
        return True
    return False
