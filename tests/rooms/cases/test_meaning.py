"""Values are grouped by what they mean to a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.cases import meaning
from portal.config.model import SourceKind

PERSON, BOUGHT_IN = SourceKind.PERSON, SourceKind.THIRD_PARTY


@pytest.mark.parametrize(
    ("category", "group"),
    [
        ("user.name.first", "who"),
        ("user.contact.email", "contact"),
        ("user.behavior.purchase_history", "bought"),
        ("user.behavior.purchase_history.coffee", "bought"),
        ("user.behavior.browsing_history", "used"),
        ("user.payment", "paid"),
        ("user.content.private", "wrote"),
        ("user.demographic.date_of_birth", "who"),
        ("system.operations", "other"),
        ("acme.strange", "other"),
    ],
)
def test_a_category_stands_in_the_group_that_it_means(category: str, group: str) -> None:
    assert meaning.group_of(category, PERSON) == group


def test_categories_match_by_dotted_segments_and_not_by_prefix() -> None:
    assert meaning.group_of("user.contacts", PERSON) == "who"
    assert meaning.group_of("users.contact", PERSON) == "other"
    assert not meaning.is_within("user.names", "user.name")
    assert meaning.is_within("user.name.first", "user.name")


@given(st.text(max_size=30))
def test_what_others_told_is_never_mixed_with_what_the_person_gave(category: str) -> None:
    assert meaning.group_of(category, BOUGHT_IN) == "others"
    assert meaning.group_of(category, SourceKind.DERIVED) == "derived"


def test_rows_stand_where_most_of_their_values_belong_and_bare_numbers_decide_nothing() -> None:
    order = ["system.operations", "system.operations", "user.behavior.purchase_history", "system.operations"]
    assert meaning.group_of_rows((category, PERSON) for category in order) == "bought"
    assert meaning.group_of_rows([("system.operations", PERSON)]) == "other"


def test_every_group_has_a_title() -> None:
    assert all(meaning.title_of(group) for group in meaning.GROUPS)
