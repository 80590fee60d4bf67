"""The far side of an erasure: two systems as real database files that count what is done to them, and can misbehave on demand.

Modes (table `mood`): `lies` says OK and does nothing, `half` breaks off in the middle, `late` answers with a later try,
`slow` takes a second, `hesitates` has done it and answers only once the mood is over, `dies` has done it and never reports, `deaf` cannot tell afterwards what it did,
`keeps` acts on choices, `mute` does not answer when it is told one.
"""

import json
import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import date, datetime
from pathlib import Path

from portal.adapters.contract import (
    Adapter,
    AdapterError,
    Can,
    ChoiceToWrite,
    ConsentReceipt,
    EraseKind,
    ErasePlan,
    EraseReceipt,
    Export,
    Fate,
    Health,
    KeptRow,
    Left,
    Match,
    Pending,
    Place,
    PlannedItem,
    Record,
    Subject,
    TryLater,
    Value,
    Wanted,
)

CATEGORIES = {
    "person": "user.name",
    "orders": "user.behavior.purchase_history",
    "receipts": "user.financial",
    "letters": "user.content",
}
KEPT_UNTIL = date(2031, 12, 31)

TABLES = """
CREATE TABLE record (key TEXT PRIMARY KEY, email TEXT, name TEXT, postcode TEXT);
CREATE TABLE row (id INTEGER PRIMARY KEY, key TEXT, collection TEXT, value TEXT);
CREATE TABLE call (id INTEGER PRIMARY KEY, key TEXT, what TEXT);
CREATE TABLE receipt (key TEXT PRIMARY KEY, told TEXT);
CREATE TABLE mood (what TEXT PRIMARY KEY);
"""


class FarSystem:
    """One system, to be filled and looked at behind the portal's back."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.file = name, folder / f"{name}.db"

    def make(self) -> None:
        """An empty system."""
        with self.open() as far:
            far.executescript(TABLES)

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """A connection that commits each statement by itself."""
        with closing(sqlite3.connect(self.file, isolation_level=None, timeout=20)) as far:
            yield far

    def add(self, key: str, email: str, name: str, postcode: str = "", **rows: int) -> None:
        """A person's record with so many rows of each collection."""
        with self.open() as far:
            far.execute("INSERT INTO record VALUES (?, ?, ?, ?)", (key, email, name, postcode))
            for collection, count in rows.items():
                for number in range(count):
                    far.execute(
                        "INSERT INTO row (key, collection, value) VALUES (?, ?, ?)", (key, collection, f"{name} {number}")
                    )

    def add_row(self, key: str, collection: str, value: str) -> None:
        """One row that comes later."""
        with self.open() as far:
            far.execute("INSERT INTO row (key, collection, value) VALUES (?, ?, ?)", (key, collection, value))

    def mood(self, *what: str) -> None:
        """From now on the system is like this."""
        with self.open() as far:
            far.execute("DELETE FROM mood")
            far.executemany("INSERT INTO mood VALUES (?)", [(one,) for one in what])

    def rows_of(self, key: str) -> dict[str, int]:
        """What is there of a record, by collection; the record itself is `person`."""
        with self.open() as far:
            counts = dict(
                far.execute("SELECT collection, count(*) FROM row WHERE key = ? GROUP BY collection", (key,)).fetchall()
            )
            person = far.execute("SELECT count(*) FROM record WHERE key = ?", (key,)).fetchone()[0]
        return counts | ({"person": person} if person else {})

    def calls(self, what: str = "erase") -> list[str]:
        """The idempotency keys that came, in order."""
        with self.open() as far:
            return [row[0] for row in far.execute("SELECT key FROM call WHERE what = ? ORDER BY id", (what,))]

    def everything(self) -> list[tuple[object, ...]]:
        """Every record and row, to be compared whole."""
        with self.open() as far:
            return [*far.execute("SELECT * FROM record ORDER BY key"), *far.execute("SELECT * FROM row ORDER BY id")]


