"""The demo under gunicorn as `portal serve` runs it, with bare routes beside it: `python -m benchmarks.serving FOLDER PORT`.

`/empty` is answered before the application: the ceiling of this server here. `/empty-flask` is a bare Flask view: what the framework costs.
`/one-write` is a bare Flask view that adds one row in one transaction: what a write costs, however little is written.
`/one-write-signed-in` does the same inside the application, behind the guard of the preferences: host, session, form token, one transaction.
"""

import os
import sys
from pathlib import Path
from typing import Any

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from portal.commands.serve import Server
from portal.core.db import ALL_COMPANIES
from portal.starting import Running
from portal.web.guards import person_required
from portal.web.transactions import db
from scripts.demo_app import start_demo

DATABASE = "BENCHMARK_DATABASE_URL"
"""The portal's own database, where it is not the demo's SQLite file."""

BARE = ("/empty-flask", "/one-write")
ONE_ROW = text("INSERT INTO bare_write (at) VALUES (CURRENT_TIMESTAMP)")


class WithEmptyRoutes(Server):
    """As served, plus the two routes that do nothing."""

    def load(self) -> Any:
        app, bare = super().load(), Flask("bare")
        bare.add_url_rule("/empty-flask", view_func=lambda: "ok\n", endpoint="empty")
        bare.add_url_rule("/one-write", view_func=self.write_once, endpoint="write", methods=["POST"])
        app.add_url_rule("/one-write-signed-in", view_func=write_signed_in, endpoint="bare_write", methods=["POST"])
        ours = app.wsgi_app

        def application(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["PATH_INFO"] == "/empty":
                start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
                return [b"ok\n"]
            return (bare.wsgi_app if environ["PATH_INFO"] in BARE else ours)(environ, start_response)

        app.wsgi_app = application
        return app

    def write_once(self) -> str:
        """One row, one transaction."""
        with self.running.database.writing(ALL_COMPANIES) as own:
            own.execute(ONE_ROW)
        return "ok\n"


@person_required()
def write_signed_in() -> ResponseReturnValue:
    """One row in the transaction of the request, and the redirect that a saved form ends in."""
    db().execute(ONE_ROW)
    return redirect(url_for("preferences.show"), 303)


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    running = start_demo(folder, port=port, database_url=os.environ.get(DATABASE))
    with running.database.writing(ALL_COMPANIES) as own:
        own.execute(text("CREATE TABLE IF NOT EXISTS bare_write (id INTEGER PRIMARY KEY, at TEXT NOT NULL)"))
    # Connections must not be shared with the processes that gunicorn forks.
    running.database.close()
    WithEmptyRoutes(Running(running.settings, running.config, running.database)).run()


if __name__ == "__main__":
    main()
