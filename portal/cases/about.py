"""What the company says about one value: its name, where it came from, why, who gets it, until when, and whether it goes out at once.

Must never leave one of these unanswered: what is not said of a field is what is said of its collection.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from portal.adapters.contract import Json, Value
from portal.cases.meaning import is_within
from portal.cases.showing import as_text
from portal.config.model import Company, SourceKind
from portal.config.systems import CollectionNote, FieldNote, Release
from portal.core.i18n import _, format_date, locale, pick

FREE_TEXT = ("user.content",)
"""Categories of what people write in their own words, which may speak of others: a person looks at it first (GDPR Art. 15(4))."""


@dataclass(frozen=True, slots=True)
class About:
    """Words in the language in force. `source`, `why` and `until` read on after From, Why and Until."""

    title: str
    source: str
    kind: SourceKind
    why: str
    recipients: tuple[str, ...]
    until: str
    release: Release

    @property
    def outside(self) -> bool:
        """Whether the person did not give this and does not know it from their own acts (Art. 14)."""
        return self.kind is SourceKind.THIRD_PARTY


def collection_title(company: Company, system: str, collection: str) -> str:
    """The collection's title in the language in force."""
    return pick(company.systems[system].collections[collection].title)


def field_title(company: Company, system: str, collection: str, name: str) -> str:
    """The field's title; a field without one of its own is called by its name."""
    note = _field(company.systems[system].collections[collection], name)
    return pick(note.title) if note else name.replace(".", " ").replace("_", " ").strip().capitalize()


def wording_of(company: Company, system: str, collection: str, name: str) -> Callable[[Json], str]:
    """How values of this field are read out in the language in force; what nobody has words for stands as it is held."""
    note = _field(company.systems[system].collections[collection], name)
    if note is None or not (note.values or note.shown_as):
        return as_text
    words = {code: pick(text) for code, text in note.values.items()}
    known = {"country": locale().territories, "language": locale().languages}[note.shown_as] if note.shown_as else {}

    def read_out(value: Json) -> str:
        return (words.get(value) or known.get(value) if isinstance(value, str) else None) or as_text(value)

    return read_out


def release_of(company: Company, system: str, collection: str, name: str, category: str) -> Release:
    """What is said of the field, else of the collection, else by category: free text waits for a person."""
    notes = company.systems[system].collections[collection]
    field = _field(notes, name)
    said = (field.release if field else None) or notes.release
    return said or (Release.REVIEW if any(is_within(category, free) for free in FREE_TEXT) else Release.AUTO)


@dataclass(frozen=True, slots=True)
class Keys:
    """What is said of one value, as keys of the configuration."""

    source: str
    purpose: str
    retention: str
    recipients: tuple[str, ...]


def keys_of(company: Company, system: str, collection: str, value: Value) -> Keys:
    """What the value says of itself, else what is said of its field, else of its collection."""
    notes = company.systems[system].collections[collection]
    field = _field(notes, value.name)
    named = field.recipients if field and field.recipients is not None else notes.recipients
    return Keys(
        value.source or (field and field.source) or notes.source,
        value.purpose or (field and field.purpose) or notes.purpose,
        value.retention or (field and field.retention) or notes.retention,
        value.recipients or tuple(named),
    )


def kind_of(company: Company, system: str, collection: str, value: Value) -> SourceKind:
    """Where the value came from, seen from the person."""
    return company.sources[keys_of(company, system, collection, value).source].kind


def about(company: Company, system: str, collection: str, value: Value) -> About:
    """Everything that is said about one value."""
    keys = keys_of(company, system, collection, value)
    source = company.sources[keys.source]
    return About(
        field_title(company, system, collection, value.name),
        _with_day(pick(source.title), value.obtained),
        source.kind,
        pick(company.purposes[keys.purpose].why),
        tuple(company.recipients[key].name for key in keys.recipients),
        pick(company.retention_rules[keys.retention].title),
        release_of(company, system, collection, value.name, value.category),
    )


def _field(notes: CollectionNote, name: str) -> FieldNote | None:
    """The note of a field; a part of a nested field (`address.street`) goes by the note of the whole where it has none."""
    parts = name.split(".")
    return next((notes.fields[key] for at in range(len(parts), 0, -1) if (key := ".".join(parts[:at])) in notes.fields), None)


def position_of(company: Company, system: str, collection: str, name: str, category: str) -> tuple[bool, int]:
    """Where a field stands among the others: as the configuration lists them, numbers that only tie rows together last."""
    order = list(company.systems[system].collections[collection].fields)
    whole = name.split(".")[0]
    found = next((order.index(key) for key in (name, whole) if key in order), len(order))
    return is_within(category, "system"), found


def _with_day(source: str, obtained: date | datetime | None) -> str:
    if obtained is None:
        return source
    # A source may be a sentence or two: then the day stands by itself.
    text = _("%(source)s (%(day)s)") if "." in source else _("%(source)s, %(day)s")
    return text % {"source": source, "day": format_date(obtained)}
