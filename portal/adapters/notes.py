"""What `portal.yaml` says of a value in the words that travel with it, for adapters whose system cannot say so itself."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from portal.adapters import taxonomy
from portal.adapters.contract import Export, Json, Place, Value
from portal.config.systems import CollectionNote


def noted_value(note: CollectionNote, name: str, category: str, value: Json, obtained: date | datetime | None = None) -> Value:
    """A value with source, purpose, retention and recipients: the field's own where it has them, else the collection's."""
    own = note.fields.get(name)
    return Value(
        name=name,
        category=category,
        value=value,
        source=(own.source if own else None) or note.source,
        purpose=(own.purpose if own else None) or note.purpose,
        retention=(own.retention if own else None) or note.retention,
        recipients=tuple(own.recipients if own and own.recipients is not None else note.recipients),
        obtained=obtained,
    )


def scope_of(place: Place, collections: Collection[str], closed: Mapping[str, str] | None = None) -> Export:
    """The collections that have a note are open; the others are closed, with what to add and where."""
    notes = place.system.collections
    reasons = dict(closed or {})
    for key in collections:
        if key not in notes and key not in reasons:
            error = place.error(
                "collections",
                problem=f"`{key}` holds personal data and has no note.",
                remedy=f"Add `{key}:` with title, source, purpose, retention and recipients.",
            )
            reasons[key] = str(error)
    return Export(tuple(key for key in collections if key not in reasons), reasons)


def refuse_unknown_category(place: Place, category: str, *at: str | int) -> None:
    """Raise `DocumentError` where a category in `portal.yaml` is none of the taxonomy."""
    found = taxonomy.problem_with(category)
    if found:
        raise place.error(*at, problem=found[0], remedy=found[1])
