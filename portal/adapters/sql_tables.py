"""What map and `portal.yaml` together say of each table: what goes out under which words, whose it is, and what keeps it closed.

Must never open a table of which something about people is unsaid: a missing category or note closes it, with file, line, remedy.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from portal.adapters import never_leaves, taxonomy
from portal.adapters.contract import Place
from portal.adapters.dataset_map import Dataset, Direction, MapCollection, MapField
from portal.config.systems import CollectionNote

KINDS = {"phone_number": "phone"}
"""Names of identities in Fideslang that are called otherwise here."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that goes out (or, where `forbidden` names a category, of which only is said that it is held)."""

    name: str
    column: str
    path: tuple[str, ...]
    category: str
    source: str
    purpose: str
    retention: str
    recipients: tuple[str, ...]
    forbidden: str | None = None
    cut: tuple[tuple[tuple[str, ...], str], ...] = ()


@dataclass(frozen=True, slots=True)
class SqlTable:
    """One mapped table. `owner` is the column that names whose row it is; `extra` are columns asked for by proof and `tells_apart`."""

    map: MapCollection
    schema: str | None
    note: CollectionNote | None
    shown: tuple[Shown, ...]
    identities: tuple[tuple[str, str], ...]
    owner: str | None
    owner_is_said: bool
    names_people: bool
    closed: str | None
    extra: tuple[str, ...] = ()
    is_personal: bool = True

    @property
    def key(self) -> str:
        """`dataset.collection`."""
        return self.map.key

    @property
    def dataset(self) -> str:
        """The dataset it belongs to."""
        return self.map.dataset

    @property
    def named_key(self) -> tuple[str, ...]:
        """The primary key that the map names; empty where it leaves that to the database."""
        return tuple(one.name for one in self.map.fields if one.primary_key)

    def where(self, name: str = "") -> str:
        """`file:line: dataset.collection.field`, to begin a sentence about a mistake."""
        found = self.map.field_at(tuple(name.split("."))) if name else None
        line = found.line if found else self.map.line
        return f"{self.map.file}:{line}: {self.key}{'.' if name else ''}{name}"


@dataclass(frozen=True, slots=True)
class Tables:
    """All mapped tables of a system by `dataset.collection`, in the order of the maps."""

    by_key: Mapping[str, SqlTable]
    proof: Mapping[str, tuple[str, str]]
    tells_apart: Mapping[str, tuple[tuple[str, str], ...]]
    person_tables: frozenset[str] = field(default=frozenset())

    def __iter__(self) -> Iterator[SqlTable]:
        return iter(self.by_key.values())


def describe_tables(place: Place, datasets: Iterable[Dataset]) -> Tables:
    """Join maps and notes. Raises `DocumentError` where `portal.yaml` names what no map has."""
    datasets = tuple(datasets)
    maps = {one.key: (one, dataset) for dataset in datasets for one in dataset.collections if not one.skip_processing}
    system = place.system
    for key in system.collections:
        if key not in maps:
            raise place.error("collections", key, problem=f"No map has the collection `{key}`.", remedy=_near(key, maps))
    for key, loss in system.losses.items():
        if loss.collection not in maps:
            raise place.error(
                "losses", key, "collection", problem=f"No map has `{loss.collection}`.", remedy=_near(loss.collection, maps)
            )
        for name in loss.when:
            _column(place, maps, f"{loss.collection}.{name}", "losses", key, "when", name)
        for number, name in enumerate(loss.fields):
            _column(place, maps, f"{loss.collection}.{name}", "losses", key, "fields", number)
    proof = {kind: _column(place, maps, path, "proof", kind) for kind, path in system.proof.items()}
    apart = {
        str(kind): tuple(_column(place, maps, path, "tells_apart", kind, number) for number, path in enumerate(paths))
        for kind, paths in system.tells_apart.items()
    }
    people = frozenset(key for columns in apart.values() for key, _ in columns)
    extra: dict[str, dict[str, None]] = {}
    for key, column in (*proof.values(), *(each for columns in apart.values() for each in columns)):
        extra.setdefault(key, {})[column] = None
    tables = {
        key: _describe(place, one, dataset, tuple(extra.get(key, ())), maps, people) for key, (one, dataset) in maps.items()
    }
    return Tables(tables, proof, apart, people)


Maps = Mapping[str, tuple[MapCollection, Dataset]]


def _column(place: Place, maps: Maps, path: str, *where: str | int) -> tuple[str, str]:
    """`dataset.collection.field` of portal.yaml as collection and column."""
    fitting = [key for key in maps if path.startswith(f"{key}.")]
    key = max(fitting, key=len, default="")
    column = path.removeprefix(f"{key}.")
    if key and maps[key][0].field_at((column,)):
        return key, column
    every = [f"{key}.{one.name}" for key, (each, _) in maps.items() for one in each.fields]
    raise place.error(*where, problem=f"No map has the field `{path}`.", remedy=_near(path, every))


def _describe(
    place: Place, one: MapCollection, dataset: Dataset, extra: tuple[str, ...], maps: Maps, people: frozenset[str]
) -> SqlTable:
    note = place.system.collections.get(one.key)
    if note:
        _check_note(place, one, note)
    leaves = [(leaf, categories) for leaf, categories in _leaves(one, dataset)]
    personal = any(taxonomy.is_personal(category) for _, categories in leaves for category in categories or ())
    identities = tuple((KINDS.get(each.identity, each.identity), each.name) for each in one.fields if each.identity)
    owner = note.owner if note and note.owner else _implied_owner(one, maps, people) if identities else None
    return SqlTable(
        map=one,
        schema=dataset.namespace.get("schema"),
        note=note,
        shown=_shown(one, dataset, note) if note else (),
        identities=identities,
        owner=owner,
        owner_is_said=bool(note and note.owner),
        names_people=one.key in people or (not people and bool(identities)),
        closed=_reason_closed(place, one, note, leaves, personal),
        extra=extra,
        is_personal=personal,
    )


