"""`portal receipt verify`: check a receipt without the portal, its database or any secret: only with the company's public keys."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from portal.commands.texts import read_text
from portal.core.errors import PortalError


class KeysAreMissing(PortalError):
    """No public keys to check with."""


def add(commands: Any) -> None:
    """Add `receipt verify`."""
    parser: argparse.ArgumentParser = commands.add_parser("receipt", help="check a receipt that somebody kept")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    verify = acts.add_parser("verify", help="who signed it, what it says, and whether it fits together")
    verify.add_argument("file", help="the receipt; - reads it from standard input")
    verify.add_argument(
        "--keys", type=Path, help="the company's public keys, saved from its /.well-known/jwks.json; else the keys of this portal"
    )
    verify.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Say what the receipt says; 1 where it is not genuine."""
    from portal.consent.receipts import read_receipt

    token = sys.stdin.buffer.read().decode(errors="replace") if chosen.file == "-" else read_text(Path(chosen.file))
    receipt = read_receipt(token, _keys(chosen.keys))
    print(f"Genuine. {receipt.company} wrote it.")
    print(f"{receipt.at:%Y-%m-%d %H:%M:%S} UTC: {receipt.act} by {receipt.actor}, {receipt.purpose}.{receipt.channel}"
          f"{'.' + receipt.topic if receipt.topic else ''}: {receipt.purpose_title}")  # fmt: skip
    print(f"Act {receipt.number} of the person's history, received through {receipt.collection_point}.")
    if receipt.notice is not None:
        print(f"Shown ({receipt.language}): {receipt.notice}")
    print(f"Digest in the ledger: {receipt.digest.hex()}")
    return 0


def _keys(file: Path | None) -> dict[str, Any]:
    if file is not None:
        try:
            keys = json.loads(read_text(file))
        except ValueError:
            keys = None
        if not isinstance(keys, dict) or not isinstance(keys.get("keys"), list):
            raise KeysAreMissing(f"{file} is no JWK set. Save it from the company's /.well-known/jwks.json.")
        return keys
    from portal.core.signatures import key_set
    from portal.settings import settings
    from portal.starting import start

    try:
        running = start(settings())
    except PortalError as error:
        raise KeysAreMissing(
            f"Without `--keys` the keys of the portal that is set up here are taken, and there is none: {error} "
            "Save the company's /.well-known/jwks.json and name it with --keys."
        ) from None
    return {"keys": [key for company in running.config.portal.companies for key in key_set(company)["keys"]]}
