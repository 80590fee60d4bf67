"""Which proof is asked for what: the company's rules first, then what is shipped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.config.model import Company, ProofKind, ProofRule
from portal.identity.proof_rules import (
    MAILBOX,
    ONE_VALUE,
    SENSITIVE,
    SPECIFIC_PIECES,
    TWO_VALUES,
    Proof,
    is_sensitive,
    is_under_any,
    proof_for,
    split_by_proof,
    within_reach,
)
from tests.rooms.world import configuration

proofs = st.builds(Proof, values=st.integers(0, 3), declaration=st.booleans(), staff=st.booleans())
categories = st.sets(st.sampled_from([*SENSITIVE, "user.name", "user.contact.email", "user.behavior", "user"]), max_size=6)


def company(*rules: ProofRule) -> Company:
    """The first company, with these rules of proof."""
    return configuration().company("first").model_copy(update={"proof": list(rules)})


def test_the_mailbox_is_enough_for_ordinary_data() -> None:
    for act in ("view", "access", "correction"):
        assert proof_for(company(), act, ["user.name", "user.contact.email"]) == MAILBOX


@pytest.mark.parametrize(
    "category",
    ["user.health_and_medical", "user.health_and_medical.genetic", "user.biometric.voice", "user.demographic.sexual_orientation", "user.government_id.passport_number"],
)  # fmt: skip
def test_sensitive_data_wants_one_matched_value(category: str) -> None:
    assert proof_for(company(), "view", [category]) == ONE_VALUE
    assert proof_for(company(), "access", ["user.name", category]) == ONE_VALUE


def test_erasure_wants_one_matched_value_whatever_it_is_of() -> None:
    assert proof_for(company(), "erasure", ["user.name"]) == ONE_VALUE
    assert proof_for(company(), "erasure", []) == ONE_VALUE


@pytest.mark.parametrize("act", ["choices", "opt_out", "objection", "limit"])
def test_no_opt_out_ever_wants_more_than_the_mailbox(act: str) -> None:
    strict = company(ProofRule(acts=["view", "access", "erasure", "correction"], need=ProofKind.STAFF))
    for law in (None, "us_ca"):
        assert proof_for(strict, act, SENSITIVE, law=law) == MAILBOX


def test_categories_are_compared_by_their_segments() -> None:
    assert is_under_any("user.name.first", ["user.name"])
    assert not is_under_any("user.namesake", ["user.name"])
    assert not is_under_any("user", ["user.name"])
    assert not is_sensitive("user.biometrics")
    assert not is_sensitive("user.demographic.age_range")


def test_the_first_rule_of_the_company_that_fits_is_used() -> None:
    ours = company(
        ProofRule(acts=["view"], categories=["user.behavior.purchase_history"], need=ProofKind.MATCHED_VALUES, values=2),
        ProofRule(acts=["view"], categories=["user.behavior"], need=ProofKind.DECLARATION),
        ProofRule(acts=["view", "access"], need=ProofKind.MAILBOX),
    )
    assert proof_for(ours, "view", ["user.behavior.purchase_history"]) == TWO_VALUES
    assert proof_for(ours, "view", ["user.behavior.search_history"]) == Proof(declaration=True)
    assert proof_for(ours, "view", ["user.health_and_medical"]) == MAILBOX
    assert proof_for(ours, "erasure", ["user.health_and_medical"]) == ONE_VALUE


def test_california_asks_more_for_specific_pieces() -> None:
    assert proof_for(company(), "access", ["user.name"], law="us_ca") == SPECIFIC_PIECES
    assert proof_for(company(), "erasure", ["user.name"], law="us_ca") == TWO_VALUES
    assert proof_for(company(), "erasure", ["user.financial"], law="us_ca") == SPECIFIC_PIECES


def test_where_no_system_holds_a_value_the_mailbox_is_enough() -> None:
    assert within_reach(ONE_VALUE, 0) == MAILBOX
    assert within_reach(SPECIFIC_PIECES, 2) == Proof(values=2, declaration=True)
    assert within_reach(ONE_VALUE, 5) == ONE_VALUE


def test_what_is_open_and_what_stays_shut() -> None:
    opened, shut = split_by_proof(company(), "view", ["user.name", "user.biometric"], MAILBOX)
    assert (opened, shut) == (frozenset({"user.name"}), frozenset({"user.biometric"}))
    assert split_by_proof(company(), "view", ["user.biometric"], ONE_VALUE)[1] == frozenset()


@given(proofs, proofs, categories, st.sampled_from(["view", "access", "erasure", "correction"]))
def test_showing_more_never_closes_anything(shown: Proof, more: Proof, asked: set[str], act: str) -> None:
    opened, shut = split_by_proof(company(), act, asked, shown)
    assert opened | shut == asked
    assert opened <= split_by_proof(company(), act, asked, shown.together_with(more))[0]


@given(categories, st.sampled_from(["view", "access", "erasure", "correction"]))
def test_asking_for_all_needs_what_each_of_them_needs(asked: set[str], act: str) -> None:
    needed = proof_for(company(), act, asked)
    assert split_by_proof(company(), act, asked, needed)[1] == frozenset()
