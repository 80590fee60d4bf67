"""Backups as an operator makes them: SQLite's own copy, PostgreSQL's own dump. Restored over what is there."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.databases import ROLE, find_programs
from tests.rooms.world import World


def back_up(world: World, folder: Path) -> Callable[[], None]:
    """Make one now; what is returned restores it."""
    file = folder / "backup"
    if world.url.startswith("sqlite"):
        live = Path(world.url.removeprefix("sqlite:///"))
        with sqlite3.connect(live) as source, sqlite3.connect(file) as target:
            source.backup(target)
        return lambda: _restore_file(world, live, file)
    _postgres(world, "pg_dump", "--clean", "--if-exists", "--no-owner", "--file", str(file))
    return lambda: _restore_dump(world, file)


def _restore_file(world: World, live: Path, file: Path) -> None:
    world.database.close()
    for path in live.parent.glob(f"{live.name}*"):
        path.unlink()
    shutil.copy(file, live)


def _restore_dump(world: World, file: Path) -> None:
    world.database.close()
    _postgres(world, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--single-transaction", "--file", str(file))


def _postgres(world: World, program: str, *words: str) -> None:
    parts = urlsplit(world.url)
    where = ["--host", parse_qs(parts.query)["host"][0], "--username", ROLE, "--dbname", parts.path.removeprefix("/")]
    found = find_programs() / program
    command = [str(found) if found.is_file() else program, *where, *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C"}, timeout=60)
