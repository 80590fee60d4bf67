"""What a reviewer blacked out is nowhere in what is handed out, and of it nothing but kind and number is written down."""

import json
import re
import shutil
import subprocess
import zlib
from collections import Counter

import pytest

from benchmarks.marking import HALVES, labelled
from portal.adapters.contract import Json, Record, Value
from portal.cases.copy_model import Part
from portal.cases.events import Code
from portal.cases.marked import marked_in
from portal.cases.marking import NOBODY
from portal.cases.redacting import Blackening, Decided, phrase_of, plain, typed_phrases
from portal.cases.reviewing import (
    MarksUndecided,
    NotLookedAt,
    WordsNotFound,
    look_at_texts,
    marks_of,
    preview_texts,
    release_texts,
    seen_of,
)
from portal.core.i18n import speaking
from tests.rooms.cases.conftest import House
from tests.rooms.cases.shop import MAREN
from tests.rooms.cases.test_access import ask, codes, everything_in, fetch, look

pytestmark = pytest.mark.no_sql

NUMBER = "AAAA-BBBB-CCCC"
RUDE = "Per Aasen, +47 400 00 700, per@aasen.example, was rude. PER AASEN again! His wife Solveig lives at 14 Alder Close."


def name(said: str, part: Part = Part.NAME):
    return phrase_of(NUMBER, part, said)


def test_of_every_labelled_text_nothing_that_was_marked_is_left_once_it_is_blacked_out():
    for one in (one for half in HALVES for one in labelled(half)):
        phrases = list(marked_in(NUMBER, one.text, NOBODY))
        left = Blackening(phrases).applied(one.text)
        assert isinstance(left, str)
        for phrase in phrases:
            assert not re.search(rf"(?<!\w){re.escape(phrase.said)}(?!\w)", left), (phrase.said, left)
        assert not phrases or left != one.text


def test_what_overlaps_is_gone_as_a_whole():
    both = Blackening([name("Anna Maria"), name("Maria Schmidt")])
    assert both.applied("Anna Maria Schmidt called") == "[redacted: name of another person] called"


def test_a_name_is_a_whole_word_and_may_have_an_arabic_letter_before_it():
    assert Blackening([name("Per")]).applied("Per, Person, Pers, Per's") == (
        "[redacted: name of another person], Person, Pers, [redacted: name of another person]'s"
    )
    assert "ماجد" not in str(Blackening([name("ماجد")]).applied("هدى وماجد كانا هنا"))


def test_numbers_lists_and_what_holds_nothing_of_it_stay_as_they_were():
    black = Blackening([name("Per Aasen"), name("400 00 700", Part.NUMBER)])
    nothing: Json = {"a": ["x", 4, None, True, 1.5], "b": "\u202egood\r\nday"}
    assert black.applied(nothing) == nothing
    counted: Counter[str] = Counter()
    said = black.applied({"who": ["Per\u200e Aasen", "me"], "n": "+47 400 00 700"}, counted)
    assert said == {"who": ["[redacted: name of another person]", "me"], "n": "+47 [redacted: number of another person]"}
    assert counted.total() == 2


def test_typed_words_are_found_in_any_case_and_over_line_ends():
    black = Blackening(typed_phrases(NUMBER, ["  the  TALL one ", "", "the tall one"]))
    assert (
        black.applied("It was The tall\n one, not the tallest one.")
        == "It was [redacted: about another person], not the tallest one."
    )


def test_only_texts_that_a_person_has_to_look_at_are_touched():
    record = Record("shop.reviews", "1", (Value("body", "user.content", "Per Aasen"), Value("product", "user", "Per Aasen")))
    (left,) = Blackening([name("Per Aasen")]).over([record], lambda _record, value: value.name == "body")
    assert [value.value for value in left.values] == ["[redacted: name of another person]", "Per Aasen"]
    assert plain("e\u0301") == "é"


@pytest.fixture
def rude(house: House):
    """A case with two texts of which one names others."""
    house.shop.run(f"INSERT INTO reviews VALUES (2, 1, 'Huila', '{RUDE}')")
    current = house.sign_in(MAREN)
    number = ask(house, current)
    house.work()
    return current, number


def texts_of(house: House, number: str):
    with speaking("en", "Europe/Oslo"):
        return look_at_texts(house.world.database, house.world.first, number, actor="staff-1")


def let_go(house: House, number: str, decided: Decided, **more):
    place = house.world.database, house.world.first, number
    release_texts(*place, actor="staff-1", withhold=more.pop("withhold", {}), decided=decided, **more)


def test_what_looks_like_other_peoples_is_marked_and_the_persons_own_is_not(house: House, rude):
    held = texts_of(house, rude[1])
    said = [(mark.part.value, mark.said) for mark in held[1].marks]
    assert said[:3] == [("name", "Per Aasen"), ("number", "+47 400 00 700"), ("mail", "per@aasen.example")]
    assert ("address", "14 Alder Close") in said
    assert "".join(piece.text for piece in held[1].pieces) == held[1].text


