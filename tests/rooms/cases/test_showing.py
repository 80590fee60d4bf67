"""Values as a person reads them, and as they are sealed: nothing is made up, nothing is lost, nothing turns the page around."""

from datetime import date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.contract import Json, Record, Value, Withheld
from portal.cases.found import Answer, FoundRecord, Rows, SystemReading
from portal.cases.lines import dump_record, dump_system, load_record, load_system, split_lines
from portal.cases.showing import as_text, clean, is_long
from portal.core import clock
from portal.core.i18n import speaking

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
days = st.none() | st.dates() | st.datetimes()
records = st.builds(
    Record,
    texts,
    texts,
    st.lists(st.builds(Value, texts, texts, values, texts, texts, texts, st.just(("courier",)), days), max_size=3).map(tuple),
    st.lists(st.builds(Withheld, texts, texts), max_size=2).map(tuple),
)


@pytest.mark.parametrize(
    ("language", "value", "text"),
    [
        ("en", "1990-02-03", "3 February 1990"),
        ("de", "1990-02-03", "3. Februar 1990"),
        ("en", "2026-11-23T14:02:00+00:00", "23 November 2026, 15:02"),
        ("en", "2026-11-23 14:02:00", "23 November 2026, 14:02"),
        ("en", True, "Yes"),
        ("en", None, ""),
        ("de", 199.5, "199,5"),
        ("en", 60.391262, "60.391262"),
        ("de", 0.00001, "0,00001"),
        ("en", 1234567, "1234567"),
        ("en", ["a", "b", "c"], "a, b, and c"),
        ("en", {"street": "Bryggen 7", "since": "2024-05-03"}, "street: Bryggen 7\nsince: 3 May 2024"),
        ("en", "1990-02-31", "1990-02-31"),
        ("en", "born 1990-02-03", "born 1990-02-03"),
        ("en", "<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_a_value_reads_as_people_write_it(language: str, value: Json, text: str) -> None:
    with speaking(language, "Europe/Oslo"):
        assert as_text(value) == text


def test_C9_marks_that_turn_their_surroundings_and_control_signs_are_left_out() -> None:
    assert clean("gnp\u202ecod.exe\u2066\x00\x1b[31m\r\nline") == "gnpcod.exe[31m\nline"
    assert clean("نیم\u200cفاصله") == "نیم\u200cفاصله"


def test_a_long_text_is_set_as_a_text() -> None:
    assert is_long("x" * 121)
    assert is_long("two\nlines")
    assert not is_long("Maren Vik")


@given(records)
def test_a_record_comes_back_as_it_was_sealed(record: Record) -> None:
    assert load_record(dump_record(record)) == record


@given(st.lists(records, max_size=3), st.sampled_from(Answer))
def test_an_answer_comes_back_as_it_was_sealed(found: list[Record], answer: Answer) -> None:
    held = FoundRecord("k", {"name": "Maren Vik"}, frozenset({"postcode"}), (Rows("shop.orders", tuple(found), 900),))
    reading = SystemReading("shop", answer, clock.now(), (held, FoundRecord("other")), {"shop.reviews": "closed"}, "late")
    assert load_system(dump_system(reading)) == reading


@given(st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")).filter(bool), max_size=8), st.randoms())
def test_lines_are_the_same_however_the_bytes_are_cut(lines: list[bytes], random: Random) -> None:
    whole, chunks = b"".join(line + b"\n" for line in lines), []
    while whole:
        size = random.randint(1, 7)
        chunks.append(whole[:size])
        whole = whole[size:]
    assert list(split_lines(chunks)) == lines


def test_days_and_moments_of_origin_are_told_apart() -> None:
    for day in (date(2024, 5, 3), datetime.fromisoformat("2024-05-03T00:00:00")):
        record = Record("c", "k", (Value("n", "user", 1, obtained=day),))
        assert load_record(dump_record(record)) == record
