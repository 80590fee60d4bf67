"""Around the adapter of a plug-in: what the house promises of every system, whoever wrote the code that speaks to it.

Must never let through a value that never leaves, an unknown exception, or an exception's text: it may hold a row.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar

from portal.adapters.contract import (
    Adapter,
    AdapterError,
    ChoiceToWrite,
    ConsentReceipt,
    ErasePlan,
    EraseReceipt,
    Export,
    Health,
    Json,
    KeptRow,
    Match,
    Pending,
    Record,
    SentCount,
    Subject,
    TryLater,
    Wanted,
)
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

    def plan_erase(self, match: Match, wanted: Wanted, *, not_after: datetime | None = None) -> ErasePlan:
        """As the plug-in says."""
        return _contained(partial(self._inner.plan_erase, match, wanted, not_after=not_after))

    def erase(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending:
        """As the plug-in says."""
        return _contained(partial(self._inner.erase, match, plan, idempotency_key=idempotency_key))

    def erase_kept(self, rows: Sequence[KeptRow], *, idempotency_key: str) -> EraseReceipt | Pending:
        """As the plug-in says."""
        return _contained(partial(self._inner.erase_kept, rows, idempotency_key=idempotency_key))

    def probe(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending | None:
        """As the plug-in says."""
        return _contained(partial(self._inner.probe, match, plan, idempotency_key=idempotency_key))

    def correct(self, match: Match, changes: Mapping[tuple[str, str, str], Json], *, idempotency_key: str) -> None:
        """As the plug-in says."""
        _contained(partial(self._inner.correct, match, changes, idempotency_key=idempotency_key))

    def keeps_choice(self, purpose: str, channel: str, topic: str = "") -> bool:
        """As the plug-in says."""
        return self.can.consent and _contained(partial(self._inner.keeps_choice, purpose, channel, topic))

    def write_consent(self, subject: Subject, choice: ChoiceToWrite, *, idempotency_key: str) -> ConsentReceipt:
        """As the plug-in says."""
        return _contained(partial(self._inner.write_consent, subject, choice, idempotency_key=idempotency_key))

    def sent_counts(self, subject: Subject, *, since: datetime) -> Sequence[SentCount]:
        """As the plug-in says."""
        return _contained(partial(self._inner.sent_counts, subject, since=since))

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
