"""`portal`: the commands of whoever runs it. Secrets come from the environment or a file, never as an argument."""

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from portal.commands.streams import stand_in
from portal.core.errors import PortalError, fingerprint

FAMILIES = (
    "demo",
    "serve",
    "worker",
    "database",
    "keys",
    "config",
    "case",
    "task",
    "laws",
    "kept",
    "api-key",
    "staff",
    "ledger",
    "receipt",
    "restore",
    "certificate",
    "links",
)
"""Modules of `portal.commands`; each has `add(commands)` and sets `run` on its parsers. Loaded one at a time, so that start is quick."""

SUMMARIES = {
    "ledger": "check, sign and rebuild the history of choices (`ledger verify | head | rebuild`)",
    "receipt": "check a receipt that somebody kept (`receipt verify`)",
    "demo": "make two demo companies and serve them on this machine",
    "serve": "serve the web part",
    "worker": "run due work: links, mails, steps, clean-up",
    "database": "bring the database to the tables of this version (`migrate`, which is `database migrate`)",
    "keys": "make and rotate the keys (`keys new`, `keys rotate`)",
    "config": "check portal.yaml and the maps against the live systems (`config check`; `map check`: the maps alone)",
    "api-key": "keys of a company's own systems (`api-key add | list | revoke`)",
    "staff": "who works at the console, and what they may do (`staff add | list | role | code | remove`)",
    "restore": "bring a restored database up to date (`restore begin | status | replay | release`)",
    "certificate": "check certificates of erasures, offline (`certificate verify`)",
    "links": "keys of links in mails, and links for whole lists (`links keys | mint | headers | qr`)",
    "kept": "what erasures had to leave, and holding it beyond its day (`kept list | hold | lift | settle`)",
    "laws": "the laws that the portal knows, and how a date comes about (`laws list | show`)",
    "case": "look at cases and settle what waits for a human (`case list | show | answer | extend | release | resolve`)",
    "task": "what owners of systems have still to do by hand (`task list | send | end`)",
}
ALIASES = {"migrate": ["database", "migrate"], "map": ["config", "map"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 could not, 2 misunderstood."""
    stand_in()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in ALIASES:
        words[:1] = ALIASES[words[0]]
    try:
        return _run(words)
    except PortalError as error:
        print(f"portal: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Who reads has read enough (`| head`); what is still buffered must not complain on the way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        print(f"portal: {error.filename or 'The machine'}: {error.strerror or fingerprint(error)}.", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001  # a trace would repeat what a driver said: addresses, passwords, rows
        print(f"portal: {_words_for(error)}", file=sys.stderr)
        return 1


def _words_for(error: Exception) -> str:
    if type(error).__module__.partition(".")[0] in ("sqlalchemy", "sqlite3", "psycopg"):
        return (
            f"The database cannot be used ({fingerprint(error)}). Check PORTAL_DATABASE_URL, "
            "that the database runs, and that this user may open it."
        )
    if isinstance(error, ModuleNotFoundError) and error.name == "psycopg":
        return "The driver of PostgreSQL is not installed. Start with EXTRAS=postgres ./run ..., which brings it."
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"This is a fault of ours: {fingerprint(error)} at {last.filename}:{last.lineno}. Please report it with this line."


def _run(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="portal", description=__doc__)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    wanted = words[0] if words else ""
    for name in [wanted] if wanted in FAMILIES else FAMILIES:
        if name == wanted:
            importlib.import_module(f"portal.commands.{name.replace('-', '_')}").add(commands)
        else:
            commands.add_parser(name, help=SUMMARIES[name])
    chosen = parser.parse_args(words)
    code = int(chosen.run(chosen))
    sys.stdout.flush()
    return code
