"""The demo's application under gunicorn with an empty route beside it: `python -m benchmarks.serving FOLDER PORT`."""

import sys
from pathlib import Path
from typing import Any

from portal.commands.serve import Server
from portal.settings import Settings
from scripts.demo_app import start_demo


class WithEmptyRoute(Server):
    """As served, plus `/empty`, which does nothing at all: the ceiling of this server on this machine."""

    def load(self) -> Any:
        app = super().load()
        handle = app.wsgi_app

        def application(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["PATH_INFO"] == "/empty":
                start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
                return [b"ok\n"]
            return handle(environ, start_response)

        app.wsgi_app = application

        # A route of Flask that does nothing, for what the framework itself costs.
        return app


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    running = start_demo(folder, port=port)
    settings: Settings = running.settings.model_copy(update={"bind": f"127.0.0.1:{port}"})
    running.database.close()
    WithEmptyRoute(type(running)(settings, running.config, running.database)).run()


if __name__ == "__main__":
    main()
