"""JSON lists: two fields are added to the text of each object, and not a byte of the rest is written anew."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.people.minting import NdjsonList
from tests.rooms.people.test_minting import minted, opened

ADDED = ("preferences_link", "unsubscribe_link")


def links(text):
    return minted(text, form=NdjsonList)


def without_links(line):
    """What a line was before, if the fields that were added stand at its end."""
    before, page, after = line.rpartition(', "preferences_link": "https://')
    assert page
    return before + after[after.rindex('"') + 1 :]


@pytest.mark.parametrize(
    "value",
    ["1.10", "0.1234567890123456789", "12345678901234567.890", "1e400", "-0", "1E5", '"\\u00e4\\/"', '"}"', "9" * 5000, "[ 1,2 ]",
     '{"email": "other@example.org", "preferences_link": 1}', "null"],
)  # fmt: skip
def test_every_value_stays_as_it_is_written(value):
    text = f'{{"a":{value},"email" : "per@example.org", "a": {value} }} \r\n'
    (line,), bad = links(text)
    assert bad == [] and without_links(line) == text
    assert opened(line).identifier.value == "per@example.org"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.text().filter(lambda name: name not in ("email", *ADDED)), JSON, max_size=4)


@given(FIELDS, FIELDS, st.booleans(), st.sampled_from([None, 0]))
def test_any_object_comes_back_with_two_fields_more(before, after, plain, blanks):
    whole = {**before, "email": "per@example.org", **after}
    text = json.dumps(whole, ensure_ascii=not plain, separators=(",", ":") if blanks is None else None)
    (line,), bad = links(text)
    assert bad == [] and without_links(line) == f"{text}\n"
    again = json.loads(line)
    assert (
        set(again) == {*whole, *ADDED}
        and again["preferences_link"].partition("/p/")[2] == again["unsubscribe_link"].partition("/u/")[2]
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"email": "per@example.org", "a": NaN}', "This is not a JSON object."),
        ('{"email": "per@example.org", "a": -Infinity}', "This is not a JSON object."),
        ('{"email": "per@example.org", "a": 01}', "This is not a JSON object."),
        ('{"email": "per@example.org"} {}', "This is not a JSON object."),
        ('{"email": "per@example.org"}\x0b', "This is not a JSON object."),
        ('[["email", "per@example.org"]]', "This is not a JSON object."),
        ("[" * 100_000, "This is not a JSON object."),
        ('{"email": "per@example.org", "\\u0065mail": "per@example.org"}', "It has more than one `email`."),
        ('{"email": 7}', "It has no text `email`."),
        ('{"email": 7.5}', "It has no text `email`."),
        ('{"email": ["per@example.org"]}', "It has no text `email`."),
        ('{"email": "per@example.org", "unsubscribe_link": ""}', "There is a field `unsubscribe_link` already."),
    ],
)
def test_what_is_no_object_or_says_two_things_is_a_bad_line(line, said):
    out, bad = links(f'{line}\n{{"email": "per@example.org"}}\n')
    assert len(out) == 1 and [number for number, _reason in bad] == [1]
    assert bad[0][1].startswith(said)


def test_a_list_that_was_minted_is_not_minted_again():
    out, _bad = links('{"email": "per@example.org"}\n')
    again, bad = links("".join(out))
    assert again == [] and [number for number, _reason in bad] == [1]
