"""`portal serve`: the web part under gunicorn, embedded, so that one command is enough."""

import argparse
import socket
from itertools import count
from typing import Any

from gunicorn.app.base import BaseApplication

from portal.core import logs
from portal.core.cores import stay_on_one_core
from portal.core.errors import PortalError
from portal.core.memory import leave_alone, spare_memory
from portal.settings import Settings, settings
from portal.starting import Running, start


class PortIsBusy(PortalError):
    """Another program listens at the wanted address, or this machine does not have it."""


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn, told what to serve by our settings instead of its own file."""

    def __init__(self, running: Running) -> None:
        self.running = running
        super().__init__()

    def load_config(self) -> None:
        """Threads behind a loop that gathers requests, so that slow clients hold none; limits on what a head may hold; no access log: it would repeat tokens."""
        chosen: Settings = self.running.settings
        options: dict[str, Any] = {
            "bind": chosen.bind,
            "workers": chosen.web_processes,
            "threads": chosen.web_threads,
            "worker_class": "portal.commands.gathering.GatheringWorker",
            "timeout": 60,
            "graceful_timeout": 10,
            "keepalive": 5,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "limit_request_field_size": 8190,
            "accesslog": None,
            "loglevel": "warning",
            "logger_class": "portal.commands.serve.QuietLogger",
            "proc_name": "portal",
            "server_software": "portal",
            "forwarded_allow_ips": "127.0.0.1" if chosen.trusted_hops else "",
            "control_socket_disable": True,
        }
        if chosen.web_pinned:
            options |= {"pre_fork": _number, "post_fork": _settle}
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, made once in each web process."""
        from portal import create_app

        app = create_app(self.running)
        leave_alone()
        return app


def _number(arbiter: Any, worker: Any) -> None:
    """Each web process has a number of its own, from 0; one that takes the place of another gets its number."""
    taken = {one.number for one in arbiter.WORKERS.values()}
    worker.number = next(number for number in count() if number not in taken)


def _settle(arbiter: Any, worker: Any) -> None:
    """The web process stays on the core of its number."""
    stay_on_one_core(worker.number)


def _logger_class() -> type:
    from gunicorn.glogging import Logger

    class Quiet(Logger):  # type: ignore[misc]  # gunicorn ships no types
        """gunicorn's words go through our own formatter: they repeat addresses, paths with tokens, and traces."""

        def setup(self, cfg: Any) -> None:
            logs.set_up(level=settings().log_level)
            # Kept to themselves and without a handler, these loggers would print every word as it is.
            self.error_log.propagate = self.access_log.propagate = True

    return Quiet


QuietLogger = _logger_class()


def add(commands: Any) -> None:
    """Add `serve`."""
    parser: argparse.ArgumentParser = commands.add_parser("serve", help="serve the web part")
    parser.set_defaults(run=lambda chosen: serve(start(settings(), even_restored=True)))


def refuse_busy_port(bind: str) -> None:
    """Raise `PortIsBusy` where nobody can listen, before anything is started."""
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, int(port)))
    except (OSError, ValueError, OverflowError):
        raise PortIsBusy(
            f"Nothing can listen at {bind}: another program does, or the address is not one of this machine. Set PORTAL_BIND."
        ) from None


def serve(running: Running) -> int:
    """Serve until stopped. Raises `PortIsBusy`."""
    refuse_busy_port(running.settings.bind)
    hosts = ", ".join(host for company in running.config.portal.companies.values() for host in company.hosts)
    logs.event("web.starting", hosts=hosts, mode=running.settings.mode.value)
    # Connections must not be shared between the processes that gunicorn forks.
    running.database.close()
    spare_memory()
    Server(running).run()
    return 0
