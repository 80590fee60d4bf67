"""`portal links keys`: the keys that links in mails are sealed with. Must never print a key anywhere but into a file for its owner alone."""

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.core import clock, crypto
from portal.core.crypto_links import newest_link_key, with_key_shut_off, with_link_key
from portal.core.errors import PortalError
from portal.people.minting import KeyExport

if TYPE_CHECKING:
    from portal.config.model import Company


class NoLinkKey(PortalError):
    """The company has no such key of links, or no key file that could be written."""


def add(acts: Any) -> None:
    """Add the acts."""
    keys = acts.add_parser("keys", help="make, list, export and shut off keys of links").add_subparsers(
        metavar="ACT", required=True
    )
    for name, summary, run in (
        ("new", "add a newest key for a company", new_key),
        ("list", "the keys of a company", list_keys),
        ("export", "write the newest key to a file, for the machine that mints", export_key),
        ("shut-off", "from now on links of that key only stop messages, and show nothing", shut_off),
    ):
        act = keys.add_parser(name, help=summary)
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")
        act.set_defaults(run=run)
        if name == "shut-off":
            act.add_argument("number", type=int, help="number of the key")
        if name == "export":
            act.add_argument("file", type=Path, help="where to write it (only its owner may read it)")


def new_key(chosen: argparse.Namespace) -> int:
    """Make a key and write the ring."""
    _company(chosen.company)
    file, ring = _ring()
    links = with_link_key(ring.links, chosen.company, today=clock.now().date())
    crypto.write_key_file(file, replace(ring, links=links))
    print(
        f"Key {links[chosen.company][-1].number} is the newest of {chosen.company}. Older keys keep working; export this one to mint."
    )
    return 0


def list_keys(chosen: argparse.Namespace) -> int:
    """One line a key; never the key itself."""
    _company(chosen.company)
    own = _ring()[1].links.get(chosen.company, ())
    for key in own:
        print(f"{key.number:>5}  made {key.made_on}  {f'shut off {key.shut_off_on}' if key.shut_off_on else 'in use'}")
    if not own:
        print(f"{chosen.company} has no key of links yet: `portal links keys new --company {chosen.company}`.")
    return 0


def shut_off(chosen: argparse.Namespace) -> int:
    """A key that got into other hands."""
    _company(chosen.company)
    file, ring = _ring()
    if chosen.number not in [key.number for key in ring.links.get(chosen.company, ())]:
        raise NoLinkKey(f"{chosen.company} has no key {chosen.number}. `portal links keys list` shows them.")
    links = with_key_shut_off(ring.links, chosen.company, chosen.number, today=clock.now().date())
    crypto.write_key_file(file, replace(ring, links=links))
    print(
        f"Key {chosen.number} is shut off. Its links stop messages and show nothing; whoever is stopped by one gets a mail with an undo."
    )
    return 0


def export_key(chosen: argparse.Namespace) -> int:
    """What the minting machine needs, and nothing more."""
    from portal.consent.basis import NO_CHOICE

    if str(chosen.file) == "-":
        raise NoLinkKey("A key is never printed. Name a file that is not there yet.")
    company = _company(chosen.company)
    key = newest_link_key(_ring()[1].links, chosen.company)
    if key is None:
        raise NoLinkKey(f"{chosen.company} has no key in use. Make one: `portal links keys new --company {chosen.company}`.")
    choices = [f"{one}.{channel}" for one, it in company.purposes.items() if it.basis not in NO_CHOICE for channel in it.channels]
    export = KeyExport(chosen.company, company.url, key, tuple(choices))
    handle = os.open(chosen.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(export.dump())
    print(f"Wrote key {key.number} of {chosen.company}. Whoever has it can make links for anyone: keep it like a password.")
    return 0


def _company(key: str) -> "Company":
    from portal.commands.demo import urls_of
    from portal.config import load_config
    from portal.settings import settings

    companies = load_config(settings().config, urls=urls_of(settings())).portal.companies
    if key not in companies:
        raise NoLinkKey(f"No company `{key}`. There are: {', '.join(sorted(companies))}.")
    return companies[key]


def _ring() -> tuple[Path, crypto.KeyRing]:
    named = os.environ.get("PORTAL_KEYS_FILE")
    if not named:
        raise NoLinkKey("Give the keys as PORTAL_KEYS_FILE; PORTAL_KEYS cannot be written back.")
    file = Path(named)
    return file, crypto.parse_key_ring(file.read_bytes())
