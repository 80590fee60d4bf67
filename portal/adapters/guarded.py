"""Around the adapter of a plug-in: what the house promises of every system, whoever wrote the code that speaks to it.

Must never let through a value that never leaves, an unknown exception, or an exception's text: it may hold a row.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TypeVar

from portal.adapters.contract import Adapter, AdapterError, Export, Health, Match, Record, Subject, TryLater
from portal.adapters.never_leaves import withhold
from portal.core.errors import fingerprint

T = TypeVar("T")


class GuardedAdapter(Adapter):
    """The same adapter; its records lose what never leaves, its own errors become `AdapterError`."""

    def __init__(self, inner: Adapter) -> None:
        self._inner = inner
        self.can = inner.can

    def check(self) -> Health:
        """As the plug-in says."""
        return _contained(self._inner.check)

    def find(self, subject: Subject) -> list[Match]:
        """As the plug-in says; the core compares anyway."""
        return _contained(partial(self._inner.find, subject))

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """As the plug-in says."""
        return _contained(partial(self._inner.proof_values, match, kinds))

    def scope(self) -> Export:
        """As the plug-in says."""
        return _contained(self._inner.scope)

    def export(self, match: Match) -> Iterator[Record]:
        """The plug-in's records, without what never leaves."""
        records = _contained(lambda: iter(self._inner.export(match)))
        while (record := _contained(partial(next, records, None))) is not None:
            yield withhold(record)

    def close(self) -> None:
        """Let the plug-in let go."""
        _contained(self._inner.close)


def _contained(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (TryLater, AdapterError):
        raise
    except Exception as error:  # noqa: BLE001  # foreign code may raise anything; its text stays here
        name = fingerprint(error)
    # Outside of the handler, so that the exception does not travel on as context.
    raise AdapterError(f"The plug-in failed ({name}). Ask its author.")
