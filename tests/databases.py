"""Real databases for tests: a SQLite file, and a PostgreSQL server of our own on a free port of the loopback.

Must never reach a server that somebody else uses: the one here is made for this run and removed with it.
"""

import atexit
import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text

_numbers = count(1)


class NoPostgres(RuntimeError):
    """The programs of a PostgreSQL server are not on this machine."""


@cache
def postgres_server() -> str:
    """Start the server of this process at the first call; returns the URL of its `postgres` database without the name at its end."""
    programs = _programs()
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
    if owner is not None:
        os.chown(folder, owner, -1)
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        check=True, capture_output=True, cwd=folder, user=owner,
    )  # fmt: skip
    port = _free_port()
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=200 -c timezone=UTC"
    )
    # Only speed is given up here: the tests kill processes of ours, never the machine.
    options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB"
    control: list[str | Path] = [programs / "pg_ctl", "-D", data, "-w"]
    subprocess.run(
        [*control, "start", "-l", folder / "log", "-o", options], check=True, stdout=subprocess.DEVNULL, cwd=folder, user=owner
    )
    atexit.register(_stop, control, folder, owner)
    return f"postgresql+psycopg://portal@127.0.0.1:{port}/"


def new_postgres_database(template: str | None = None) -> str:
    """A fresh, empty database (or a copy of `template`) on the server of this process; returns its URL."""
    name = f"portal_{os.getpid()}_{next(_numbers)}"
    like = f" TEMPLATE {template}" if template else ""
    _administer(f"CREATE DATABASE {name}{like}")
    return postgres_server() + name


def drop_postgres_database(url: str) -> None:
    """Remove one that `new_postgres_database` made, with every connection to it."""
    _administer(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)")


def _administer(statement: str) -> None:
    engine = create_engine(postgres_server() + "postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _programs() -> Path:
    found = shutil.which("initdb")
    places = [str(Path(found).resolve().parent)] if found else []
    for pattern in (
        "/usr/lib/postgresql/*/bin",
        "/opt/homebrew/opt/postgresql@*/bin",
        "/usr/local/opt/postgresql@*/bin",
        "/usr/pgsql-*/bin",
    ):
        places += sorted(glob.glob(pattern), reverse=True)
    for place in places:
        if (Path(place) / "initdb").exists() and (Path(place) / "postgres").exists():
            return Path(place)
    raise NoPostgres(
        "No PostgreSQL server is installed. Run scripts/install-test-needs, or leave these tests out: -m 'not postgres'."
    )


def _owner() -> int | None:
    """PostgreSQL refuses to run as root: the account to run it under, or None for our own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise NoPostgres("PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody`.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(control: list[str | Path], folder: Path, owner: int | None) -> None:
    subprocess.run([*control, "stop", "-m", "immediate"], check=False, stdout=subprocess.DEVNULL, cwd=folder, user=owner)
    shutil.rmtree(folder, ignore_errors=True)
