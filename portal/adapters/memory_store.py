"""What happened to the records of kind `demo` since they were written down: in memory, or in a file that several processes share.

Must never write into `portal.yaml`: what stands there is how the system began.
"""

import dataclasses
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from portal.adapters.contract import EraseReceipt, Fate, Json, KeptRow, Left, PlannedItem


@dataclass(slots=True)
class Changes:
    """Records that are gone or have lost their identifiers, other values, what was done under which key for whom, and choices.

    `choices` are by `Match.key` and `purpose.channel` (`.topic`).
    """

    gone: set[str] = field(default_factory=set)
    nameless: set[str] = field(default_factory=set)
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    receipts: dict[str, tuple[str, EraseReceipt]] = field(default_factory=dict)
    choices: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)

    def dump(self) -> str:
        """As JSON."""
        plain = {
            "gone": sorted(self.gone),
            "nameless": sorted(self.nameless),
            "values": self.values,
            "receipts": {key: [whose, dataclasses.asdict(receipt)] for key, (whose, receipt) in self.receipts.items()},
            "choices": self.choices,
        }
        return json.dumps(plain, default=date.isoformat)

    @classmethod
    def load(cls, text: str) -> "Changes":
        """Out of JSON."""
        plain = json.loads(text)
        receipts = {key: (whose, _receipt(receipt)) for key, (whose, receipt) in plain["receipts"].items()}
        return cls(set(plain["gone"]), set(plain["nameless"]), plain["values"], receipts, plain.get("choices", {}))


class Store:
    """The changes of one system. One writer at a time in a process; a file is replaced as a whole."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._lock = threading.RLock()
        self._changes = Changes()

    def read(self) -> Changes:
        """What is changed by now."""
        if self._file is None:
            return self._changes
        with suppress(FileNotFoundError):
            return Changes.load(self._file.read_text(encoding="utf-8"))
        return Changes()

    @contextmanager
    def change(self) -> Iterator[Changes]:
        """All of what the block does, or nothing of it."""
        with self._lock:
            fresh = Changes.load(self.read().dump())
            yield fresh
            if self._file is None:
                self._changes = fresh
                return
            draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            draft.write_text(fresh.dump(), encoding="utf-8")
            draft.replace(self._file)


_stores: dict[tuple[str, ...], Store] = {}
_lock = threading.Lock()


def store_of(place: tuple[str, ...], file: Path | None) -> Store:
    """The store of a system: one a process, whoever opens it and however often the configuration is read."""
    with _lock:
        return _stores.setdefault((*place, str(file or "")), Store(file))


def _receipt(plain: dict[str, Any]) -> EraseReceipt:
    items = [{**one, "fate": Fate(one["fate"]), "until": _day(one["until"])} for one in plain["items"]]
    return EraseReceipt(
        tuple(PlannedItem(**{**one, "fields": tuple(one["fields"]), "categories": tuple(one["categories"])}) for one in items),
        tuple(KeptRow(**{**one, "until": date.fromisoformat(one["until"])}) for one in plain["kept"]),
        tuple(Left(**one) for one in plain["left"]),
        plain["appeared"],
        plain["reference"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
