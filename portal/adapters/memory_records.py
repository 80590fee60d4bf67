"""The records of a system of kind `demo`: as they stand in `portal.yaml`, and as they are after what happened to them since.

Must never accept a record or a note that names what is not there.
"""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from portal.adapters.contract import Json, Place
from portal.adapters.memory_store import Changes
from portal.adapters.notes import refuse_unknown_category
from portal.config.loading import parse_part
from portal.config.parts import CollectionRef, Key, Line, Part, Secret

ChoiceName = Annotated[str, StringConstraints(pattern=r"^[^.\s]+\.[^.\s]+$")]
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
    consent: list[ChoiceName] = Field(default_factory=list, description="`purpose.channel` of the choices that it keeps")
    changes: Secret | None = Field(None, description="Where the file stands that holds what was changed since; else in memory")


@dataclass(frozen=True, slots=True)
class Now:
    """A record as it is now."""

    record: DemoRecord
    identifiers: dict[str, str]
    values: dict[str, Json]

    @property
    def key(self) -> str:
        """Its `Record.key`."""
        return key_of(self.record)

    @property
    def collection(self) -> str:
        """`dataset.collection`."""
        return self.record.collection


def key_of(record: DemoRecord) -> str:
    """The key under which a record stands for good."""
    return f"{record.collection}:{record.key}"


def as_it_is(records: list[DemoRecord], changes: Changes) -> list[Now]:
    """The records that are still there, with the values that they have now."""
    found = []
    for record in records:
        key = key_of(record)
        if key not in changes.gone:
            values: dict[str, Json] = {name: one.value for name, one in record.fields.items()}
            values.update(changes.values.get(key, {}))
            found.append(Now(record, {} if key in changes.nameless else dict(record.identifiers), values))
    return found


def read_settings(place: Place) -> DemoSettings:
    """The settings of a system, checked. Raises `DocumentError`."""
    at = ("companies", place.company, "systems", place.key, "settings")
    settings = parse_part(DemoSettings, place.system.settings, place.config.document, at)
    seen: set[str] = set()
    for number, record in enumerate(settings.records):
        here = ("settings", "records", number)
        if record.key in seen:
            raise place.error(*here, "key", problem=f"The key `{record.key}` stands twice.", remedy="Give each record its own.")
        seen.add(record.key)
        for name, each in record.fields.items():
            refuse_unknown_category(place, each.category, *here, "fields", name)
        if record.belongs_to is not None and record.belongs_to not in [one.key for one in settings.records if one.identifiers]:
            raise place.error(
                *here,
                "belongs_to",
                problem=f"No record with identifiers has the key `{record.belongs_to}`.",
                remedy="Mend the key.",
            )
    _check_notes(place, settings.records)
    return settings


def _check_notes(place: Place, records: list[DemoRecord]) -> None:
    names: dict[str, set[str]] = {}
    identifiers: dict[str, set[str]] = {}
    for record in records:
        names.setdefault(record.collection, set()).update(record.fields)
        identifiers.setdefault(record.collection, set()).update(
            name for name, each in record.fields.items() if each.value in record.identifiers.values()
        )
    for key, note in place.system.collections.items():
        if key not in names:
            raise place.error("collections", key, problem=f"No record is in `{key}`.", remedy="Remove it, or add a record.")
        for number, name in enumerate(note.correctable):
            if name not in names[key] or name in identifiers[key]:
                raise place.error(
                    "collections",
                    key,
                    "correctable",
                    number,
                    problem=f"`{name}` is an identifier." if name in names[key] else f"No record there has a field `{name}`.",
                    remedy="Take it out: an address is changed by the person, with both mailboxes.",
                )
    for key, loss in place.system.losses.items():
        for where, name in [*(("when", one) for one in loss.when), *(("fields", one) for one in loss.fields)]:
            if name not in names.get(loss.collection, set()):
                raise place.error(
                    "losses",
                    key,
                    where,
                    name if where == "when" else loss.fields.index(name),
                    problem=f"No record of `{loss.collection}` has it.",
                    remedy="Name a field that is there.",
                )
        if loss.collection not in names:
            raise place.error(
                "losses", key, "collection", problem="No record is in it.", remedy="Name a collection that is there."
            )
