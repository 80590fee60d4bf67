"""`portal demo`: two demo companies, their systems, web and worker on this machine, ready to be walked through.

Must never answer on anything but loopback, and never leave a process behind.
"""

import argparse
import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.commands.signals import stopped_by_signals
from portal.core import clock, crypto
from portal.core.crypto_links import with_link_key
from portal.core.errors import PortalError
from portal.core.memory import spare_memory
from portal.settings import Settings, read_settings

if TYPE_CHECKING:
    from portal.starting import Running

ROOT = Path(__file__).resolve().parents[2]
FIRST = "fjordkaffe"
DEMO_KEY = "demo"
PORTS_TRIED = 50


class NoFreePort(PortalError):
    """No port near the wanted one is free."""


def add(commands: Any) -> None:
    """Add `demo`."""
    parser: argparse.ArgumentParser = commands.add_parser("demo", help="two demo companies on this machine")
    parser.add_argument("--port", type=int, default=8080, help="first port to try (8080)")
    parser.add_argument("--json", action="store_true", help="print one JSON line once it answers, nothing else")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "demo", help="where the demo keeps its files")
    parser.set_defaults(run=lambda chosen: run(chosen.port, as_json=chosen.json, folder=chosen.folder.resolve()))


def run(wanted: int, *, as_json: bool, folder: Path) -> int:
    """Make what is missing, then serve until stopped."""
    # Where Python may not keep what it compiled, each start would compile the portal anew, which takes as long as half of the rest.
    sys.dont_write_bytecode = False
    port = free_port(wanted)
    if port != wanted:
        print(f"Port {wanted} is in use; taking {port}.", file=sys.stderr)
    environment = prepare(folder, port)
    os.environ.update(environment)
    sys.path.insert(0, str(ROOT))

    from demo.seeding import seed
    from portal.commands.database import migrate_database
    from portal.commands.serve import serve
    from portal.starting import start

    make_databases(environment)
    migrate_database(environment["PORTAL_DATABASE_URL"], quiet=True)
    urls = urls_on(port)
    running = start(read_settings(os.environ), urls=urls, hosts={FIRST: ["127.0.0.1", "localhost"]})
    seed(running)
    api_key = key_of_demo(running, folder)
    codes = codes_of_staff(running)
    running.database.close()
    spare_memory()
    # Whoever says that it answers is not this process: gunicorn forks it, and a copy made while a thread holds a lock
    # (OpenSSL's, say) would wait for that lock for ever.
    facts = _facts(urls, api_key, codes)
    worker = _fork_worker(running, lambda: _announce(port, json.dumps(facts) if as_json else _words(facts)))
    try:
        return serve(running)
    finally:
        _stop(worker)


def urls_on(port: int | str) -> dict[str, str]:
    """Where the two companies answer, which portal.yaml cannot know."""
    return {FIRST: f"http://127.0.0.1:{port}", "alpenrad": f"http://alpenrad.localhost:{port}"}


def urls_of(chosen: Settings) -> dict[str, str] | None:
    """The same for a command that is pointed at a demo; nothing for any other portal."""
    return urls_on(chosen.bind.rpartition(":")[2]) if chosen.is_demo else None


def _facts(urls: Mapping[str, str], api_key: str, codes: Sequence[str]) -> dict[str, Any]:
    import demo

    return {
        "url": urls[FIRST],
        "mailbox": f"{urls[FIRST]}/demo/mailbox",
        "customer": demo.CUSTOMER,
        "second_url": urls["alpenrad"],
        "api_key": api_key,
        "console": f"{urls[FIRST]}/console",
        "staff": demo.STAFF_ADDRESS,
        "staff_codes": list(codes),
    }


def codes_of_staff(running: "Running") -> list[str]:
    """New recovery codes, at each start, of the one who works at the first company's console; made at the first start."""
    import demo
    from portal.accounts import registry
    from portal.accounts.staff import add_staff, staff_at
    from portal.identity.recovery_codes import make_codes

    with running.database.writing(registry.ids()[FIRST]) as db:
        staff = staff_at(db, demo.STAFF_ADDRESS) or add_staff(
            db, address=demo.STAFF_ADDRESS, name=demo.STAFF_NAME, roles=demo.STAFF_ROLES, by="demo"
        )
        return make_codes(db, staff, by="demo")


