"""Where a sign-in of staff happens: the host as the browser sees it, or the company's own service. Must never believe a host that the company does not name."""

import ipaddress
from urllib.parse import urlsplit

from flask import abort, current_app, request

from portal.identity.oidc import Provider
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


def provider() -> Provider | None:
    """The company's own sign-in service, if it has one."""
    found: dict[str, Provider] = current_app.extensions["portal_providers"]
    return found.get(current_company().key)


def account() -> str:
    """How staff know that service; empty where there is none."""
    said = current_company().config.staff_sign_in
    return said.title if said else ""


def refuse_beside_provider() -> None:
    """404 where the company has a sign-in service of its own: nothing else counts, so that who left it does not come in by an old passkey."""
    if provider() is not None:
        abort(404)
