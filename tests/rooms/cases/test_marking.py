"""What looks like other people's in free text is marked: as much of it as is promised, never the person's own, in time that grows with the text."""

from itertools import pairwise

import pytest

from benchmarks.marking import HALVES, LANGUAGES, count, labelled
from portal.cases.marking import Kind, find_marks, own_of

HELD_OUT = ("held_out", "held_out_later")
FLOORS = {Kind.NAME: 0.75, Kind.ADDRESS: 0.9, Kind.NUMBER: 0.9, Kind.MAIL: 0.9}


def marked(text, **own):
    return [(one.kind.value, text[one.start : one.end]) for one in find_marks(text, own_of(**own))]


def test_the_labelled_set_is_as_large_as_it_has_to_be():
    texts = [one for half in HALVES for one in labelled(half)]
    assert len({one.text for one in texts}) == len(texts) >= 210
    assert all(sum(one.language == language for one in texts) >= 70 for language in LANGUAGES)
    assert sum(not one.others for one in texts) >= 60, "texts in which nothing is other people's count as well"


@pytest.mark.parametrize("halves", [HALVES, HELD_OUT], ids=["all", "held out"])
def test_so_much_of_what_is_other_peoples_is_marked_as_is_promised(halves):
    counts = count(*halves)
    assert [kind for kind in Kind if counts.recall(kind) < FLOORS[kind]] == []
    assert [kind for kind in Kind if counts.precision(kind) < 0.85] == []


def test_what_is_the_persons_own_is_not_marked():
    text = (
        "This is Maren Vik, +47 400 00 700, maren@example.org, K-10012, Storgata 5, 5003 Bergen. Ask Per Aasen, +47 400 00 701."
    )
    own = {
        "names": ["VIK, Maren"],
        "places": ["Storgata 5", "5003", "Bergen"],
        "others": ["004740000700", "Maren@example.org", "K-10012"],
    }
    assert marked(text, **own) == [("name", "Per Aasen"), ("number", "+47 400 00 701")]
    assert len(marked(text)) == 7


def test_the_same_family_name_with_another_first_name_is_somebody_else():
    assert marked("My neighbour Agnes Lindqvist got it", names=["Peter Lindqvist"]) == [("name", "Agnes Lindqvist")]


@pytest.mark.parametrize(
    "text",
    [
        "Bought 14/03/2025 for £129, arrived 2025-03-17 at 13:45, 3 x 49.99, 12,500.00 in all, 2019-2024",
        "Am 12.04.2025 um 9:15 Uhr, 1.299.000 Euro, 600 bis 800 Gramm, Fehler 0x80070057, Gutschein 7XK9-22LM-0P4Q",
        "الشراء 12/04/2025 الساعة 9:15 والسعر 89 ريال و ٥٠٠ غرام",
    ],
)
def test_days_times_prices_and_sizes_are_nobodys_numbers(text):
    assert marked(text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("call ٠٥٥ ١٢٣ ٤٥٦٧ now", "٠٥٥ ١٢٣ ٤٥٦٧"),
        ("ihre IBAN de89 3704 0044 0532 0130 00 bitte", "de89 3704 0044 0532 0130 00"),
        ("Her customer number is 44718.", "44718"),
        ("0171/39200-14 geht auch", "0171/39200-14"),
        ("his order is FK-77120", "FK-77120"),
    ],
)
def test_numbers_are_found_however_they_are_written(text, said):
    assert marked(text) == [("number", said)]


@pytest.mark.parametrize("piece", ["a@", "+1-", "A. ", "von der ", "Am A 3, ", "12 Elm ", "DE89 ", "شارع ", "عبد ", "Haus, "])
def test_no_text_takes_longer_than_its_length(piece):
    # A rule that looks back at each step, or calls itself, would not end here in a day.
    _in_order(find_marks(piece * (100_000 // len(piece))))


@pytest.mark.parametrize("piece", ["a", "1"])
def test_nor_does_one_of_a_megabyte_without_a_space(piece):
    _in_order(find_marks(piece * 1_000_000 + " Per Aasen"))


def _in_order(marks):
    assert all(one.start < one.end for one in marks)
    assert all(one.end <= other.start for one, other in pairwise(marks))
