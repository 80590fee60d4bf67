"""Kind `demo`: a system whose few records stand in `portal.yaml` itself. For the demo and for tests of what is built on adapters.

Must never be told apart, by what uses it, from a system that is somewhere else.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from portal.adapters import never_leaves
from portal.adapters.contract import (
    Adapter,
    AdapterError,
    Can,
    Export,
    Health,
    Json,
    Match,
    Place,
    Record,
    Subject,
)
from portal.adapters.identifiers import normal
from portal.adapters.notes import noted_value, refuse_unknown_category, scope_of
from portal.config.loading import parse_part
from portal.config.model import CollectionRef, Key, Line, Part

RecordKey = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,60}$")]


class DemoField(Part):
    """One value and its data category."""

    category: Line
    value: JsonValue = None


class DemoRecord(Part):
    """One record. With `identifiers` it is a person's; with `belongs_to` it hangs on the record of that key."""

    collection: CollectionRef
    key: RecordKey
    identifiers: dict[Key, Line] = Field(default_factory=dict)
    belongs_to: RecordKey | None = None
    fields: dict[str, DemoField]


class DemoSettings(Part):
    """`settings` of a system of kind `demo`."""

    records: list[DemoRecord]


class DemoAdapter(Adapter):
    """Records in memory, in the order in which they were written."""

    can = Can(find=True, export=True, sources=True)

    def __init__(self, place: Place, records: list[DemoRecord]) -> None:
        self._place = place
        self._records = records

    def check(self) -> Health:
        """Whether every collection has its note."""
        problems = tuple(self.scope().closed.values())
        return Health(not problems, problems)

    def find(self, subject: Subject) -> list[Match]:
        """The records that carry an identifier."""
        found: dict[str, Match] = {}
        for identifier in subject.identifiers:
            for record in self._records:
                stored = record.identifiers.get(identifier.kind)
                if stored is not None and normal(identifier.kind, stored) == normal(identifier.kind, identifier.value):
                    found.setdefault(_key(record), Match(_key(record), identifier.kind, stored, self._tells_apart(record)))
        return list(found.values())

    def proof_values(self, match: Match, kinds: Collection[str]) -> Mapping[str, frozenset[str]]:
        """From the record and what hangs on it."""
        records = self._of(match)
        found = {
            kind: frozenset(text for record in records if (text := self._text(record, path)))
            for kind, path in self._place.system.proof.items()
            if kind in kinds
        }
        return {kind: values for kind, values in found.items() if values}

    def scope(self) -> Export:
        """Collections with a note."""
        return scope_of(self._place, tuple(dict.fromkeys(record.collection for record in self._records)))

    def export(self, match: Match) -> Iterator[Record]:
        """The record and what hangs on it, collection by collection."""
        notes = self._place.system.collections
        for record in sorted(
            self._of(match), key=lambda one: list(notes).index(one.collection) if one.collection in notes else 0
        ):
            note = notes.get(record.collection)
            if note is None:
                continue
            obtained = _moment(record.fields[note.obtained].value) if note.obtained in record.fields else None
            values = tuple(noted_value(note, name, each.category, each.value, obtained) for name, each in record.fields.items())
            yield never_leaves.withhold(Record(record.collection, _key(record), values))

    def _of(self, match: Match) -> list[DemoRecord]:
        for record in self._records:
            if _key(record) == match.key and record.identifiers.get(match.kind) == match.stored:
                return [record, *(other for other in self._records if other.belongs_to == record.key)]
        raise AdapterError("The record is no longer there under this identifier. Search again.")

    def _tells_apart(self, record: DemoRecord) -> dict[str, str]:
        told = {
            str(kind): " ".join(text for path in paths if (text := self._text(record, path)))
            for kind, paths in self._place.system.tells_apart.items()
        }
        return {kind: text for kind, text in told.items() if text}

    @staticmethod
    def _text(record: DemoRecord, path: str) -> str:
        collection, _, name = path.rpartition(".")
        value = record.fields[name].value if collection == record.collection and name in record.fields else None
        return "" if value is None else str(value)


def open_demo(place: Place) -> DemoAdapter:
    """Open a system of kind `demo`. Raises `DocumentError`."""
    settings = parse_part(
        DemoSettings, place.system.settings, place.config.document, ("companies", place.company, "systems", place.key, "settings")
    )
    seen: set[str] = set()
    for number, record in enumerate(settings.records):
        at = ("settings", "records", number)
        if record.key in seen:
            raise place.error(*at, "key", problem=f"The key `{record.key}` stands twice.", remedy="Give each record its own.")
        seen.add(record.key)
        for name, each in record.fields.items():
            refuse_unknown_category(place, each.category, *at, "fields", name)
        if record.belongs_to is not None and record.belongs_to not in [one.key for one in settings.records if one.identifiers]:
            raise place.error(
                *at,
                "belongs_to",
                problem=f"No record with identifiers has the key `{record.belongs_to}`.",
                remedy="Mend the key.",
            )
    for key in place.system.collections:
        if key not in [record.collection for record in settings.records]:
            raise place.error("collections", key, problem=f"No record is in `{key}`.", remedy="Remove it, or add a record.")
    return DemoAdapter(place, settings.records)


def _key(record: DemoRecord) -> str:
    return f"{record.collection}:{record.key}"


def _moment(value: Json) -> date | datetime | None:
    try:
        text = str(value)
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None