def _check_note(place: Place, one: MapCollection, note: CollectionNote) -> None:
    names = {".".join(each.path): each for each in one.all_fields()}
    for name in note.fields:
        if name not in names:
            raise place.error(
                "collections", one.key, "fields", name, problem=f"The map has no field `{name}` there.", remedy=_near(name, names)
            )
    for key, column in (("obtained", note.obtained), ("owner", note.owner)):
        if column is not None and (column not in names or len(names[column].path) > 1):
            problem = f"The map has no field `{column}` there."
            raise place.error("collections", one.key, key, problem=problem, remedy=_near(column, names))
    for number, name in enumerate(note.correctable):
        mapped = names.get(name)
        if mapped is None or mapped.identity or mapped.primary_key or mapped.references or len(mapped.path) > 1:
            raise place.error(
                "collections",
                one.key,
                "correctable",
                number,
                problem=f"`{name}` is an identifier, a key, a reference or no column of the map.",
                remedy="Take it out: a correction changes plain fields only, and an address is changed with both mailboxes.",
            )
    if note.owner and not names[note.owner].references and not names[note.owner].identity:
        raise place.error(
            "collections",
            one.key,
            "owner",
            problem=f"`{note.owner}` does not say whose a row is.",
            remedy="Name a field that has `references` or `identity` in the map.",
        )


def _implied_owner(one: MapCollection, maps: Maps, people: frozenset[str]) -> str | None:
    """A table of addresses (mailboxes of a contact) names whose they are by its one reference to a table of persons.

    Only where that table carries no identifier itself: else its own identifiers decide.
    """
    found = [
        each.name
        for each in one.fields
        for reference in each.references
        if reference.direction is not Direction.FROM
        and reference.collection_key in people
        and reference.collection_key != one.key
        and not any(other.identity for other in maps[reference.collection_key][0].fields)
    ]
    return found[0] if len(found) == 1 and one.key not in people else None


def _leaves(one: MapCollection, dataset: Dataset) -> Iterator[tuple[MapField, tuple[str, ...] | None]]:
    """Every field that holds a value, with the categories that hold for it: own, of those around it, collection's, dataset's."""

    def descend(each: MapField, around: tuple[str, ...] | None) -> Iterator[tuple[MapField, tuple[str, ...] | None]]:
        categories = each.categories or around
        if not each.fields:
            yield each, categories
        for sub in each.fields:
            yield from descend(sub, categories)

    for top in one.fields:
        yield from descend(top, one.categories or dataset.categories)


def _shown(one: MapCollection, dataset: Dataset, note: CollectionNote) -> tuple[Shown, ...]:
    """What goes out of a row. A JSON column with a category of its own goes out whole, without what is forbidden in it."""
    found: list[Shown] = []
    categories_of = {leaf.path: categories for leaf, categories in _leaves(one, dataset)}
    for top in one.fields:
        if top.fields and top.categories:
            cut = [
                (leaf.path[1:], reason)
                for leaf in top.walk()
                if not leaf.fields and (reason := never_leaves.reason_to_withhold(leaf.name, categories_of[leaf.path] or ()))
            ]
            found.append(_one_shown(top, top.categories, note, tuple(cut)))
        else:
            found += [
                _one_shown(leaf, categories, note, ())
                for leaf in top.walk()
                if not leaf.fields and (categories := categories_of[leaf.path])
            ]
    return tuple(found)


def _one_shown(
    one: MapField, categories: tuple[str, ...], note: CollectionNote, cut: tuple[tuple[tuple[str, ...], str], ...]
) -> Shown:
    name = ".".join(one.path)
    own = note.fields.get(name) or note.fields.get(one.path[0])
    return Shown(
        name=name,
        column=one.path[0],
        path=one.path[1:],
        category=taxonomy.first_personal(categories) or categories[0],
        source=(own.source if own else None) or note.source,
        purpose=(own.purpose if own else None) or note.purpose,
        retention=(own.retention if own else None) or note.retention,
        recipients=tuple(own.recipients if own and own.recipients is not None else note.recipients),
        forbidden=never_leaves.reason_to_withhold(name, categories),
        cut=cut,
    )


def _reason_closed(
    place: Place,
    one: MapCollection,
    note: CollectionNote | None,
    leaves: list[tuple[MapField, tuple[str, ...] | None]],
    personal: bool,
) -> str | None:
    for leaf, categories in leaves:
        if not categories:
            return (
                f"{one.file}:{leaf.line}: {one.key}.{'.'.join(leaf.path)}: The field has no data category. "
                "Add `data_categories:` to it, to its collection or to its dataset."
            )
        if len(leaf.path) > 1 and (leaf.identity or leaf.references):
            return (
                f"{one.file}:{leaf.line}: {one.key}.{'.'.join(leaf.path)}: A field inside a JSON column cannot be searched or joined "
                "in a database. Move the `identity` or `references` to a column, or take it out."
            )
    if personal and note is None:
        error = place.error(
            "collections",
            problem=f"`{one.key}` holds personal data and has no note.",
            remedy=f"Add `{one.key}:` with title, source, purpose, retention and recipients.",
        )
        return str(error)
    return None


def _near(wanted: str, names: Iterable[str]) -> str:
    every = sorted(names)
    near = difflib.get_close_matches(wanted, every, n=1)
    return f"Did you mean `{near[0]}`?" if near else "Name one that a map has; `maps` lists the files."
