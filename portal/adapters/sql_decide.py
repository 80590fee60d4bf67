"""What becomes of each row of a person: it goes, it is overwritten, it stays for a law, or others reach it too. The dynamic half of a plan.

Must never let a row go while anything that stays hangs on it: not a kept row, not one of somebody else, not one of an unmapped table.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from portal.adapters.contract import ErasePlan, Fate, KeptRow, PlannedItem
from portal.adapters.fates import Aim, Held, RowFate, Tally, day_of, decide, scope_of_aims
from portal.adapters.sql_aims import Erasable
from portal.adapters.sql_connections import Reading
from portal.adapters.sql_links import Link
from portal.adapters.sql_queries import Row
from portal.adapters.sql_values import at_path, to_json, to_moment, write_key
from portal.adapters.sql_walk import Told
from portal.adapters.sql_writes import hanging_rows

Spot = tuple[str, tuple[Any, ...]]
"""A row: its table and primary key."""
Day = tuple[str, date]
"""A ground and the day until which it holds."""


@dataclass(slots=True)
class Decided:
    """The fates of all rows that were found. `overwrites` names per row the fields that still stand there."""

    erasable: Erasable
    aims: Mapping[str, Aim]
    rows: dict[str, dict[tuple[Any, ...], Row]] = field(default_factory=dict)
    loose: set[Spot] = field(default_factory=set)
    fates: dict[Spot, RowFate] = field(default_factory=dict)
    going: set[Spot] = field(default_factory=set)
    overwrites: dict[Spot, tuple[Held, ...]] = field(default_factory=dict)
    kept: dict[Spot, dict[Day, tuple[Held, ...]]] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)

    def row(self, spot: Spot) -> Row:
        """The row that stands there."""
        return self.rows[spot[0]][spot[1]]

    def items(self) -> tuple[PlannedItem, ...]:
        """What is done, counted."""
        tally = Tally()
        for spot, fate in self.fates.items():
            if spot in self.going:
                tally.add(spot[0], Fate.ERASE, fate.lost, whole=True)
            elif spot in self.overwrites:
                tally.add(spot[0], Fate.OVERWRITE, self.overwrites[spot], whole=False)
            for day, fields in self.kept.get(spot, {}).items():
                tally.add(spot[0], Fate.KEEP, fields, whole=fate.row_stays and len(fate.kept) == 1, kept=day)
        return tally.items()

    def kept_rows(self) -> tuple[KeptRow, ...]:
        """What has to stay, each row once with its last day."""
        found = []
        for (key, primary), days in self.kept.items():
            ground, until = max(days, key=lambda one: one[1])
            found.append(KeptRow(key, f"{key}:{write_key(primary)}", ground, until))
        return tuple(found)

    def plan(self, not_after: datetime | None) -> ErasePlan:
        """The dry run."""
        losses = tuple(key for key in self.erasable.losses if self._is_lost(key))
        return ErasePlan(self.items(), losses, tuple(sorted(self.shared)), not_after, scope_of_aims(self.aims.values()))

    def _is_lost(self, key: str) -> bool:
        loss = self.erasable.losses[key]
        layout = self.erasable.layouts.get(loss.collection)
        return layout is not None and any(
            spot[0] == loss.collection
            and all(
                _text(to_json(layout.value(self.row(spot), name), layout.families[name])) in allowed
                for name, allowed in loss.when.items()
            )
            for spot in (*self.going, *(one for one, lost in self.overwrites.items() if _is_meant(loss.fields, lost)))
        )


def _is_meant(fields: Sequence[str], lost: Sequence[Held]) -> bool:
    return not fields or any(held.name in fields for held in lost)


@dataclass(slots=True)
class Deciding:
    """One decision over the rows of one walk, within one snapshot of the databases."""

    reading: Reading
    decided: Decided
    today: date
    not_after: datetime | None = None
    by_value: dict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], list[Spot]]] = field(default_factory=dict)
    hangs: list[tuple[Spot, Spot]] = field(default_factory=list)
    held_by_others: set[Spot] = field(default_factory=set)

    def run(self, told: Iterable[Told], *, due: bool = False) -> Decided:
        """Take in the rows and decide; `due`: the time of all of them has come, whatever rule keeps others like them."""
        decided = self.decided
        for layout, rows, own in told:
            spots = decided.rows.setdefault(layout.table.key, {})
            for row in rows:
                spots[layout.key_of(row)] = row
                if not own:
                    decided.loose.add((layout.table.key, layout.key_of(row)))
        for key, aim in decided.aims.items():
            for primary in decided.rows.get(key, {}):
                spot = (key, primary)
                if due:
                    decided.fates[spot] = RowFate(aim.fields, {}, aim.whole)
                elif not self._is_newer(spot, set()):
                    decided.fates[spot] = decide(aim, decided.erasable.rules, self._day(spot), self.today)
        self._find_hanging()
        self._leave_shared()
        self._let_go()
        self._overwrite_the_rest()
        return decided

    def _find_hanging(self) -> None:
        """What hangs on the rows that may go or may be shared."""
        decided = self.decided
        wanted: dict[str, list[Spot]] = {}
        for spot, fate in decided.fates.items():
            if fate.row_goes or spot in decided.loose:
                wanted.setdefault(spot[0], []).append(spot)
        for key, spots in wanted.items():
            for link in decided.erasable.links.get(key, ()):
                self._ask(link, spots)

    def _ask(self, link: Link, spots: list[Spot]) -> None:
        decided = self.decided
        parents: dict[tuple[str, ...], list[Spot]] = {}
        values: dict[tuple[Any, ...], None] = {}
        layout = decided.erasable.layouts[link.parent]
        for spot in spots:
            value = tuple(layout.value(decided.row(spot), name) for name in link.parent_columns)
            if all(part is not None for part in value):
                values[value] = None
                parents.setdefault(_texts(value), []).append(spot)
        child = decided.erasable.layouts.get(link.child)
        gathered = decided.rows.get(link.child, {})
        for asked in hanging_rows(link, child, list(values)):
            for rows in self.reading.batches(link.dataset, *asked):
                for row in rows:
                    cut = len(child.key) if child else 0
                    hanging = (link.child, row[:cut])
                    for parent in parents.get(_texts(row[cut:]), ()):
                        if not child or hanging[1] not in gathered:
                            self.held_by_others.add(parent)
                        elif hanging != parent:
                            self.hangs.append((hanging, parent))

    def _leave_shared(self) -> None:
        """A row that was reached as perhaps shared, and that others really reach, stays until a human has looked."""
        for spot in [spot for spot in self.decided.fates if spot in self.decided.loose and spot in self.held_by_others]:
            self.decided.shared.add(spot[0])
            del self.decided.fates[spot]

    def _let_go(self) -> None:
        decided = self.decided
        decided.going = {
            spot
            for spot, fate in decided.fates.items()
            if fate.row_goes and decided.erasable.aims[spot[0]].deletes and spot not in self.held_by_others
        }
        while stays := {parent for child, parent in self.hangs if parent in decided.going and child not in decided.going}:
            decided.going -= stays

    def _overwrite_the_rest(self) -> None:
        decided = self.decided
        for spot, fate in decided.fates.items():
            if fate.kept:
                decided.kept[spot] = dict(fate.kept)
        last = self._last_days()
        for spot, fate in decided.fates.items():
            if spot in decided.going or not fate.lost:
                continue
            aim = decided.erasable.aims[spot[0]]
            there = [one for one in fate.lost if self._stands(spot, one)]
            stuck = tuple(one for one in there if aim.columns[one.name].column in aim.fixed)
            able = tuple(one for one in there if one not in stuck)
            if able:
                decided.overwrites[spot] = able
            if stuck and spot in last:
                # A key stays as long as what hangs on it stays for a law.
                decided.kept.setdefault(spot, {})[last[spot]] = stuck
            elif stuck:
                decided.shared.add(spot[0])

    def _last_days(self) -> dict[Spot, Day]:
        """Per row the ground and day of what stays longest of it and of all that hangs on it."""
        last = {spot: max(days, key=lambda one: one[1]) for spot, days in self.decided.kept.items()}
        grew = True
        while grew:
            grew = False
            for child, parent in self.hangs:
                if child in last and (parent not in last or last[parent][1] < last[child][1]):
                    last[parent], grew = last[child], True
        return last

    def _stands(self, spot: Spot, one: Held) -> bool:
        """Whether the field still holds something that is no mask."""
        decided = self.decided
        aim, row = decided.erasable.aims[spot[0]], decided.row(spot)
        shown = aim.columns[one.name]
        if shown.column in aim.layout.held:
            return bool(row[aim.layout.held[shown.column]])
        value = aim.layout.value(row, shown.column)
        if shown.path:
            return at_path(to_json(value, aim.layout.families[shown.column]), shown.path) is not None
        return value is not None and (shown.column in aim.fixed or not aim.masks[shown.column].is_done(value))

    def _day(self, spot: Spot) -> date | None:
        """When the row came; without a date, with what it hangs on, or with the last that hangs on it, under the same rule."""
        own = self._moment(spot)
        if own is not None:
            return day_of(own)
        rule = self._rule(spot[0])
        for around in (self._parents(spot), self._children(spot)):
            days = [day for other in around if self._rule(other[0]) == rule and (day := day_of(self._moment(other))) is not None]
            if days:
                return max(days)
        return None

    def _rule(self, key: str) -> str:
        note = self.decided.erasable.aims[key].table.note
        return note.retention if note else ""

    def _moment(self, spot: Spot) -> date | datetime | None:
        aim = self.decided.erasable.aims[spot[0]]
        note = aim.table.note
        return to_moment(aim.layout.value(self.decided.row(spot), note.obtained)) if note and note.obtained else None

    def _is_newer(self, spot: Spot, seen: set[Spot]) -> bool:
        """Whether it came after the moment up to which is erased; a row without a date came with what it hangs on."""
        if self.not_after is None or spot in seen:
            return False
        moment = self._moment(spot)
        if moment is None:
            return any(self._is_newer(parent, seen | {spot}) for parent in self._parents(spot))
        if not isinstance(moment, datetime):
            return moment > self.not_after.date()
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) > self.not_after

    def _parents(self, spot: Spot) -> list[Spot]:
        links = self.decided.erasable.links
        return [
            parent
            for some in links.values()
            for link in some
            if link.child == spot[0]
            for parent in self._with(link.parent, link.parent_columns, self._values(spot, link.columns))
            if parent != spot
        ]

    def _children(self, spot: Spot) -> list[Spot]:
        return [
            child
            for link in self.decided.erasable.links.get(spot[0], ())
            if link.child
            for child in self._with(link.child, link.columns, self._values(spot, link.parent_columns))
            if child != spot
        ]

    def _values(self, spot: Spot, names: tuple[str, ...]) -> tuple[str, ...]:
        layout, row = self.decided.erasable.layouts[spot[0]], self.decided.row(spot)
        return _texts(tuple(layout.value(row, name) for name in names))

    def _with(self, key: str, names: tuple[str, ...], values: tuple[str, ...]) -> list[Spot]:
        """The rows found of a table that hold these values."""
        if str(None) in values:
            return []
        mark = (key, names)
        if mark not in self.by_value:
            index: dict[tuple[str, ...], list[Spot]] = {}
            for primary in self.decided.rows.get(key, {}):
                index.setdefault(self._values((key, primary), names), []).append((key, primary))
            self.by_value[mark] = index
        return self.by_value[mark].get(values, [])


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _texts(values: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)
