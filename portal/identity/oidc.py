"""A company's own sign-in service for its staff: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636), with the portal as client.

Must never run inside a transaction, since it asks another server, nor believe who somebody is without that server's signature.

For the door: begin(provider, back=, again=) -> Begun                     where to send the browser, and what it keeps meanwhile
    claims_of(provider, code=, kept=, back=) -> Claims                    raises ProviderAway or ProviderRefused
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from portal.config.loading import Config
from portal.core import clock, crypto
from portal.core.errors import PortalError

SECONDS = httpx.Timeout(5.0)
LARGEST = 256 * 1024
"""Bytes that an answer of the service may have; discovery, keys and tokens are a few thousand."""
METADATA_GOOD_FOR = 3600.0
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures only by a key of the service: with HS256 whoever knows the client's secret could write themselves a token."""
LEEWAY = 60
LONGEST_CODE = 2048


class ProviderAway(PortalError):
    """The service does not answer, or answers with what cannot be understood: worth another try."""


class ProviderRefused(PortalError):
    """The service does not vouch for this browser: the code is used, late, foreign, or its token does not hold."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One company's service, as `portal.yaml` says it."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it has to bring back (its own cookie keeps it, signed)."""

    address: str = field(repr=False)
    kept: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the service says it is: a hash of issuer and subject, which alone name an account (K1)."""

    subject: bytes = field(repr=False)
    signed_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Metadata:
    authorize: str
    token: str
    keys: str
    posts_secret: bool
    read_at: float


_known: dict[str, _Metadata] = {}


def providers_of(config: Config) -> dict[str, Provider]:
    """Each company's service by the company's key. Raises `DocumentError` where a secret is not set."""
    found = {}
    for key, company in config.portal.companies.items():
        if said := company.staff_sign_in:
            secret = config.secret(said.client_secret, "companies", key, "staff_sign_in", "client_secret")
            found[key] = Provider(said.issuer, said.client_id, secret)
    return found


def begin(provider: Provider, *, back: str, again: bool) -> Begun:
    """A new request. With `again` the service has to ask its user anew, however recently it did. Raises `ProviderAway`."""
    from authlib.common.security import generate_token  # only where staff sign in this way
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # as above
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # as above

    kept = {"state": crypto.random_token(), "nonce": crypto.random_token(), "verifier": generate_token(64)}
    asked: dict[str, str] = {"prompt": "login", "max_age": "0"} if again else {}
    address = prepare_grant_uri(
        _metadata(provider).authorize,
        provider.client_id,
        "code",
        redirect_uri=back,
        scope="openid",
        state=kept["state"],
        nonce=kept["nonce"],
        code_challenge=create_s256_code_challenge(kept["verifier"]),  # type: ignore[no-untyped-call]  # its stub leaves it out
        code_challenge_method="S256",
        **asked,
    )
    return Begun(str(address), kept)


def claims_of(provider: Provider, *, code: str, kept: Mapping[str, str], back: str) -> Claims:
    """Change the code for the service's signed word, once, and read it. Raises `ProviderAway` or `ProviderRefused`."""
    if not code or len(code) > LONGEST_CODE:
        raise ProviderRefused("There is no code.")
    metadata = _metadata(provider)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": kept["verifier"]}
    if metadata.posts_secret:
        answer = _ask("POST", metadata.token, data={**form, "client_id": provider.client_id, "client_secret": provider.secret})
    else:
        answer = _ask("POST", metadata.token, data=form, auth=httpx.BasicAuth(provider.client_id, provider.secret))
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise ProviderRefused("The service gave no token.")
    claims = _validated(provider, metadata, token, nonce=kept["nonce"], access_token=answer.get("access_token"))
    return Claims(
        crypto.token_hash("staff.subject", f"{provider.issuer}\n{claims['sub']}"),
        datetime.fromtimestamp(claims["auth_time"], UTC) if claims.get("auth_time") else None,
    )


def _validated(provider: Provider, metadata: _Metadata, token: str, *, nonce: str, access_token: object) -> Mapping[str, Any]:
    """OpenID Connect Core 3.1.3.7. Raises `ProviderRefused`."""
    from authlib.oidc.core import CodeIDToken  # only where staff sign in this way
    from joserfc import jwt  # as above
    from joserfc.errors import JoseError  # as above
    from joserfc.jwk import KeySet  # as above

    try:
        # Read anew each time: sign-ins are few, and a key that the service took back must not be good any longer.
        keys = KeySet.import_key_set(_ask("GET", metadata.keys))  # type: ignore[arg-type]  # JSON of another server; it is checked there
        signed = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": provider.client_id}},
            {"nonce": nonce, "client_id": provider.client_id, "access_token": access_token},
        )
        claims.validate(now=int(clock.now().timestamp()), leeway=LEEWAY)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderRefused(f"Its token does not hold: {type(error).__name__}.") from None
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise ProviderRefused("Its token names nobody.")
    return claims


def _metadata(provider: Provider) -> _Metadata:
    """What the service says of itself (OpenID Connect Discovery 1.0, section 4), for an hour."""
    known = _known.get(provider.issuer)
    if known is not None and time.monotonic() - known.read_at < METADATA_GOOD_FOR:
        return known
    said = _ask("GET", f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    if said.get("issuer") != provider.issuer:
        raise ProviderAway("It calls itself by another name than `issuer` in portal.yaml.")
    ends = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    scheme = urlsplit(provider.issuer).scheme
    authorize, token, keys = (end if isinstance(end, str) else "" for end in ends)
    if not all(urlsplit(end).scheme in ("https", scheme) for end in (authorize, token, keys)):
        raise ProviderAway("It names no place to sign in, or one without https.")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    posts = isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods
    known = _known[provider.issuer] = _Metadata(authorize, token, keys, posts, time.monotonic())
    return known


def _ask(method: str, url: str, **sent: Any) -> dict[str, Any]:
    """One request, without redirects. Nothing of its answer gets into an error: it may hold a token."""
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, url, headers={"Accept": "application/json"}, **sent) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > LARGEST:
                    raise ProviderAway("Its answer is too large.")
        status = answer.status_code
        if 400 <= status < 500 and method == "POST":
            raise ProviderRefused(f"It answers with {status}.")
        if status != 200:
            raise ProviderAway(f"It answers with {status}.")
        said = _object(body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderAway(f"It does not answer: {type(error).__name__}.") from None
    return said


def _object(body: bytes) -> dict[str, Any]:
    """A JSON object. Raises `ProviderAway`."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise ProviderAway("Its answer is no JSON object.")
    return said
