"""Door 1, what machines look for at fixed addresses (RFC 8615). The same for everyone, and says nothing of anyone."""

from flask import Blueprint, Response, json

from portal.core.signatures import key_set
from portal.web.context import current_company
from portal.web.guards import public

bp = Blueprint("well_known", __name__, url_prefix="/.well-known")

HEEDED_SINCE = "2026-11-26"
AN_HOUR = "public, max-age=3600"


@bp.get("/jwks.json")
@public("public keys are there to be read by everyone")
def keys() -> Response:
    """The keys that receipts and certificates are checked with, as a JWK set (RFC 7517)."""
    return _published(key_set(current_company().key), "application/jwk-set+json")


@bp.get("/gpc.json")
@public("says that the signal is heeded, the same to everyone")
def privacy_signal() -> Response:
    """That Global Privacy Control is heeded here."""
    return _published({"gpc": True, "lastUpdate": HEEDED_SINCE}, "application/json")


def _published(content: object, content_type: str) -> Response:
    """A document that anyone may keep for an hour and read from any page."""
    answer = Response(json.dumps(content, indent=2, sort_keys=True) + "\n", content_type=content_type)
    answer.headers["Cache-Control"] = AN_HOUR
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer
