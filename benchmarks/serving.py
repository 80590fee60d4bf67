"""The demo under gunicorn as `portal serve` runs it, with two empty routes beside it: `python -m benchmarks.serving FOLDER PORT`.

`/empty` is answered before the application: the ceiling of this server here. `/empty-flask` is a bare Flask view: what the framework costs.
"""

import sys
from pathlib import Path
from typing import Any

from flask import Flask

from portal.commands.serve import Server
from portal.starting import Running
from scripts.demo_app import start_demo


class WithEmptyRoutes(Server):
    """As served, plus the two routes that do nothing."""

    def load(self) -> Any:
        app, bare = super().load(), Flask("bare")
        bare.add_url_rule("/empty-flask", view_func=lambda: "ok\n", endpoint="empty")
        ours = app.wsgi_app

        def application(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["PATH_INFO"] == "/empty":
                start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
                return [b"ok\n"]
            return (bare.wsgi_app if environ["PATH_INFO"] == "/empty-flask" else ours)(environ, start_response)

        app.wsgi_app = application
        return app


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    running = start_demo(folder, port=port)
    # Connections must not be shared with the processes that gunicorn forks.
    running.database.close()
    WithEmptyRoutes(Running(running.settings, running.config, running.database)).run()


if __name__ == "__main__":
    main()
