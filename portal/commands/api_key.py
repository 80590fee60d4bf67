"""`portal api-key add | list | revoke`: keys of a company's own systems. The secret is shown once, here, and nowhere else."""

import argparse
import getpass
from typing import Any

from portal.commands.companies import start_for


def add(commands: Any) -> None:
    """Add the acts; each needs `--company`."""
    parser: argparse.ArgumentParser = commands.add_parser("api-key", help="keys of a company's own systems")
    acts = parser.add_subparsers(metavar="ACT", required=True)
    for name, summary, run in (
        ("add", "make a key and show it once", add_key),
        ("list", "the keys: name, scopes, last use", list_keys),
        ("revoke", "end a key at once", revoke),
    ):
        act = acts.add_parser(name, help=summary)
        act.add_argument("--company", required=True, help="key of the company in portal.yaml")
        act.set_defaults(run=run)
        if name == "add":
            act.add_argument("name", help="the system that will use it, like web-shop; two keys of a name may be live, to rotate")
            act.add_argument("--scope", action="append", required=True, dest="scopes", help="a right; may be given several times")
        if name == "revoke":
            act.add_argument("id", help="the key's id, as `list` shows it")


def add_key(chosen: argparse.Namespace) -> int:
    """Print the secret on a line of its own, so that a script can take it."""
    from portal.accounts.api_keys import make_key

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        made = make_key(db, name=chosen.name, scopes=chosen.scopes, by=_who())
    print(f"Key {made.public_id} of {chosen.company}. It is shown this once; keep it where the system keeps its secrets:")
    print(made.secret)
    return 0


def list_keys(chosen: argparse.Namespace) -> int:
    """One line a key."""
    from portal.accounts.api_keys import keys_of

    running, company_id = start_for(chosen)
    with running.database.reading(company_id) as db:
        keys = keys_of(db)
    for key in keys:
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "live"
        used = f"last used {key.last_used_at:%Y-%m-%d %H:%M} UTC" if key.last_used_at else "never used"
        print(f"{key.public_id}  {key.name:<16} {state:<18} {used:<30} {' '.join(key.scopes)}")
    if not keys:
        print("No keys yet. `portal api-key add` makes one.")
    return 0


def revoke(chosen: argparse.Namespace) -> int:
    """From the next request on it opens nothing, in any process."""
    from portal.accounts.api_keys import revoke_key

    running, company_id = start_for(chosen)
    with running.database.writing(company_id) as db:
        revoke_key(db, chosen.id, by=_who())
    print(f"{chosen.id} is revoked.")
    return 0


def _who() -> str:
    return f"operator:{getpass.getuser()}"[:40]
