"""Kind `demo`: a system whose few records stand in `portal.yaml` itself. For the demo and for tests of what is built on adapters.

Must never be told apart, by what uses it, from a system that is somewhere else.
"""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from portal.adapters import never_leaves
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
    Json,
    KeptRow,
    Left,
    Match,
    Place,
    Record,
    Subject,
    Wanted,
)
from portal.adapters.fates import Held, Tally, wanted_by
from portal.adapters.identifiers import normal
from portal.adapters.memory_erasing import Erasing, to_moment
from portal.adapters.memory_records import DemoSettings, Now, as_it_is, key_of, read_settings
from portal.adapters.memory_store import Changes, Store, store_of
from portal.adapters.notes import noted_value, scope_of
from portal.config.loading import read_secret

ANOTHER = "The key of this try belongs to another record. Nothing was done."
NOT_THERE = "The record is no longer there under this identifier. Search again."


class DemoAdapter(Adapter):
    """Records in memory, in the order in which they were written."""

    can = Can(find=True, export=True, sources=True, correct=True, erase=EraseKind.DELETE, irreversible=True, probe=True)

    def __init__(self, place: Place, settings: DemoSettings, store: Store) -> None:
        self._place = place
        self._written = settings.records
        self._store = store
        self._choices = frozenset(settings.consent)
        self.can = replace(type(self).can, consent=bool(settings.consent))

    def check(self) -> Health:
        """Whether every collection has its note."""
        problems = tuple(self.scope().closed.values())
        return Health(not problems, problems)

    def find(self, subject: Subject) -> list[Match]:
        """The records that carry an identifier."""
        found: dict[str, Match] = {}
        for identifier in subject.identifiers:
            for now in self._now():
                stored = now.identifiers.get(identifier.kind)
                if stored is not None and normal(identifier.kind, stored) == normal(identifier.kind, identifier.value):
                    found.setdefault(now.key, Match(now.key, identifier.kind, stored, self._tells_apart(now)))
        return list(found.values())

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """From the record and what hangs on it."""
        records = self._of(match)
        found = {
            kind: frozenset(text for now in records if (text := self._text(now, path)))
            for kind, path in self._place.system.proof.items()
            if kind in kinds
        }
        return {kind: values for kind, values in found.items() if values}

    def scope(self) -> Export:
        """Collections with a note."""
        return scope_of(self._place, tuple(dict.fromkeys(record.collection for record in self._written)))

    def export(self, match: Match) -> Iterator[Record]:
        """The record and what hangs on it, collection by collection."""
        notes = self._place.system.collections
        for now in sorted(self._of(match), key=lambda one: list(notes).index(one.collection) if one.collection in notes else 0):
            note = notes.get(now.collection)
            if note is None:
                continue
            obtained = to_moment(now.values.get(note.obtained)) if note.obtained else None
            values = tuple(
                noted_value(note, name, each.category, now.values.get(name), obtained) for name, each in now.record.fields.items()
            )
            yield never_leaves.withhold(Record(now.collection, now.key, values))

    def plan_erase(self, match: Match, wanted: Wanted, *, not_after: datetime | None = None) -> ErasePlan:
        """What `erase` would do. A collection without a note is an error: nothing is known of what must stay there."""
        self._refuse_closed()
        return self._erasing(self._of(match), wanted, not_after).plan()

    def erase(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt:
        """Everything or nothing; under a key that was used, the receipt of then."""
        self._refuse_closed()
        with self._store.change() as changes:
            known = self._receipt(changes, match, idempotency_key)
            if known is not None:
                return known
            if self._is_past(changes, match):
                return EraseReceipt((), reference=idempotency_key)
            records = self._of(match, changes)
            before = self._erasing(records, wanted_by(plan), plan.not_after).plan()
            appeared = max(0, sum(one.count for one in before.items) - sum(one.count for one in plan.items))
            items, kept = self._erasing(records, wanted_by(plan), plan.not_after).apply(changes)
            receipt = EraseReceipt(items, kept, self._left(changes, records, plan), appeared, idempotency_key)
            changes.receipts[idempotency_key] = (_whose(match), receipt)
        return receipt

    def erase_kept(self, rows: Sequence[KeptRow], *, idempotency_key: str) -> EraseReceipt:
        """By their keys; what is gone already stays gone."""
        keys, tally = {row.key for row in rows}, Tally()
        with self._store.change() as changes:
            there = as_it_is(self._written, changes)
            for now in (one for one in there if one.key in keys):
                held = [Held(name, each.category, "") for name, each in now.record.fields.items()]
                goes = all(one.key in keys for one in there if one.record.belongs_to == now.record.key)
                tally.add(now.collection, Fate.ERASE if goes else Fate.OVERWRITE, held, whole=goes)
                if goes:
                    changes.gone.add(now.key)
                else:
                    changes.values[now.key] = dict.fromkeys(now.record.fields)
                    changes.nameless.add(now.key)
        return EraseReceipt(tally.items(), reference=idempotency_key)

    def probe(self, match: Match, plan: ErasePlan, *, idempotency_key: str) -> EraseReceipt | None:
        """The receipt of then, if there is one; else surely nothing was done: it is written with the deed."""
        changes = self._store.read()
        known = self._receipt(changes, match, idempotency_key)
        if known is not None:
            return known
        return EraseReceipt((), left=tuple(Left(one.collection, "", one.count) for one in plan.items))

    def correct(self, match: Match, changes: Mapping[tuple[str, str, str], Json], *, idempotency_key: str) -> None:
        """Only what the notes name under `correctable`, only in this person's records; all or nothing."""
        notes = self._place.system.collections
        with self._store.change() as changed:
            own = {now.key: now for now in self._of(match, changed)}
            for collection, key, name in changes:
                note = notes.get(collection)
                if key not in own or own[key].collection != collection or note is None or name not in note.correctable:
                    raise AdapterError("This cannot be corrected here. Name the field under `correctable`, or change it by hand.")
            for (_collection, key, name), value in changes.items():
                changed.values.setdefault(key, {})[name] = value
        own = {now.key: now for now in self._of(match)}
        if any(own[key].values.get(name) != value for (_collection, key, name), value in changes.items()):
            raise AdapterError("What was written does not stand there when it is read again.", permanent=False)

    def keeps_choice(self, purpose: str, channel: str, topic: str = "") -> bool:
        """The choices that `consent` names, about all topics or one."""
        return f"{purpose}.{channel}" in self._choices

    def write_consent(self, subject: Subject, choice: ChoiceToWrite, *, idempotency_key: str) -> ConsentReceipt:
        """Remembered for each record of the subject, unless something newer is there."""
        keys, name = [match.key for match in self.find(subject)], _named(choice.purpose, choice.channel, choice.topic)
        with self._store.change() as changes:
            for key in keys:
                there = changes.choices.setdefault(key, {}).get(name)
                if there is None or int(str(there["sequence"])) <= choice.sequence:
                    changes.choices[key][name] = {"allowed": choice.allowed, "sequence": choice.sequence}
        read = [self.choice_of(key, choice.purpose, choice.channel, choice.topic) for key in keys]
        confirmed = all(one and (one[1] > choice.sequence or one == (choice.allowed, choice.sequence)) for one in read)
        return ConsentReceipt(found=bool(keys), confirmed=confirmed)

    def choice_of(self, key: str, purpose: str, channel: str, topic: str = "") -> tuple[bool, int] | None:
        """What stands at a record, by `Match.key`: whether the choice may be used, and its sequence."""
        there = self._store.read().choices.get(key, {}).get(_named(purpose, channel, topic))
        return (bool(there["allowed"]), int(str(there["sequence"]))) if there else None

    def _now(self, changes: Changes | None = None) -> list[Now]:
        return as_it_is(self._written, self._store.read() if changes is None else changes)

    def _of(self, match: Match, changes: Changes | None = None) -> list[Now]:
        every = self._now(changes)
        for now in every:
            if now.key == match.key and now.identifiers.get(match.kind) == match.stored:
                return [now, *(other for other in every if other.record.belongs_to == now.record.key)]
        raise AdapterError(NOT_THERE)

    def _erasing(self, records: Sequence[Now], wanted: Wanted, not_after: datetime | None) -> Erasing:
        return Erasing(self._place, self._written, records, wanted, not_after)

    def _refuse_closed(self) -> None:
        for reason in self.scope().closed.values():
            raise AdapterError(f"Nothing can be erased before this is mended. {reason}")

    def _receipt(self, changes: Changes, match: Match, key: str) -> EraseReceipt | None:
        known = changes.receipts.get(key)
        if known is not None and known[0] != _whose(match):
            raise AdapterError(ANOTHER)
        return known[1] if known else None

    def _is_past(self, changes: Changes, match: Match) -> bool:
        """Whether the record was there under that identifier and an erasure took it."""
        written = next((one for one in self._written if key_of(one) == match.key), None)
        was = written is not None and written.identifiers.get(match.kind) == match.stored
        return was and (match.key in changes.gone or match.key in changes.nameless)

    def _left(self, changes: Changes, records: Sequence[Now], plan: ErasePlan) -> tuple[Left, ...]:
        """What is still there of what was aimed at, read again."""
        keys = {now.key for now in records}
        again = [now for now in as_it_is(self._written, changes) if now.key in keys]
        fates = self._erasing(again, wanted_by(plan), plan.not_after).fates() if again else {}
        return tuple(
            Left(now.collection, held.name, 1)
            for now, fate, _stays in fates.values()
            for held in fate.lost
            if now.values.get(held.name) is not None
        )

    def _tells_apart(self, now: Now) -> dict[str, str]:
        told = {
            str(kind): " ".join(text for path in paths if (text := self._text(now, path)))
            for kind, paths in self._place.system.tells_apart.items()
        }
        return {kind: text for kind, text in told.items() if text}

    @staticmethod
    def _text(now: Now, path: str) -> str:
        collection, _, name = path.rpartition(".")
        value = now.values.get(name) if collection == now.collection else None
        return "" if value is None else str(value)


def open_demo(place: Place) -> DemoAdapter:
    """Open a system of kind `demo`. Raises `DocumentError`."""
    settings = read_settings(place)
    name = read_secret(settings.changes.env, os.environ) if settings.changes else None
    file = Path(name) if name else None
    where = (str(place.config.folder), place.config.document.file, place.company, place.key)
    return DemoAdapter(place, settings, store_of(where, file))


def _whose(match: Match) -> str:
    return sha256("\0".join((match.key, match.kind, match.stored)).encode()).hexdigest()


def _named(purpose: str, channel: str, topic: str) -> str:
    return ".".join(filter(None, (purpose, channel, topic)))
