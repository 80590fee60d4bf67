"""Around the adapter of a plug-in: what the house promises of every system, whoever wrote the code that speaks to it.

Must never let through a value that never leaves, an unknown exception, or an exception's text: it may hold a row.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from portal.adapters.contract import Adapter, AdapterError, Export, Health, Match, Record, Subject, TryLater
from portal.adapters.never_leaves import withhold
from portal.core.errors import fingerprint


class GuardedAdapter(Adapter):
    """The same adapter; its records lose what never leaves, its own errors become `AdapterError`."""

    def __init__(self, inner: Adapter) -> None:
        self._inner = inner
        self.can = inner.can

    def check(self) -> Health:
        """As the plug-in says."""
        with _contained():
            return self._inner.check()

    def find(self, subject: Subject) -> list[Match]:
        """As the plug-in says; the core compares anyway."""
        with _contained():
            return self._inner.find(subject)

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """As the plug-in says."""
        with _contained():
            return self._inner.proof_values(match, kinds)

    def scope(self) -> Export:
        """As the plug-in says."""
        with _contained():
            return self._inner.scope()

    def export(self, match: Match) -> Iterator[Record]:
        """The plug-in's records, without what never leaves."""
        with _contained():
            for record in self._inner.export(match):
                yield withhold(record)

    def close(self) -> None:
        """Let the plug-in let go."""
        with _contained():
            self._inner.close()


@contextmanager
def _contained() -> Iterator[None]:
    name = ""
    try:
        yield
    except (TryLater, AdapterError):
        raise
    except Exception as error:  # noqa: BLE001  # foreign code may raise anything; its text stays here
        name = fingerprint(error)
    if name:
        raise AdapterError(f"The plug-in failed ({name}). Ask its author.")
