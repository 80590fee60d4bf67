"""Structured logs that can hold no personal data: one JSON line an event, only fields of the allow-list, only harmless values.

Must never print a message of a library: those repeat addresses, rows and tokens.
"""

import json
import logging
import re
import sys
from typing import TextIO

from portal.core import clock
from portal.core.errors import fingerprint

ALLOWED = frozenset(
    "company system case step attempt kind act state count seconds status method route path_rule error error_id key_id mail "
    "worker address_seen hosts url mode version law port after reason_code".split()
)
"""Names of fields that may be logged. None of them is ever an identifier, a value held, a token or a text that a person typed."""

HARMLESS = re.compile(r"^[\w .,:;/<>()\[\]{}+*=#%-]{0,200}$", re.ASCII)

_logger = logging.getLogger("portal")


def event(
    name: str, *, level: int = logging.INFO, error: BaseException | None = None, **fields: str | int | float | bool | None
) -> None:
    """Log one event, like `event("mail.sent", company="fjordkaffe", mail="sign_in")`. Unknown fields are dropped, and that is said."""
    if error is not None:
        fields["error"] = fingerprint(error)
    _logger.log(level, name, extra={"portal_fields": fields})


class JsonLines(logging.Formatter):
    """One JSON object a line: no control character survives, no text of a library appears."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, object] = {"at": clock.now().isoformat(timespec="milliseconds"), "level": record.levelname.lower()}
        fields = getattr(record, "portal_fields", None)
        if fields is None:
            # A library speaks: only where and how loud. Its words may hold anything.
            line["event"] = "library"
            line["logger"] = record.name if HARMLESS.match(record.name) else "unnamed"
            if record.exc_info and record.exc_info[1] is not None:
                line["error"] = fingerprint(record.exc_info[1])
            return json.dumps(line)
        line["event"] = record.getMessage()
        for name, value in sorted(fields.items()):
            if name not in ALLOWED:
                line.setdefault("dropped_fields", 0)
                line["dropped_fields"] = int(str(line["dropped_fields"])) + 1
            elif isinstance(value, str) and not (HARMLESS.match(value) and "@" not in value):
                line[name] = "not loggable"
            else:
                line[name] = value
        return json.dumps(line)


def set_up(stream: TextIO | None = None, level: str = "INFO") -> None:
    """Send everything that any code logs through `JsonLines`; called once at start."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(level)