class FarAdapter(Adapter):
    """The portal's side of it."""

    can = Can(erase=EraseKind.DELETE, irreversible=True, probe=True)

    def __init__(self, place: Place) -> None:
        self.place = place
        self.system = FarSystem(Path(str(place.system.settings["folder"])), place.key)

    def check(self) -> Health:
        """It answers."""
        return Health(ok=True)

    def find(self, subject: Subject) -> list[Match]:
        """By address."""
        wanted = {one.value for one in subject.identifiers}
        with self._asked() as far:
            rows = far.execute("SELECT key, email, name FROM record ORDER BY key").fetchall()
        return [
            Match(f"{self.place.key}.person:{key}", "email", email, {"name": name})
            for key, email, name in rows
            if email in wanted
        ]

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The postcode."""
        with self._asked() as far:
            row = far.execute("SELECT postcode FROM record WHERE key = ?", (_bare(match.key),)).fetchone()
        return {"postcode": frozenset(row)} if "postcode" in kinds and row and row[0] else {}

    def scope(self) -> Export:
        """Everything."""
        return Export(tuple(f"{self.place.key}.{name}" for name in CATEGORIES))

    def export(self, match: Match) -> Iterator[Record]:
        """The person first, then the rows."""
        key, system = _bare(match.key), self.place.key
        with self._asked() as far:
            person = far.execute("SELECT name, email FROM record WHERE key = ?", (key,)).fetchall()
            rows = far.execute("SELECT id, collection, value FROM row WHERE key = ? ORDER BY id", (key,)).fetchall()
        for name, email in person:
            yield Record(
                f"{system}.person", match.key, (Value("name", "user.name", name), Value("email", "user.contact.email", email))
            )
        for number, collection, value in rows:
            yield Record(
                f"{system}.{collection}", f"{system}.{collection}:{number}", (Value("value", CATEGORIES[collection], value),)
            )

    def plan_erase(self, match: Match, wanted: Wanted, *, not_after: datetime | None = None) -> ErasePlan:
        """Orders and the person go, receipts stay."""
        with self._asked() as far:
            return self._plan(far, _bare(match.key), wanted)

    def erase(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending:
        """Count the call, then do what the mood allows."""
        key = _bare(match.key)
        with self._asked() as far:
            far.execute("INSERT INTO call (key, what) VALUES (?, 'erase')", (idempotency_key,))
            moods = self._moods(far)
            if "refuses" in moods:
                raise AdapterError("It says no.")
            if "takes_its_time" in moods:
                far.execute("INSERT OR REPLACE INTO receipt VALUES (?, 'pending')", (idempotency_key,))
                return Pending("task-1", after=60.0)
            receipt = self._erase(far, key, plan, moods)
            if "deaf" not in moods:
                far.execute("INSERT OR REPLACE INTO receipt VALUES (?, ?)", (idempotency_key, _dump(receipt)))
        if "dies" in moods:
            raise TryLater("It broke off before it answered.", after=1.0)
        for _ in range(600):
            with self.system.open() as far:
                if "hesitates" not in self._moods(far):
                    break
            time.sleep(0.05)
        return receipt

    def probe(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | Pending | None:
        """By the receipt that it keeps. `pending` is over once the mood has changed."""
        with self._asked() as far:
            far.execute("INSERT INTO call (key, what) VALUES (?, 'probe')", (idempotency_key,))
            moods = self._moods(far)
            row = far.execute("SELECT told FROM receipt WHERE key = ?", (idempotency_key,)).fetchone()
            if "deaf" in moods:
                return None
            if row is None:
                return EraseReceipt((), left=(Left(f"{self.place.key}.person", "name", 1),))
            if row[0] != "pending":
                return _load(row[0])
            if "takes_its_time" in moods:
                return Pending("task-1", after=60.0)
            return self._erase(far, _bare(match.key), plan, moods)

    def _plan(self, far: sqlite3.Connection, key: str, wanted: Wanted) -> ErasePlan:
        items, system = [], self.place.key
        counts = dict(far.execute("SELECT collection, count(*) FROM row WHERE key = ? GROUP BY collection", (key,)).fetchall())
        person = far.execute("SELECT count(*) FROM record WHERE key = ?", (key,)).fetchone()[0]
        for collection, count in [*counts.items(), *([("person", person)] if person else [])]:
            category = CATEGORIES[collection]
            if not wanted(f"{system}.{collection}", "value", category):
                continue
            keep = collection == "receipts"
            items.append(
                PlannedItem(
                    f"{system}.{collection}", Fate.KEEP if keep else Fate.ERASE, count, (), (category,),
                    "three_years" if keep else "", KEPT_UNTIL if keep else None,
                )
            )  # fmt: skip
        return ErasePlan(tuple(items), losses=("points",) if "orders" in counts else ())

    def _erase(self, far: sqlite3.Connection, key: str, plan: ErasePlan, moods: set[str]) -> EraseReceipt:
        gone, left, kept = [], [], []
        for item in plan.items:
            collection = item.collection.rpartition(".")[2]
            if item.fate is Fate.KEEP:
                gone.append(item)
                numbers = far.execute("SELECT id FROM row WHERE key = ? AND collection = ?", (key, collection)).fetchall()
                kept += [
                    KeptRow(item.collection, f"{item.collection}:{number}", item.ground, KEPT_UNTIL) for (number,) in numbers
                ]
                continue
            if "lies" in moods:
                left.append(Left(item.collection, "value", item.count))
                continue
            table = "record WHERE key = ?" if collection == "person" else "row WHERE key = ? AND collection = ?"
            count = far.execute(f"DELETE FROM {table}", (key,) if collection == "person" else (key, collection)).rowcount
            gone.append(PlannedItem(item.collection, item.fate, count, item.fields, item.categories))
            if "half" in moods:
                raise AdapterError("It broke off in the middle.", permanent=False)
        appeared = sum(one.count for one in gone) - sum(one.count for one in plan.items if "lies" not in moods)
        return EraseReceipt(tuple(gone), tuple(kept), tuple(left), max(appeared, 0), "ref")

    def keeps_choice(self, purpose: str, channel: str, topic: str = "") -> bool:
        """Only where it was made so."""
        with self.system.open() as far:
            return "keeps" in self._moods(far)

    def write_consent(self, subject: Subject, choice: ChoiceToWrite, *, idempotency_key: str) -> ConsentReceipt:
        """Take it, and believe it."""
        with self.system.open() as far:
            if "mute" in self._moods(far):
                raise TryLater("It asks for a later try.", after=1.0)
            far.execute("INSERT INTO call (key, what) VALUES (?, 'consent')", (idempotency_key,))
        return ConsentReceipt(found=True, confirmed=True)

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        with self.system.open() as far:
            moods = self._moods(far)
            if "slow" in moods:
                time.sleep(1.0)
            if "late" in moods:
                raise TryLater("It asks for a later try.", after=1.0)
            yield far

    @staticmethod
    def _moods(far: sqlite3.Connection) -> set[str]:
        return {row[0] for row in far.execute("SELECT what FROM mood")}


def open_far(place: Place) -> FarAdapter:
    """Open a system of kind `far`."""
    return FarAdapter(place)


def _bare(key: str) -> str:
    return key.partition(":")[2]


def _dump(receipt: EraseReceipt) -> str:
    items = [[one.collection, one.fate, one.count, one.ground, one.until and one.until.isoformat()] for one in receipt.items]
    kept = [[one.collection, one.key, one.ground, one.until.isoformat()] for one in receipt.kept]
    return json.dumps([items, kept, [[one.collection, one.field, one.count] for one in receipt.left]])


def _load(text: str) -> EraseReceipt:
    items, kept, left = json.loads(text)
    return EraseReceipt(
        tuple(PlannedItem(c, Fate(f), n, (), (), g, date.fromisoformat(u) if u else None) for c, f, n, g, u in items),
        tuple(KeptRow(c, k, g, date.fromisoformat(u)) for c, k, g, u in kept),
        tuple(Left(*one) for one in left),
    )
