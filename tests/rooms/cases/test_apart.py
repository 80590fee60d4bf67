"""One address, several people: what may be different people is never treated as one."""

import unicodedata
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from portal.cases.apart import Candidate, may_be_several, normal_name, of_one_person

names = st.sampled_from(["Maren Vik", "VIK  maren", "Jonas Vik", "Máren Vik", ""])
birthdays = st.sampled_from(["1990-02-03", "1990-02-03T00:00:00", "1961-12-24", ""])
candidates = st.lists(
    st.builds(
        lambda system, name, born: (system, {"name": name, "birth_date": born}),
        st.sampled_from(["shop", "mail"]),
        names,
        birthdays,
    ),
    max_size=6,
).map(lambda found: [Candidate(system, f"{system}:{at}", apart) for at, (system, apart) in enumerate(found)])


def person(name: str = "", born: str = "", system: str = "shop", key: str = "1") -> Candidate:
    return Candidate(system, f"customers:{key}", {"name": name, "birth_date": born})


def test_a_couple_at_one_address_is_two_people() -> None:
    assert may_be_several([person("Maren Vik", key="1"), person("Jonas Vik", key="2")])


def test_a_father_and_a_son_of_one_name_are_two_people() -> None:
    assert may_be_several([person("Jonas Vik", "1961-12-24", key="1"), person("Jonas Vik", "1990-02-03", key="2")])


def test_two_records_of_one_system_that_say_nothing_may_be_two_people() -> None:
    assert may_be_several([person(key="1"), person(key="2")])


def test_two_records_of_one_system_with_nothing_to_compare_may_be_two_people() -> None:
    assert may_be_several([person("Maren Vik", key="1"), person(born="1990-02-03", key="2")])


def test_a_system_that_holds_no_name_is_no_second_person() -> None:
    assert not may_be_several([person("Maren Vik", system="shop"), person(system="mail")])


def test_a_difference_across_systems_counts() -> None:
    assert may_be_several([person("Maren Vik", system="shop"), person("Jonas Vik", system="mail")])


def test_case_spaces_marks_and_order_of_a_name_do_not_count() -> None:
    assert normal_name("Ødegård,  JOSÉ María") == normal_name("josé maria odegard") == normal_name("José María Ødegård")
    assert normal_name("Maren Vik") != normal_name("Maren Viken")


def test_a_name_in_another_script_keeps_its_letters() -> None:
    assert normal_name("مريم الحداد")
    assert normal_name("مريم الحداد") != normal_name("سارة الحداد")


def test_opening_one_record_opens_the_same_persons_record_in_another_system() -> None:
    mine, mailed, his = person("Maren Vik", key="1"), person("Vik, Maren", system="mail"), person("Jonas Vik", key="2")
    assert of_one_person(mine, [mine, mailed, his]) == [mine, mailed]


def test_a_record_that_could_be_either_persons_stays_shut() -> None:
    """Three records of one name; the birth dates of two differ, the third has none: nobody can say whose it is."""
    older, younger = person("Jonas Vik", "1961-12-24", key="1"), person("Jonas Vik", "1990-02-03", key="2")
    nameless, undated = person(system="mail"), person("Jonas Vik", system="mail", key="2")
    assert of_one_person(older, [older, younger, nameless, undated]) == [older]


@given(candidates)
def test_what_is_one_person_holds_no_two_records_that_differ(found: list[Candidate]) -> None:
    for opened in found:
        together = of_one_person(opened, found)
        assert opened in together
        for one in together:
            assert not may_be_several([Candidate("shop", "a", one.tells_apart), Candidate("mail", "b", opened.tells_apart)])


@given(candidates)
def test_opening_a_record_never_opens_one_that_opening_a_differing_record_opens_too(found: list[Candidate]) -> None:
    for one in found:
        for other in found:
            if may_be_several([Candidate("a", "a", one.tells_apart), Candidate("b", "b", other.tells_apart)]):
                assert not {c.key for c in of_one_person(one, found)} & {c.key for c in of_one_person(other, found)}


@given(candidates, st.randoms())
def test_the_order_of_the_records_says_nothing(found: list[Candidate], random: Random) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)
    assert may_be_several(found) == may_be_several(shuffled)


@given(candidates)
def test_finding_more_never_makes_several_people_one(found: list[Candidate]) -> None:
    if may_be_several(found[:-1]):
        assert may_be_several(found)


@given(st.text(min_size=1, max_size=30))
def test_a_name_is_the_same_in_every_unicode_form(text: str) -> None:
    assert normal_name(unicodedata.normalize("NFC", text)) == normal_name(unicodedata.normalize("NFD", text))
