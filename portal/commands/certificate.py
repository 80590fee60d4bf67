"""`portal certificate verify`: is a certificate of an erasure what the company signed? Offline: no database, no network.

Must never say more than valid or not: a wrong file must not teach anyone how to make a better one.
"""

import argparse
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from portal.core import crypto, signatures
from portal.core.errors import PortalError

LARGEST = signatures.LONGEST


class KeysNotUsable(PortalError):
    """The file of public keys is not a JWK set."""


def add(commands: Any) -> None:
    """Add `certificate verify`."""
    parser: argparse.ArgumentParser = commands.add_parser("certificate", help="check certificates of erasures")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    act = acts.add_parser(
        "verify", help="say whether a certificate is valid (exit code 0) or not (1), without database or network"
    )
    act.add_argument("file", type=Path, help="the signed certificate")
    act.add_argument("--keys", type=Path, help="the company's /.well-known/jwks.json, saved; else the portal's own keys")
    act.set_defaults(run=lambda chosen: verify(chosen.file, chosen.keys))


def verify(file: Path, keys: Path | None) -> int:
    """0 where one of the key sets signed it."""
    from portal.cases.certificate.signed import verify_certificate

    token = file.read_bytes()[: LARGEST + 1].decode("ascii", errors="replace")
    for key_set in [_read_keys(keys)] if keys else _own_keys():
        try:
            verify_certificate(token, key_set)
        except signatures.SignatureRefused:
            continue
        print("valid")
        return 0
    print("not valid")
    return 1


def _read_keys(file: Path) -> Mapping[str, Any]:
    try:
        plain = json.loads(file.read_bytes())
    except ValueError:
        plain = None
    if not isinstance(plain, dict) or not isinstance(plain.get("keys"), list):
        raise KeysNotUsable(f"{file} is not a JWK set. Save it again from the company's /.well-known/jwks.json.")
    return plain


def _own_keys() -> Iterable[Mapping[str, Any]]:
    from portal.config import load_config
    from portal.settings import read_settings

    settings = read_settings(os.environ)
    crypto.use_keys(crypto.parse_key_ring(settings.keys))
    return [signatures.key_set(company) for company in load_config(settings.config).portal.companies]
