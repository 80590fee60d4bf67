"""D1, D10: a remote search is looser than a person's address. What it brings counts only if it is the very address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.contract import Identifier, Match, Subject
from portal.cases.matching import is_match, true_matches

MAREN = Subject((Identifier("email", "maren@example.org"),))


@pytest.mark.parametrize("stored", ["maren@example.org", "Maren@Example.ORG", "  maren@example.org\n"])
def test_the_same_address_as_a_system_may_have_stored_it_is_a_match(stored: str) -> None:
    assert is_match(MAREN, Match("customers:1", "email", stored))


@pytest.mark.parametrize(
    "stored",
    [
        "maren@example.org.evil.example",
        "xmaren@example.org",
        "maren+x@example.org",
        "m.aren@example.org",
        "maren@example.com",
        "mar\u0435n@example.org",
        "ｍaren@example.org",
        "maren@example\u3002org",
        "maren%@example.org",
        "<b>maren@example.org</b>",
        "0",
        "",
        "x" * 10_000,
    ],
)
def test_D1_what_a_loose_search_takes_for_the_address_is_no_match(stored: str) -> None:
    assert not is_match(MAREN, Match("customers:2", "email", stored))


def test_an_identifier_of_another_kind_is_no_match() -> None:
    assert not is_match(Subject((Identifier("customer_number", "1001"),)), Match("customers:1", "phone", "1001"))
    assert not is_match(Subject((Identifier("customer_number", "1001"),)), Match("customers:1", "customer_number", "1001.0"))


def test_a_record_that_is_found_twice_counts_once() -> None:
    found = [Match("customers:1", "email", "maren@example.org"), Match("customers:1", "email", "MAREN@example.org")]
    assert len(true_matches(MAREN, found, company="first", system="shop")) == 1


@given(st.emails(), st.emails())
def test_nothing_is_a_match_that_is_more_than_ascii_case_away(one: str, other: str) -> None:
    subject = Subject((Identifier("email", one.lower()),))
    if is_match(subject, Match("k", "email", other)):
        assert one.lower().split("@")[0] == other.lower().split("@")[0]
