"""The demo's application in this process, in a folder of its own: for tests, pictures and reference pages."""

import os
from datetime import date
from pathlib import Path

from flask import Flask

from demo.seeding import seed
from portal import create_app
from portal.commands.database import migrate_database
from portal.commands.demo import FIRST, make_databases, prepare
from portal.settings import read_settings
from portal.starting import Running, start


def start_demo(
    folder: Path, *, database_url: str | None = None, today: date | None = None, port: int = 8080, seeded: bool = True
) -> Running:
    """Everything of `./run demo` but the serving. The portal's own database is SQLite in `folder` unless a URL is given."""
    environment = prepare(folder, port)
    if database_url is not None:
        environment["PORTAL_DATABASE_URL"] = database_url
    os.environ.update(environment)
    make_databases(environment, today)
    migrate_database(environment["PORTAL_DATABASE_URL"], quiet=True)
    running = start(
        read_settings(os.environ), urls={FIRST: f"http://127.0.0.1:{port}"}, hosts={FIRST: ["127.0.0.1", "localhost"]}
    )
    if seeded:
        seed(running)
    return running


def open_demo_app(folder: Path) -> Flask:
    """The demo's application, ready for a test client."""
    return create_app(start_demo(folder, seeded=False))