def key_of_demo(running: "Running", folder: Path) -> str:
    """A key of the first company with every right, made at the first start. It lies beside the demo's other keys, and nowhere else."""
    from portal.accounts import registry
    from portal.accounts.api_keys import LIVE_AT_ONCE, SCOPES, key_for, keys_of, make_key, revoke_key

    kept = folder / "api_key"
    secret = kept.read_text().strip() if kept.exists() else ""
    with running.database.writing(registry.ids()[FIRST]) as db:
        known = key_for(db, secret)
        if known is not None and known.scopes == SCOPES.keys():
            return secret
        live = [key for key in keys_of(db) if key.name == DEMO_KEY and key.revoked_at is None]
        for key in live[LIVE_AT_ONCE - 1 :]:
            revoke_key(db, key.public_id, by="demo")
        made = make_key(db, name=DEMO_KEY, scopes=list(SCOPES), by="demo")
    kept.touch(mode=0o600)
    kept.write_text(made.secret + "\n")
    return made.secret


def prepare(folder: Path, port: int) -> dict[str, str]:
    """The environment of the demo: keys are made once, everything lies below `folder`."""
    import demo

    folder.mkdir(parents=True, exist_ok=True)
    keys = folder / "keys.json"
    if not keys.exists():
        crypto.write_key_file(keys, crypto.new_key_ring())
    _add_link_keys(keys)
    environment = {
        "PORTAL_MODE": "demo",
        "PORTAL_CONFIG": str(ROOT / "demo" / "portal.yaml"),
        "PORTAL_DATABASE_URL": f"sqlite:///{folder / 'portal.db'}",
        "PORTAL_KEYS_FILE": str(keys),
        "PORTAL_FILES": str(folder / "files"),
        "PORTAL_BIND": f"127.0.0.1:{port}",
        "DEMO_CAFE_CHANGES": str(folder / "cafe_changes.json"),
        **demo.environment(folder),
        **{name: os.environ[name] for name in demo.FILES if os.environ.get(name, "").startswith("postgresql")},
    }
    # So that other commands can be pointed at the running demo: `set -a; . var/demo/environment`.
    lines = (f"{name}={shlex.quote(value)}" for name, value in environment.items())
    (folder / "environment").write_text("\n".join(lines) + "\n")
    return environment


def _add_link_keys(file: Path) -> None:
    """Each company gets a key for links in mails, also in a folder that an older version made."""
    ring = crypto.parse_key_ring(file.read_bytes())
    missing = [company for company in (FIRST, "alpenrad") if not ring.links.get(company)]
    for company in missing:
        ring = replace(ring, links=with_link_key(ring.links, company, today=clock.now().date()))
    if missing:
        crypto.write_key_file(file, ring)


def make_databases(environment: Mapping[str, str], today: date | None = None) -> None:
    """The companies' own databases: SQLite files, or PostgreSQL where the environment names one."""
    import demo

    shop, mailtool, crm, billing = (environment[name] for name in demo.FILES)
    demo.make_fjordkaffe(shop, today, mailtool=mailtool)
    demo.make_alpenrad(crm, billing, today)


def free_port(wanted: int) -> int:
    """The wanted port, or the next free one."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return port
    raise NoFreePort(f"No free port from {wanted} to {wanted + PORTS_TRIED - 1}. Name another with --port.")


def _fork_worker(running: Any, announce: Callable[[], None]) -> int:
    """A worker process of its own that ends with its parent, and in which `announce` runs once, beside it."""
    from portal.worker import Worker

    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    stop = stopped_by_signals()

    def end_with_parent() -> None:
        while os.getppid() == parent and not stop.wait(1):
            pass
        stop.set()

    threading.Thread(target=end_with_parent, daemon=True).start()
    threading.Thread(target=announce, daemon=True).start()
    try:
        Worker(running).run(stop)
    finally:
        os._exit(0)


def _announce(port: int, words: str) -> None:
    while not _answers(port):
        time.sleep(0.05)
    print(words, flush=True)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _stop(worker: int) -> None:
    try:
        os.kill(worker, signal.SIGTERM)
        os.waitpid(worker, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def _words(facts: Mapping[str, Any]) -> str:
    return "\n".join(
        (
            "",
            f"  Customers' site   {facts['url']}",
            f"  Sign in as        {facts['customer']}",
            f"  Demo mailbox      {facts['mailbox']}   (the link and the code arrive here)",
            f"  Second company    {facts['second_url']}",
            f"  Staff's console   {facts['console']}",
            f"  Sign in as        {facts['staff']}   (after the mailed link comes a code, each good once:",
            f"                    {' '.join(facts['staff_codes'][:3])} ...)",
            f"  API               {facts['url']}/api/v1/docs   (a key with every right: {facts['api_key']})",
            "",
            "  Ctrl-C stops everything.",
            "",
        )
    )
