"""Values of a database as values of JSON and back as keys: typed, exact, the same from every database.

Must never lose precision in silence: decimals travel as text.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from math import isfinite
from urllib.parse import quote, unquote
from uuid import UUID

from portal.adapters.contract import Json

LARGEST_BYTES = 64 * 1024
"""A larger binary value (a scan, a recording) is said to be held instead of being sent as text."""


class Family(StrEnum):
    """What sort of values a column holds, whatever its database calls the type."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    UUID = "uuid"
    JSON = "json"
    ARRAY = "array"
    BINARY = "binary"
    OTHER = "other"


class TooLarge(ValueError):
    """A binary value above `LARGEST_BYTES`."""


def to_json(value: object, family: Family = Family.OTHER) -> Json:
    """A value as the database driver gave it, as JSON: times as ISO 8601, decimals and large ranges as text, bytes as base64.

    Raises `TooLarge`.
    """
    match value:
        case None | bool():
            return value
        case str():
            return _from_text(value, family)
        case int():
            return bool(value) if family is Family.BOOLEAN else value
        case float():
            return value if isfinite(value) else str(value)
        case Decimal():
            return format(value, "f")
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return f"PT{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "S"
        case bytes() | bytearray() | memoryview():
            return _from_bytes(bytes(value))
        case Mapping():
            return {str(key): to_json(item) for key, item in value.items()}
        case Sequence():
            return [to_json(item) for item in value]
        case _:
            return str(value)


def _from_text(value: str, family: Family) -> Json:
    """SQLite keeps times and JSON as text; what does not read as such stays as it stands."""
    if family is Family.TIME:
        with suppress(ValueError):
            return date.fromisoformat(value).isoformat() if len(value) == 10 else datetime.fromisoformat(value).isoformat()
    elif family in (Family.JSON, Family.ARRAY):
        with suppress(ValueError, RecursionError):
            parsed: Json = json.loads(value, parse_constant=str)
            return parsed
    return value


def _from_bytes(value: bytes) -> Json:
    if len(value) > LARGEST_BYTES:
        raise TooLarge
    with suppress(UnicodeDecodeError):
        text = value.decode()
        if text.isprintable():
            return text
    return {"base64": base64.b64encode(value).decode()}


def to_moment(value: object) -> date | datetime | None:
    """The day or moment that a column holds, or None where it holds none."""
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        with suppress(ValueError):
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
    return None


def to_column(value: object, family: Family) -> object:
    """A value of another column, as it has to be bound to be compared with one of this family; None where it never equals one."""
    if value is None:
        return None
    match family:
        case Family.INTEGER:
            with suppress(ValueError, OverflowError, TypeError):
                number = int(str(value))
                return number if abs(number) < 2**63 else None
            return None
        case Family.NUMBER:
            with suppress(InvalidOperation):
                return Decimal(str(value))
            return None
        case Family.TEXT:
            return value if isinstance(value, str) else str(to_json(value))
        case Family.UUID:
            with suppress(ValueError):
                return str(UUID(str(value)))
            return None
        case _:
            return value


def write_key(values: Sequence[object]) -> str:
    """A primary key as text: its parts percent-encoded, with commas between them."""
    return ",".join(quote(str(to_json(value)), safe="") for value in values)


def read_key(text: str) -> list[str]:
    """The parts of a key that `write_key` wrote."""
    return [unquote(part) for part in text.split(",")]


def at_path(value: Json, path: Sequence[str]) -> Json:
    """What stands at a path inside a JSON value; through a list, what stands there in each item."""
    for position, name in enumerate(path):
        if isinstance(value, list):
            found = [at_path(item, path[position:]) for item in value]
            return found if any(item is not None for item in found) else None
        value = value.get(name) if isinstance(value, dict) else None
    return value


def without_path(value: Json, path: Sequence[str]) -> tuple[Json, bool]:
    """The JSON value without what stands at the path, and whether something stood there."""
    if isinstance(value, list):
        pairs = [without_path(item, path) for item in value]
        return [item for item, _ in pairs], any(there for _, there in pairs)
    if not isinstance(value, dict) or path[0] not in value:
        return value, False
    rest = {name: item for name, item in value.items() if name != path[0]}
    if len(path) == 1:
        return rest, value[path[0]] is not None
    below, there = without_path(value[path[0]], path[1:])
    return {**rest, path[0]: below}, there
