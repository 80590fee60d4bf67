"""Signed statements that anyone can check without us: receipts, certificates, heads of the ledger (JWS, Ed25519; RFC 7515, 9864).

Must never accept another algorithm, a key that a token brings along, or a token that was signed to say something else.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from portal.core import crypto
from portal.core.errors import PortalError

ALGORITHM = "Ed25519"
LONGEST = 256 * 1024


class SignatureRefused(PortalError):
    """The text is not a statement of that kind, signed by that company, as it stands."""


class SignedByAnotherKey(SignatureRefused):
    """It names a key that is not among those that it was to be checked with."""


def sign(company: str, kind: str, statement: Mapping[str, Any]) -> str:
    """`statement` as a compact JWS of the company (its key in `portal.yaml`), under its newest key. `kind` goes into `typ`."""
    key_id = crypto.keys().newest("sign")[0]
    protected = {"alg": ALGORITHM, "kid": _name(company, key_id), "typ": _type(kind)}
    payload = json.dumps(statement, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    return jws.serialize_compact(protected, payload, _key(company, key_id), algorithms=[ALGORITHM])


def key_set(company: str) -> dict[str, Any]:
    """The company's public keys as a JWK set (RFC 7517), oldest first: what is published at `/.well-known/jwks.json`."""
    return {
        "keys": [
            {**_key(company, key_id).as_dict(private=False), "kid": _name(company, key_id), "alg": ALGORITHM, "use": "sig"}
            for key_id in crypto.keys().ids("sign")
        ]
    }


def verify(token: str, kind: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """The statement, if `keys` (a JWK set) has the key that signed it as a statement of that kind. Needs no database and no secret.

    Raises `SignatureRefused`, and of those `SignedByAnotherKey` where it may well be right for other keys.
    """
    refused = SignatureRefused("This is not a signed statement of this kind, or it was changed.")
    try:
        header = jws.extract_compact(token.strip().encode("ascii")).protected if len(token) <= LONGEST else {}
        if set(header) != {"alg", "kid", "typ"} or header["typ"] != _type(kind) or header["alg"] != ALGORITHM:
            raise refused
        key = _pick(keys.get("keys", ()), str(header["kid"]))
        checked = jws.deserialize_compact(token.strip(), key, algorithms=[ALGORITHM])
        statement = json.loads(checked.payload or b"")
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise refused from None
    if not isinstance(statement, dict):
        raise refused
    return statement


def _pick(keys: Iterable[Mapping[str, Any]], name: str) -> OKPKey:
    for key in keys:
        if key["kid"] == name and key["kty"] == "OKP" and key["crv"] == ALGORITHM:
            return OKPKey.import_key({"kty": "OKP", "crv": ALGORITHM, "x": str(key["x"])})
    raise SignedByAnotherKey(
        "The key that this says it was signed with is not among these. Are they the right company's, and its newest?"
    )


def _key(company: str, key_id: str) -> OKPKey:
    """A key of its own for each company, from the ring's signing key: one company's signature says nothing in another's name."""
    seed = hmac.digest(crypto.keys().by_id("sign", key_id), f"ed25519\x1f{company}".encode(), hashlib.sha256)
    return OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(seed))


def _name(company: str, key_id: str) -> str:
    return f"{company}-{key_id}"


def _type(kind: str) -> str:
    return f"portal-{kind}+jws"
