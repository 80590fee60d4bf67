"""What stands in the portal's tables, so that a test can say that a refusal left them alone; and pages and mails without what is random."""

import re
import sqlite3
import weakref

from portal.core.db import Base


def digest(site):
    """Every table of the portal as it stands: its rows, by name. Each table has a key, so no row stands there twice."""
    if not site.running.database.is_sqlite:
        return _read(site)
    if "watcher" not in site.seen:
        watcher = site.seen["watcher"] = sqlite3.connect(site.folder / "portal.db", check_same_thread=False)
        weakref.finalize(site, watcher.close)
    # The file says by itself whether anyone else has written to it: reading thousands of rows again would tell nothing new.
    version = site.seen["watcher"].execute("PRAGMA data_version").fetchone()[0]
    if site.seen.get("version") != version:
        site.seen["tables"], site.seen["version"] = _read(site), version
    return site.seen["tables"]


def _read(site):
    names = [table.name for table in Base.metadata.sorted_tables]
    if "watcher" in site.seen:
        # In the order of the file, which a reading does not change: comparing rows in their places is quicker than a set of them.
        return {name: site.seen["watcher"].execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    with site.running.database.engine.connect() as connection:
        return {name: frozenset(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"'))) for name in names}


def changed(before, after):
    """Names of tables that differ."""
    return {name for name in after if after[name] != before[name]}


def strip(html):
    """A page without what differs on every load."""
    return re.sub(r'name="csrf_token" value="[^"]*"|<time[^>]*>[^<]*</time>', "", html)


def shape(text):
    """A mail's text without what is random in it."""
    return re.sub(r"/in/[\w-]+|\d{4} \d{4}|\d\d:\d\d", "", text)
