"""F3: no cell, header or what another separator would make a cell of begins with a sign that starts a formula."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.adapters.contract import Json, Record, Value
from portal.cases.bundle import data_files
from portal.cases.bundle.cells import cell, safe
from portal.cases.bundle.groups import arrange
from portal.cases.bundle.rows import Table, spool_rows
from portal.core.i18n import speaking
from portal.core.vault import private_folder
from tests.rooms.bundle.samples import config

STARTS = tuple("=+-@\t\r\x00＝＋－＠")

SIGNS = tuple("=+-@\x00＝＋－＠")


def is_formula(found: str, separator: str) -> bool:
    """Whether a spreadsheet could run this cell. Read with a wrong separator, quotes go astray and a line end can lead a cell: it is skipped."""
    return found.startswith(STARTS) if separator == "," else found.lstrip("\t\r\n").startswith(SIGNS)


nasty = st.text(st.sampled_from([*STARTS, *",;|\n\"' aé1\u202e"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | nasty | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty, inner, max_size=3),
    max_leaves=5,
)


def written(rows: list[list[Json]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[cell(value) for value in row] for row in rows])
    return out.getvalue()


@settings(max_examples=250)
@given(st.lists(st.lists(values, min_size=1, max_size=4), min_size=1, max_size=4), st.sampled_from(",;\t|"))
def test_F3_no_spreadsheet_of_any_country_sees_a_formula(rows: list[list[Json]], separator: str) -> None:
    for row in csv.reader(io.StringIO(written(rows), newline=""), delimiter=separator):
        assert not any(is_formula(found, separator) for found in row)


@given(st.text(st.sampled_from("abcdefåñ漢 .:()"), max_size=30))
def test_F3_harmless_text_is_not_touched(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+47 400 00 123", "'+47 400 00 123"),
        (-12.5, "'-12.5"),
        ("＝1", "'＝1"),
        ("a;=1", "a;'=1"),
        ("12 - 14", "12 - 14"),
        ("2026-01-05", "2026-01-05"),
        ({"a": "=1"}, '{"a":"=1"}'),
        (True, "true"),
        (None, ""),
    ],
)
def test_F3_what_is_guarded_and_what_stays(value: Json, text: str) -> None:
    assert cell(value) == text


@settings(max_examples=60)
@given(st.lists(st.dictionaries(nasty.filter(bool), values, min_size=1, max_size=4), min_size=2, max_size=4))
def test_F3_the_files_of_a_package_are_safe_with_their_headers_and_json_stays_exact(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Json]]
) -> None:
    company = config().company("shop")
    records = [
        Record("shop.tickets", str(number), tuple(Value(name, "user.content", value) for name, value in row.items()))
        for number, row in enumerate(rows)
    ]
    with speaking("en", "Europe/Oslo"), private_folder(tmp_path_factory.mktemp("spools")) as folder:
        (table,) = spool_rows([("shop", iter(records))], folder, lambda *_: False)
        (group,) = arrange(company, [table])
        plain = b"".join(data_files.csv_file(company, group.parts[0])).decode("utf-8-sig")
        exact = json.loads(b"".join(data_files.json_file(company, group)))
        bound = data_files.csv_bound(group.parts[0], table.file.stat().st_size)
    for separator in ",;\t|":
        for row in csv.reader(io.StringIO(plain, newline=""), delimiter=separator):
            assert not any(is_formula(found, separator) for found in row)
    assert len(plain.encode(errors="replace")) <= bound
    assert [list(row["values"]) for row in exact["tables"][0]["rows"]] == [list(row) for row in rows]
    for given_row, found_row in zip(rows, exact["tables"][0]["rows"], strict=True):
        assert json.dumps(named(list(given_row.values()))) == json.dumps(list(found_row["values"].values()))


def named(value: Json) -> Json:
    """What JSON cannot write stands as its name."""
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):  # NaN is itself the test
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    if isinstance(value, list):
        return [named(item) for item in value]
    if isinstance(value, dict):
        return {name: named(item) for name, item in value.items()}
    return value


def test_one_name_with_two_origins_gets_two_columns(tmp_path_factory: pytest.TempPathFactory) -> None:
    company = config().company("shop")
    records = [
        Record(
            "shop.customers", "1", (Value("name", "user.name", "Maren"), Value("name", "user.name", "M. Vik", source="broker"))
        ),
        Record("shop.customers", "2", (Value("name", "user.name", "Vik", source="broker"),)),
    ]
    with speaking("en", "UTC"), private_folder(tmp_path_factory.mktemp("spools")) as folder:
        (table,) = spool_rows([("shop", iter(records))], folder, lambda *_: False)
        assert list(table.columns) == ["name", "name~2"]
        groups = {group.key: group for group in arrange(company, [table])}
        assert data_files.headers(company, groups["who"].parts[0]) == ["Name", "Date we got it"]
        assert [row["values"] for row in groups["others"].parts[0].rows()] == [{"name~2": "M. Vik"}, {"name~2": "Vik"}]
        assert [row["values"] for row in groups["who"].parts[0].rows()] == [{"name": "Maren"}]
        assert isinstance(table, Table)


def test_equal_titles_get_a_number(tmp_path_factory: pytest.TempPathFactory) -> None:
    company = config().company("shop")
    twice = (Value("tag", "user.content", "a"), Value("tag", "user.content", "b"))
    records = [Record("shop.tickets", str(number), twice) for number in range(2)]
    with speaking("en", "UTC"), private_folder(tmp_path_factory.mktemp("spools")) as folder:
        (table,) = spool_rows([("shop", iter(records))], folder, lambda *_: False)
        assert data_files.headers(company, arrange(company, [table])[0].parts[0]) == ["Tag", "Tag (2)", "Date we got it"]
