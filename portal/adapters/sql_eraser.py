"""One erasure in a company's databases from its dry run to its receipt: find, decide, do, read again, and look back after a crash.

Must never say "done" of what was not read again, nor erase for a match whose identifier is no longer that person's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.adapters.contract import (
    AdapterError,
    ErasePlan,
    EraseReceipt,
    Fate,
    Identifier,
    KeptRow,
    Left,
    Match,
    PlannedItem,
    Wanted,
)
from portal.adapters.fates import wanted_by
from portal.adapters.sql_aims import Erasable
from portal.adapters.sql_connections import Reading, Writing
from portal.adapters.sql_decide import Decided, Deciding
from portal.adapters.sql_erase import do_it, what_is_left
from portal.adapters.sql_graph import Graph
from portal.adapters.sql_persons import PersonSearch
from portal.adapters.sql_values import read_key, write_key
from portal.adapters.sql_walk import Person, Told, Walk
from portal.adapters.sql_writes import rows_of_keys
from portal.core import clock

NOT_THERE = "The record is no longer there under this identifier. Search again."


@dataclass(frozen=True, slots=True)
class Eraser:
    """What is needed for every erasure: the graph, the static half of the plan, and how fresh looks at the databases are opened."""

    graph: Graph
    erasable: Erasable
    look: Callable[[], Reading]

    def plan(self, reading: Reading, match: Match, wanted: Wanted, not_after: datetime | None) -> ErasePlan:
        """The dry run."""
        return self._decide(reading, self._must_find(reading, match), wanted, not_after).plan(not_after)

    def erase(self, writing: Writing, match: Match, plan: ErasePlan, reference: str) -> EraseReceipt:
        """Do it; what an earlier try did is told again."""
        person = self._find(writing, match)
        if person is None:
            done = self._look_back(writing, match, plan, reference)
            if done is None:
                raise AdapterError(NOT_THERE)
            return done
        wanted = wanted_by(plan)
        # The database of the person's own record is opened first and commits last: until then the whole may be begun again.
        writing.connection(self.erasable.aims[person.table].table.dataset)
        decided = self._decide(writing, person, wanted, plan.not_after)
        _refuse_other_rules(decided, plan)
        deed = do_it(writing, decided)
        writing.commit()
        with self.look() as reading:
            left = (*what_is_left(reading, deed), *self._still_found(reading, match, wanted, plan.not_after))
        return EraseReceipt(decided.items(), decided.kept_rows(), left, _appeared(decided.items(), plan), reference)

    def erase_kept(self, writing: Writing, rows: Sequence[KeptRow], reference: str) -> EraseReceipt:
        """Erase rows by their keys, whatever rule once kept them."""
        aims = {
            key: aim for key, aim in self.erasable.aims_at(lambda *_: True).items() if key in {row.collection for row in rows}
        }
        deciding = Deciding(writing, Decided(self.erasable, aims), clock.now().date())
        decided = deciding.run(self._by_keys(writing, rows), due=True)
        deed = do_it(writing, decided)
        writing.commit()
        with self.look() as reading:
            left = what_is_left(reading, deed)
        return EraseReceipt(decided.items(), (), left, 0, reference)

    def probe(self, reading: Reading, match: Match, plan: ErasePlan, reference: str) -> EraseReceipt | None:
        """Read back: all done, nothing done, or nobody can tell."""
        person = self._find(reading, match)
        if person is None:
            return self._look_back(reading, match, plan, reference)
        decided = self._decide(reading, person, wanted_by(plan), plan.not_after)
        there, planned = _counts(decided.items()), _counts(plan.items)
        if not there:
            return self._receipt(plan, [decided], reference)
        if all(there.get(key, 0) >= count for key, count in planned.items()):
            return EraseReceipt((), left=tuple(Left(key, "", count) for key, count in there.items()))
        return None

    def _look_back(self, reading: Reading, match: Match, plan: ErasePlan, reference: str) -> EraseReceipt | None:
        """The record is not under its identifier. It was erased if it is gone, or if nothing of what was aimed at stands there."""
        wanted = wanted_by(plan)
        found = [self._decide(reading, one, wanted, plan.not_after) for one in self._loose(reading, match)]
        root = self._root(reading, match)
        if root is not None:
            decided = self._decide(reading, root, wanted, plan.not_after)
            spot = (root.table, self.erasable.layouts[root.table].key_of(root.row))
            if spot not in decided.fates or spot in decided.going or spot in decided.overwrites:
                return None
            found.append(decided)
        return self._receipt(plan, found, reference)

    def _receipt(self, plan: ErasePlan, found: Sequence[Decided], reference: str) -> EraseReceipt:
        """What the plan said was done, what is kept as it is now, and what stands there all the same."""
        kept = tuple(dict.fromkeys(row for one in found for row in one.kept_rows()))
        items = [one for one in plan.items if one.fate is not Fate.KEEP]
        items += [item for one in found for item in one.items() if item.fate is Fate.KEEP]
        left = tuple(Left(key, "", count) for one in found for key, count in _counts(one.items()).items())
        return EraseReceipt(tuple(items), kept, left, 0, reference)

    def _still_found(self, reading: Reading, match: Match, wanted: Wanted, not_after: datetime | None) -> Iterator[Left]:
        """What came meanwhile and is found under the identifier."""
        person = self._find(reading, match)
        some = [person] if person else list(self._loose(reading, match))
        for one in some:
            for key, count in _counts(self._decide(reading, one, wanted, not_after).items()).items():
                yield Left(key, "", count)

    def _decide(self, reading: Reading, person: Person, wanted: Wanted, not_after: datetime | None) -> Decided:
        walk = Walk(self.graph, reading, person, self.erasable.layouts)
        aims = self.erasable.aims_at(wanted)
        return Deciding(reading, Decided(self.erasable, aims), clock.now().date(), not_after).run(walk.told())

    def _must_find(self, reading: Reading, match: Match) -> Person:
        person = self._find(reading, match)
        if person is None:
            raise AdapterError(NOT_THERE)
        return person

    def _find(self, reading: Reading, match: Match) -> Person | None:
        for person in PersonSearch(self.graph, reading, self.erasable.layouts).find(Identifier(match.kind, match.stored)):
            if self._key_of(person) == match.key:
                return person
        return None

    def _loose(self, reading: Reading, match: Match) -> Iterator[Person]:
        """Rows known by the identifier alone, where no person's record is left that they could belong to."""
        found = PersonSearch(self.graph, reading, self.erasable.layouts).find(Identifier(match.kind, match.stored))
        if not any(self.graph.tables[one.table].names_people for one in found):
            yield from found

    def _root(self, reading: Reading, match: Match) -> Person | None:
        """The row that the match names by its key, whatever identifier it has."""
        key = next((key for key in self.erasable.layouts if match.key.startswith(f"{key}:")), None)
        if key is None:
            raise AdapterError(NOT_THERE)
        layout = self.erasable.layouts[key]
        statement = rows_of_keys(layout, [read_key(match.key.removeprefix(f"{key}:"))])
        rows = [row for some in reading.batches(layout.table.dataset, statement) for row in some] if statement is not None else []
        return Person(key, rows[0], match.kind, match.stored) if len(rows) == 1 else None

    def _by_keys(self, reading: Reading, rows: Sequence[KeptRow]) -> Iterator[Told]:
        for key, layout in self.erasable.layouts.items():
            keys = [read_key(row.key.removeprefix(f"{key}:")) for row in rows if row.collection == key]
            for start in range(0, len(keys), 100):
                statement = rows_of_keys(layout, keys[start : start + 100])
                if statement is not None:
                    for some in reading.batches(layout.table.dataset, statement):
                        yield layout, some, True

    def _key_of(self, person: Person) -> str:
        return f"{person.table}:{write_key(self.erasable.layouts[person.table].key_of(person.row))}"


def _counts(items: Sequence[PlannedItem]) -> dict[str, int]:
    """Rows per collection that go or are overwritten."""
    found: dict[str, int] = {}
    for one in items:
        if one.fate is not Fate.KEEP:
            found[one.collection] = found.get(one.collection, 0) + one.count
    return found


def _appeared(items: Sequence[PlannedItem], plan: ErasePlan) -> int:
    planned = _counts(plan.items)
    return sum(max(0, count - planned.get(key, 0)) for key, count in _counts(items).items())


def _refuse_other_rules(decided: Decided, plan: ErasePlan) -> None:
    """What the plan promised to keep for a law must not go because the rules were changed since."""
    for one in plan.items:
        if one.fate is Fate.KEEP and one.collection in decided.aims:
            grounds = {held.retention for held in decided.aims[one.collection].fields}
            inherited = one.fields and one.ground in decided.erasable.rules
            rule = decided.erasable.rules.get(one.ground)
            if rule is None or not rule.ground or not (one.ground in grounds or inherited):
                raise AdapterError("What must be kept has changed in portal.yaml since the plan was made. Make a new plan.")