def test_nothing_is_let_go_while_a_mark_is_undecided_or_typed_words_stand_nowhere(house: House, rude):
    held, number = texts_of(house, rude[1]), rude[1]
    marks = marks_of(house.world.database, house.world.first, number)
    (some, *others) = sorted(marks)
    with pytest.raises(MarksUndecided):
        let_go(house, number, Decided(leave=frozenset(others)))
    with pytest.raises(WordsNotFound):
        let_go(house, number, Decided(leave=marks, words=("Nobody of that name",)))
    with pytest.raises(NotLookedAt):
        let_go(house, number, Decided(leave=marks), seen="of another day")
    assert codes(house, number)[-1] == "review_waits" and some in marks
    assert house.world.rows("SELECT count(*) FROM blacked_out") == [(0,)]
    # What is not handed out need not be decided on.
    only = frozenset(mark.id for mark in held[0].marks)
    let_go(house, number, Decided(leave=only), withhold={2: "It names another customer."}, seen=seen_of(held))


@pytest.mark.long
def test_what_is_blacked_out_is_in_no_file_of_the_copy_and_its_reason_is(house: House, rude):
    current, number = rude
    texts_of(house, number)
    marks = marks_of(house.world.database, house.world.first, number)
    let_go(house, number, Decided(black_out=marks, words=("per aasen", "was rude")))
    house.work(with_pdf=True)
    pack = fetch(house, current, number)
    text = everything_in(pack) + words_of_pdf(pack.read("summary.pdf"))
    for gone in ("Aasen", "AASEN", "400 00 700", "aasen.example", "Alder Close", "Solveig", "Tuva", "was rude"):
        assert gone not in text, gone
    assert "[redacted: name of another person]" in text and "Huila" in text
    first = pack.read("index.html").decode()
    assert "Blacked out in what you or others wrote" in first and "other people, who have rights of their own" in first
    data = "\n".join(pack.read(one).decode() for one in pack.namelist() if one.endswith(".json"))
    assert "[redacted: address of another person]" in data


def test_it_is_written_down_by_kind_and_number_and_never_as_it_was(house: House, rude, caplog: pytest.LogCaptureFixture):
    current, number = rude
    texts_of(house, number)
    marks = marks_of(house.world.database, house.world.first, number)
    let_go(house, number, Decided(black_out=marks, words=("per aasen",)))
    house.work()
    ((detail, actor),) = house.world.rows("SELECT detail, actor FROM audit_entry WHERE act = 'case.release'")
    told: dict[str, int] = json.loads(str(detail)) if isinstance(detail, str) else dict(detail)  # type: ignore[call-overload]  # JSON: text on SQLite
    assert actor == "staff-1"
    assert (told["redacted_number"], told["redacted_mail"], told["redacted_address"], told["left"]) == (1, 1, 1, 0)
    assert told["redacted_name"] >= 3
    assert Code.SOME_REDACTED.value in codes(house, number) and codes(house, number)[-1] == "rest_ready_but"
    for place in (house.world.everything_stored(), caplog.text.encode()):
        for gone in (b"Aasen", b"aasen.example", b"400 00 700", b"Alder Close"):
            assert gone not in place
    assert "Aasen" not in everything_in(fetch(house, current, number))


def test_the_preview_is_what_the_customer_gets_in_their_language_and_looking_at_it_is_written_down(house: House, rude):
    held, number = texts_of(house, rude[1]), rude[1]
    marks = marks_of(house.world.database, house.world.first, number)
    shown = preview_texts(
        house.world.database, house.world.first, number, actor="staff-2", withhold={1: "It is about a neighbour."},
        decided=Decided(black_out=marks), seen=seen_of(held),
    )  # fmt: skip
    assert shown[0].reason == "It is about a neighbour."
    assert "Aasen" not in shown[1].text and "[redacted: mail address of another person], was rude." in shown[1].text
    assert [row[0] for row in house.world.rows("SELECT actor FROM audit_entry WHERE act = 'case.texts' ORDER BY id")] == [
        "staff-1",
        "staff-2",
    ]
    assert house.world.rows("SELECT count(*) FROM blacked_out") == [(0,)]


def test_F6_what_was_blacked_out_stays_so_when_a_system_is_read_again(house: House, rude):
    _current, number = rude
    texts_of(house, number)
    marks = marks_of(house.world.database, house.world.first, number)
    let_go(house, number, Decided(black_out=marks))
    house.shop.run("INSERT INTO customers VALUES (9, 'maren@example.org', 'Maren Vik', '1990-02-03', '5003', 'K-9', 'x', 'y', 1)")
    house.work()
    assert "changed_meanwhile" in codes(house, number)
    held = texts_of(house, number)
    assert not any(mark.said == "Per Aasen" for one in held for mark in one.marks), "decided once, for the whole case"
    assert any(piece.phrase and piece.phrase in held[1].blacked for piece in held[1].pieces)
    assert "Per Aasen" not in "".join(one.text for one in preview_texts(
        house.world.database, house.world.first, number, actor="staff-1", withhold={},
        decided=Decided(leave=marks_of(house.world.database, house.world.first, number)),
    ))  # fmt: skip
    assert look(house, number)


def words_of_pdf(data: bytes) -> str:
    """Every stream of a PDF, opened; and its words, where the machine has what reads them."""
    opened = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL):
        try:
            opened.append(zlib.decompress(match[1]))
        except zlib.error:
            opened.append(match[1])
    words = b""
    if reader := shutil.which("pdftotext"):
        words = subprocess.run([reader, "-", "-"], input=data, capture_output=True, check=True).stdout
        assert b"Maren" in words or b"M" in words
    return b"\n".join([*opened, words]).decode(errors="replace")
