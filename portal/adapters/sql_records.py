"""A row of a database as a record to hand out: typed values with their category, source, purpose, retention and recipients.

Must never hand out a value that is forbidden, and never leave out in silence that it is held.
"""

from collections.abc import Collection

from portal.adapters import never_leaves
from portal.adapters.contract import Json, Record, Value, Withheld
from portal.adapters.sql_queries import Layout, Row
from portal.adapters.sql_tables import Shown
from portal.adapters.sql_values import TooLarge, at_path, to_json, to_moment, without_path, write_key


def make_record(layout: Layout, row: Row, others: Collection[str] = ()) -> Record:
    """The record of a row that was read with a full layout; `others` are columns that name somebody else, whose number is theirs."""
    note = layout.table.note
    obtained = to_moment(layout.value(row, note.obtained)) if note and note.obtained else None
    values: list[Value] = []
    withheld: list[Withheld] = []
    whole: dict[str, Json] = {}
    for shown in layout.table.shown:
        if shown.column in others:
            withheld.append(Withheld(shown.name, shown.category))
            continue
        if shown.forbidden and not shown.path:
            if row[layout.held[shown.column]]:
                withheld.append(Withheld(shown.name, shown.forbidden))
            continue
        try:
            if shown.column not in whole:
                whole[shown.column] = to_json(layout.value(row, shown.column), layout.families[shown.column])
        except TooLarge:
            withheld.append(Withheld(shown.name, shown.category))
            continue
        value = at_path(whole[shown.column], shown.path) if shown.path else whole[shown.column]
        if shown.forbidden:
            withheld += [Withheld(shown.name, shown.forbidden)] if value is not None else []
            continue
        value, cut = _cut(shown, value)
        withheld += cut
        values.append(
            Value(shown.name, shown.category, value, shown.source, shown.purpose, shown.retention, shown.recipients, obtained)
        )
    key = f"{layout.table.key}:{write_key(layout.key_of(row))}"
    return never_leaves.withhold(Record(layout.table.key, key, tuple(values), tuple(withheld)))


def _cut(shown: Shown, value: Json) -> tuple[Json, list[Withheld]]:
    """Take out of a JSON value what its own fields make forbidden."""
    found = []
    for path, category in shown.cut:
        value, there = without_path(value, path)
        if there:
            found.append(Withheld(".".join((shown.name, *path)), category))
    return value, found
