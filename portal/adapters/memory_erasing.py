"""Erasing in a system of kind `demo`: what becomes of a person's records, decided once for the plan and for the deed.

Must never touch a record that is not among the person's.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime

from portal.adapters.contract import ErasePlan, Json, KeptRow, Place, PlannedItem, Wanted
from portal.adapters.fates import Aim, Held, RowFate, Tally, aim_at, day_of, decide, scope_of_aims
from portal.adapters.memory_records import DemoRecord, Now
from portal.adapters.memory_store import Changes
from portal.core import clock


@dataclass(frozen=True, slots=True)
class Erasing:
    """The fates of one person's records: the first is the person's own, the others hang on it."""

    place: Place
    every: Sequence[DemoRecord]
    records: Sequence[Now]
    wanted: Wanted
    not_after: datetime | None = None

    def plan(self) -> ErasePlan:
        """What `apply` would do."""
        fates = self.fates()
        losses = tuple(key for key in self.place.system.losses if self._is_lost(key, fates))
        aims = tuple(aim for aim in self._aims().values() if aim is not None)
        return ErasePlan(self._items(fates), losses, not_after=self.not_after, scope=scope_of_aims(aims))

    def apply(self, changes: Changes) -> tuple[tuple[PlannedItem, ...], tuple[KeptRow, ...]]:
        """Do it in the changes of the system."""
        fates = self.fates()
        for key, (now, fate, stays) in fates.items():
            if fate.row_goes and not stays:
                changes.gone.add(key)
                changes.values.pop(key, None)
            elif fate.lost:
                changes.values.setdefault(key, {}).update({held.name: None for held in fate.lost})
                if now.identifiers and fate.whole:
                    changes.nameless.add(key)
        kept = [
            KeptRow(now.collection, key, ground, until)
            for key, (now, fate, _stays) in fates.items()
            for ground, until in fate.kept
        ]
        return self._items(fates), tuple(kept)

    def fates(self) -> Mapping[str, tuple[Now, RowFate, bool]]:
        """Per record that is touched or kept: its fate, and whether it has to stay for what hangs on it."""
        today, aims = clock.now().date(), self._aims()
        found: dict[str, tuple[Now, RowFate, bool]] = {}
        stays = False
        for now in reversed(self.records):
            aim = aims[now.collection]
            if aim is None or self._is_newer(now):
                stays = True
                continue
            aim = Aim(aim.collection, tuple(one for one in aim.fields if one.name in now.record.fields), aim.whole)
            fate = decide(aim, self.place.config.company(self.place.company).retention_rules, self._day(now), today)
            held = now is self.records[0] and stays
            found[now.key] = (now, fate, held)
            stays = stays or not fate.row_goes
        return dict(reversed(found.items()))

    def _aims(self) -> dict[str, Aim | None]:
        fields: dict[str, dict[str, Held]] = {}
        for record in self.every:
            note = self.place.system.collections.get(record.collection)
            for name, each in record.fields.items():
                own = note.fields.get(name) if note else None
                retention = (own.retention if own else None) or (note.retention if note else "")
                fields.setdefault(record.collection, {})[name] = Held(name, each.category, retention)
        return {key: aim_at(key, some.values(), self.wanted) for key, some in fields.items()}

    def _items(self, fates: Mapping[str, tuple[Now, RowFate, bool]]) -> tuple[PlannedItem, ...]:
        tally = Tally()
        for now, fate, stays in fates.values():
            names_nobody_then = now.identifiers and fate.lost and fate.whole
            if any(now.values.get(held.name) is not None for held in fate.lost) or names_nobody_then or fate.kept:
                tally.add_row(now.collection, fate, stays=stays)
        return tally.items()

    def _is_lost(self, key: str, fates: Mapping[str, tuple[Now, RowFate, bool]]) -> bool:
        loss = self.place.system.losses[key]
        return any(
            now.collection == loss.collection
            and any(not loss.fields or held.name in loss.fields for held in fate.lost)
            and all(
                ("" if now.values.get(name) is None else str(now.values[name])) in allowed for name, allowed in loss.when.items()
            )
            for now, fate, _stays in fates.values()
        )

    def _is_newer(self, now: Now) -> bool:
        moment = self._moment(now)
        if self.not_after is None or moment is None:
            return False
        if not isinstance(moment, datetime):
            return moment > self.not_after.date()
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) > self.not_after

    def _day(self, now: Now) -> date | None:
        return day_of(self._moment(now))

    def _moment(self, now: Now) -> date | datetime | None:
        """When the record came; what bears no date came with the record that it hangs on, or with the last that hangs on it."""
        own = self._own_moment(now)
        if own is not None:
            return own
        if now is not self.records[0]:
            return self._own_moment(self.records[0])
        moments = [moment for other in self.records[1:] if (moment := self._own_moment(other)) is not None]
        return max(moments, key=lambda one: str(day_of(one)), default=None)

    def _own_moment(self, now: Now) -> date | datetime | None:
        note = self.place.system.collections.get(now.collection)
        return to_moment(now.values.get(note.obtained)) if note and note.obtained else None


def to_moment(value: Json) -> date | datetime | None:
    """The day or moment that a value says, or None."""
    with suppress(ValueError):
        text = str(value)
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    return None
