"""Which parts of the texts of a case look like other people's, seen from the person whose case it is.

Must never take a value of a record for the person's own that is not surely theirs: only records that are open to them speak for them.
"""

from collections.abc import Iterable, Iterator

from portal.adapters.contract import Json, Record, Value
from portal.cases.about import release_of
from portal.cases.copy_model import Part
from portal.cases.marking import Kind, Own, find_marks, own_of
from portal.cases.material import Material
from portal.cases.meaning import is_within
from portal.cases.redacting import Phrase, leaves_of, phrase_of
from portal.config.model import Company
from portal.config.systems import Release

LONGEST_VALUE = 200
"""What is longer is a text, and says nothing of who somebody is."""

_PARTS = {Kind.NAME: Part.NAME, Kind.ADDRESS: Part.ADDRESS, Kind.NUMBER: Part.NUMBER, Kind.MAIL: Part.MAIL}


def own_in(company: Company, material: Material, records: Iterable[tuple[str, Record]]) -> Own:
    """The person's own names, addresses and numbers: what they proved, and what stands in their records and is handed out anyway."""
    names: set[str] = set()
    places: set[str] = set()
    others = {one.value for one in material.subject.identifiers}
    for system, record in records:
        for value in record.values:
            if release_of(company, system, record.collection, value.name, value.category) is Release.REVIEW:
                continue
            said = [text for text in _texts(value) if len(text) <= LONGEST_VALUE]
            others.update(said)
            if is_within(value.category, "user.name"):
                names.update(said)
            if is_within(value.category, "user.contact"):
                places.update(said)
    return own_of(names=names, places=places, others=others)


def marked_in(number: str, value: Json, own: Own) -> Iterator[Phrase]:
    """What looks like other people's in a value, in order; the same words may come more than once."""
    for text in leaves_of(value):
        for mark in find_marks(text, own):
            if said := text[mark.start : mark.end].strip():
                yield phrase_of(number, _PARTS[mark.kind], said)


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value.value, int) and not isinstance(value.value, bool):
        yield str(value.value)
    yield from leaves_of(value.value)
