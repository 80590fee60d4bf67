"""A sign-in service of somebody else's making (the package oidc-provider-mock) in a process of its own, and what a colleague does there."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

from portal.accounts import registry
from portal.config.model import StaffSignIn
from portal.config.parts import Secret
from portal.identity import oidc
from tests.doors.links import with_company

PEOPLE: dict[str, dict[str, object]] = {
    "ida": {"email": "agent@example.net", "email_verified": True},
    "twin": {"email": "agent@example.net", "email_verified": True},
}
"""Two accounts that carry one address, which both are said to have proven."""


@contextmanager
def signing_service():
    """Its address, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    people = [word for sub, claims in PEOPLE.items() for word in ("--user-claims", json.dumps({"sub": sub, **claims}))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true", *people]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "NO_COLOR": "1"})
    try:
        for _ in range(600):
            assert process.poll() is None, "the service ended"
            try:
                httpx.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration", trust_env=False).raise_for_status()
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def with_service(site, issuer):
    """The site's first company has that service for its staff, until the end."""
    said = StaffSignIn(title="Fjord accounts", issuer=issuer, client_id="portal", client_secret=Secret(env="CONSOLE_SECRET"))
    with pytest.MonkeyPatch.context() as patch:
        with_company(patch, staff_sign_in=said)
        patch.setenv("CONSOLE_SECRET", "between the two of us")
        patch.setitem(site.app.extensions, "portal_providers", oidc.providers_of(registry.config()))
        yield


def agree(address, who):
    """Sign in at the service as `who`, on the page it was sent to; gives the path that the browser is led back to."""
    with httpx.Client(trust_env=False) as client:
        answer = client.post(address, data={"sub": who})
    assert answer.status_code == 302, answer.text[:300]
    found = re.fullmatch(r"http://[^/]+(/console/account/back\?.*)", answer.headers["Location"])
    assert found, answer.headers["Location"]
    return found[1]
