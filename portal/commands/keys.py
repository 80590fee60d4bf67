"""`portal keys new` and `portal keys rotate`: the key ring, a file kept apart from the database and its backups."""

import argparse
import os
import time
from pathlib import Path
from typing import Any

from portal.core import crypto
from portal.core.errors import PortalError
from portal.settings import settings


class WillNotOverwrite(PortalError):
    """The key file is there already: writing a new one would make everything unreadable."""


class NoKeyFile(PortalError):
    """The keys came from PORTAL_KEYS itself, so there is no file to write the new ring to."""


def add(commands: Any) -> None:
    """Add `keys new` and `keys rotate`."""
    parser: argparse.ArgumentParser = commands.add_parser("keys", help="make and rotate the keys")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    new = acts.add_parser("new", help="write a fresh key file")
    new.add_argument("file", type=Path, help="where to write it (only its owner may read it)")
    new.set_defaults(run=lambda chosen: make(chosen.file))
    rotate = acts.add_parser("rotate", help="add a newest key and bring stored values under it")
    rotate.add_argument("kind", choices=crypto.KINDS, help="data: encryption, hash: identifiers, sign: cookies and grants")
    rotate.set_defaults(run=lambda chosen: rotate_keys(chosen.kind))


def make(file: Path) -> int:
    """Write a fresh key file where there is none."""
    if file.exists():
        raise WillNotOverwrite(
            f"{file} is there already. Without the keys in it, what is stored cannot be read; move it away yourself."
        )
    crypto.write_key_file(file, crypto.new_key_ring())
    print(f"Wrote {file}. Back it up apart from the database: who has both can read everything, who has one can read nothing.")
    return 0


def rotate_keys(kind: str) -> int:
    """Add a key and re-encrypt or re-hash; the old key is dropped only where nothing uses it any more."""
    from portal.cases.advancing import keys_of_files
    from portal.core.db import ALL_COMPANIES
    from portal.core.journal_files import keys_of_journal
    from portal.people.keys import bring_under_newest, used_key_ids
    from portal.starting import start

    named = os.environ.get("PORTAL_KEYS_FILE")
    if not named:
        raise NoKeyFile("Give the keys as PORTAL_KEYS_FILE; PORTAL_KEYS cannot be written back.")
    running = start(settings())
    file = Path(named)
    ring = crypto.keys().with_new_key(kind)
    # The new ring is on disk before anything is made with it: a crash in between loses nothing.
    crypto.write_key_file(file, ring)
    crypto.use_keys(ring)
    # Every running process has seen the new key before the first value needs it.
    time.sleep(2 * crypto.LOOK_AGAIN_SECONDS)
    changed = bring_under_newest(running.database, kind)
    with running.database.reading(ALL_COMPANIES) as db:
        used = used_key_ids(db)
    used["data"] |= keys_of_files() | keys_of_journal(running.settings.journal_folder)
    newest = ring.newest(kind)[0]
    print(f"{kind}: {newest} is the newest key; {changed} values were brought under it.")
    for key_id in ring.ids(kind)[:-1]:
        if kind in used and key_id not in used[kind] and kind != "sign":
            print(f"{kind}: nothing in the database uses {key_id} any more. Drop it once no backup that needs it is kept.")
    return 0
