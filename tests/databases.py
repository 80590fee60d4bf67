"""Real PostgreSQL for tests: one cluster a test process, a fresh database in milliseconds, nothing left behind.

Must never touch a server that was there before, and never outlive the process that started it, however that one ends.

    cluster = shared_cluster()                                  # started at the first call, stopped at exit
    template = cluster.template("migrated", migrate)            # `migrate(url)` runs once a process
    with cluster.fresh_database(template) as url: ...           # postgresql+psycopg://...
"""

import atexit
import functools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.once import once

ROLE = "portal"
SECONDS_TO_STOP = 30

# As fast as PostgreSQL goes: what these give up matters only where the machine dies, and then the tests are gone as well.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off", "jit": "off"}

# Lives as long as the line it waits for: it ends with a newline, or with the process that holds the other end.
KEEPER = """
set -e
trap '[ $? = 0 ] || tail -n 20 "$1/log"; rm -rf "$1"' EXIT
"$2/initdb" --pgdata="$1/data" --username="$3" --auth=trust --encoding=UTF8 --no-locale --no-sync >"$1/log" 2>&1
"$2/pg_ctl" start --silent --wait --pgdata="$1/data" --log="$1/log" --options="$4"
echo ready
read -r _ || :
"$2/pg_ctl" stop --silent --mode=immediate --pgdata="$1/data"
"""


class PostgresIsMissing(RuntimeError):
    """No PostgreSQL server is installed here; `./run test` installs one, or names the line that does."""


class PostgresDidNotStart(RuntimeError):
    """The server ended before it answered; the text is the end of its log."""


class Cluster:
    """One running PostgreSQL server of our own, reached over a socket that only this user (or root) may open."""

    def __init__(self, directory: Path, keeper: "subprocess.Popen[str]", start: Sequence[str]) -> None:
        self.directory = directory
        self._keeper = keeper
        self._start = start
        self._lock = threading.Lock()
        self._count = 0
        self._templates: set[str] = set()

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database in this cluster."""
        return f"postgresql+psycopg://{ROLE}@/{database}?host={quote(str(self.directory), safe='')}"

    def template(self, name: str, prepare: Callable[[str], None], *, for_all: bool = False) -> str:
        """The name of a database that `prepare(url)` filled, once for this cluster, to be given to `fresh_database`.

        `for_all`: once for all processes of the test run; the others read what the first one wrote down of it.
        """
        with self._lock:
            if name not in self._templates:
                self._run("CREATE DATABASE {}", name)
                if for_all:
                    self._prepare_once(name, prepare)
                else:
                    prepare(self.url(name))
                # A copy is refused while anyone is connected, and an engine of `prepare` may have kept a connection.
                self._run("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false", name)
                self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}", name, literal=True)
                self._templates.add(name)
        return name

    def _prepare_once(self, name: str, prepare: Callable[[str], None]) -> None:
        with once(f"{name}.sql") as (place, is_first):
            if is_first:
                prepare(self.url(name))
                beside = place.with_suffix(".making")
                self._program("pg_dump", "--no-owner", f"--file={beside}", name)
                beside.rename(place)
            else:
                self._program("psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={place}", name)

    def _program(self, program: str, *words: str) -> None:
        """One of the server's own programs, on one of its databases."""
        command = [str(find_programs() / program), f"--host={self.directory}", f"--username={ROLE}", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    @contextmanager
    def fresh_database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a database that is a copy of `template` and is dropped afterwards, whoever is still connected."""
        with self._lock:
            self._count += 1
            name = f"test_{self._count}"
        # Copied as files and not row by row through the log: half the time where no file waits for the disk.
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        try:
            yield self.url(name)
        finally:
            self._run("DROP DATABASE {} WITH (FORCE)", name)

    def stop(self) -> None:
        """End the server and remove its files. May be called twice."""
        if self._keeper.poll() is None:
            self._keeper.communicate("\n", timeout=SECONDS_TO_STOP)

    def crash(self) -> None:
        """Kill the server with -9 and start it again on what is on the disk. Only a `durable` one promises that everything committed is."""
        os.kill(int((self.directory / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        for _ in range(150):
            # Refused for as long as one of the killed server's processes has not noticed yet.
            if (
                subprocess.run(self._start, cwd=self.directory, capture_output=True, check=False, **_as_server_user()).returncode
                == 0
            ):
                return
            time.sleep(0.2)
        raise PostgresDidNotStart((self.directory / "log").read_text())

    def _run(self, statement: LiteralString, *names: str, literal: bool = False) -> None:
        parts = [sql.Literal(name) if literal else sql.Identifier(name) for name in names]
        with psycopg.connect(host=str(self.directory), user=ROLE, dbname="postgres", autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*parts))


@functools.cache
def shared_cluster() -> Cluster:
    """The cluster of this test process (with xdist: of this worker), started at the first call."""
    return start_cluster()


def start_cluster(*, durable: bool = False) -> Cluster:
    """A new cluster; `durable` leaves fsync and all that a crash test relies on as PostgreSQL ships it.

    It ends with this process at the latest. Raises `PostgresIsMissing` or `PostgresDidNotStart`.
    """
    programs = find_programs()
    owner = _server_user()
    # Short and readable by the server's user: a socket's path may have about 100 bytes.
    directory = Path(tempfile.mkdtemp(prefix="portal-pg-", dir="/tmp" if owner else None))
    if owner:
        os.chown(directory, owner.pw_uid, owner.pw_gid)
    settings = {"listen_addresses": "", "unix_socket_directories": str(directory)} | ({} if durable else FAST)
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    keeper = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", str(directory), str(programs), ROLE, options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=directory,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        start_new_session=True,  # Ctrl-C ends the tests, which end the server; it must not hit the server itself
        **_as_server_user(),
    )
    assert keeper.stdout is not None
    said = keeper.stdout.readline()
    if said != "ready\n":
        rest, _ = keeper.communicate()
        raise PostgresDidNotStart(f"{said}{rest}")
    data, log = directory / "data", directory / "log"
    again = [str(programs / "pg_ctl"), "start", "--silent", "--wait", f"--pgdata={data}", f"--log={log}", f"--options={options}"]
    cluster = Cluster(directory, keeper, again)
    atexit.register(cluster.stop)
    return cluster


def find_programs(folders: Sequence[Path] | None = None) -> Path:
    """The folder that holds `initdb`, `postgres` and `pg_ctl`: PATH's, or the newest of where packages put them."""
    for folder in _usual_folders() if folders is None else folders:
        if all((folder / program).is_file() for program in ("initdb", "postgres", "pg_ctl")):
            return folder
    raise PostgresIsMissing("These tests need a PostgreSQL server. `./run test` installs one, or names the line that does.")


def _usual_folders() -> list[Path]:
    on_path = shutil.which("initdb")
    packaged = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
        *Path("/usr/local/opt").glob("postgresql@*/bin"),
    ]
    packaged.sort(key=lambda folder: int(re.sub(r"\D", "", folder.parent.name) or 0), reverse=True)
    return [Path(on_path).resolve().parent, *packaged] if on_path else packaged


def _as_server_user() -> dict[str, Any]:
    """How `subprocess` starts something as that user."""
    owner = _server_user()
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}


def _server_user() -> pwd.struct_passwd | None:
    """Who runs the server where we are root, as which PostgreSQL refuses to run; None where we need nobody else."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
