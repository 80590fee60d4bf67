"""A privacy portal for the customers of companies. `create_app` wires rooms to doors; it is the only place that knows everything."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from portal.starting import Running

__version__ = "0.1.0"


def create_app(running: "Running | None" = None) -> "Flask":
    """The web application. Without `running`, everything is read from the environment (`PORTAL_*`)."""
    from portal.application import build

    if running is None:
        from portal.settings import settings
        from portal.starting import start

        running = start(settings(), even_restored=True)
    return build(running)
