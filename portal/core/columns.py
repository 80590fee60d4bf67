"""Kinds of columns: moments and sealed text, as our tables keep them.

Must never store a moment without its time zone, nor a sealed text that opens at another place than its own.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from portal.core import crypto

NAIVE = "A moment without a time zone cannot be stored."


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, to the microsecond; SQLite keeps it as naive UTC text, which sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive moments: they mean something else on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(NAIVE)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """On SQLite the same text at once: each row has some, and the library's own steps take three times as long."""
        return _text_of if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        """And back."""
        return _moment_of if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _text_of(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError(NAIVE)
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _moment_of(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Encrypted(TypeDecorator[str]):
    """Text that stands in the database only as ciphertext, bound to the place it was written for (`table.column`)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt under the newest key."""
        return None if value is None else crypto.encrypt(value.encode(), self.place)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decrypt; raises `CannotDecrypt` for a value that was moved here from another place."""
        return None if value is None else crypto.decrypt(bytes(value), self.place).decode()
