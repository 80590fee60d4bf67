"""What never leaves a system, by category, by name and by form, however deep it stands."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.adapters.contract import Json, Record, Value, Withheld
from portal.adapters.detectors import find_forbidden
from portal.adapters.never_leaves import MARKER, clean, is_forbidden, reason_to_withhold, withhold
from portal.adapters.taxonomy import is_within, known_categories

SEEDED = {
    "card": "4111 1111 1111 1111",
    "card without spaces": "5555555555554444",
    "american express": "378282246310005",
    "iban": "DE89 3704 0044 0532 0130 00",
    "norwegian iban": "NO9386011117947",
    "bcrypt": "$2b$12$LJ3m4ys3Lk0TSwHCpGmOYOZTaxrfbQZP1XnGeqDq5zRvFWvC1wKdC",
    "argon2": "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b27dA",
    "pbkdf2": "pbkdf2_sha256$600000$abcdefgh$1234567890abcdefghijklmnopqrstuv=",
    "scrypt": "scrypt:32768:8:1$abcdefgh$0123456789abcdef0123456789abcdef",
    "ldap": "{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "bearer": "Authorization: Bearer 9f8e7d6c5b4a39281706f5e4",
    "stripe": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "us": "536-90-4399",
    "norway": "13097248022",
    "sweden": "811228-9874",
    "poland": "44051401359",
    "finland": "131052-308T",
    "spain": "12345678Z",
    "france": "1 84 12 76 451 089 46",
    "uk": "AB 12 34 56 C",
    "italy": "RSSMRA85T10A562S",
}

HARMLESS = [
    "Order 1000004711 of 2026-03-02 10:15:00, parcel 00370712345678901234",
    "+47 22 12 34 56, (0049) 30 1234567, 4712345678",
    "2026-03-02T10:15:00.123456+00:00",
    "4006381333931",
    "550e8400-e29b-41d4-a716-446655440000",
    "Invoice 2026-000123, 1 234 567,89 NOK, customer 100-200-300",
    "It cost $20.00 and we are sky high; basic membership; the bearer of this letter",
    "1700000000000",
    "59.9139, 10.752245",
    "0000000000000000",
]


@pytest.mark.parametrize("name", SEEDED)
def test_D13_a_seeded_pattern_is_found_in_text_and_deep_in_json(name: str) -> None:
    seeded = SEEDED[name]
    note: Json = {"history": [{"text": f"She wrote: {seeded} - please mend"}, None, 3], seeded: True}
    cleaned, found = clean(note)
    assert found
    assert seeded not in str(cleaned)
    assert MARKER in str(cleaned)
    assert "please mend" in str(cleaned)


@pytest.mark.parametrize("text", HARMLESS)
def test_an_ordinary_number_is_left_alone(text: str) -> None:
    assert clean(text) == (text, ())


def test_D13_a_card_number_kept_as_a_number_is_found() -> None:
    assert clean(4111111111111111) == (MARKER, ("user.financial.credit_card",))
    assert clean(1234567890123) == (1234567890123, ())


def test_D13_a_key_in_json_that_names_a_secret_hides_what_stands_there() -> None:
    cleaned, found = clean({"colour": "blue", "accessToken": "short", "password": "", "sub": {"pin": "x", "Password_Hash": "y"}})
    assert cleaned == {"colour": "blue", "accessToken": MARKER, "password": "", "sub": {"pin": "x", "Password_Hash": MARKER}}
    assert found == ("user.authorization.credentials", "user.authorization.password")


@pytest.mark.parametrize(
    "category",
    [
        "user.authorization",
        "user.authorization.password",
        "user.biometric.fingerprint",
        "user.government_id.passport_number",
        "user.financial.bank_account",
        "user.financial.credit_card.number",
        "user.financial.account_number",
        "user.account.password",
        "user.account.security_answer",
    ],
)
def test_D13_a_forbidden_category_never_leaves(category: str) -> None:
    record = Record("d.c", "d.c:1", (Value("x", category, "plain"), Value("name", "user.name", "Maria")))
    assert withhold(record) == Record("d.c", "d.c:1", (Value("name", "user.name", "Maria"),), (Withheld("x", category),))


@pytest.mark.parametrize(
    "category", ["user.authorizations", "user.name", "user.financial", "user.account", "user.biometrical", "user"]
)
def test_categories_match_by_segments_and_not_by_prefix(category: str) -> None:
    assert not is_forbidden(category)


def test_a_value_that_is_not_there_is_not_said_to_be_held() -> None:
    record = Record("d.c", "d.c:1", (Value("x", "user.authorization.password", None),))
    assert withhold(record).withheld == ()


def test_a_field_that_is_called_password_never_leaves_whatever_its_category() -> None:
    assert reason_to_withhold("profile.password_hash", ("user.account",)) == "user.authorization.password"
    assert reason_to_withhold("password_changed_at", ("user.account",)) is None


def test_a_clean_record_is_handed_on_as_it_is() -> None:
    record = Record("d.c", "d.c:1", (Value("name", "user.name", "Maria"),))
    assert withhold(record) is record


@given(st.sampled_from(sorted(known_categories())), st.text("abc", min_size=1))
def test_a_category_holds_what_is_below_it_and_nothing_beside_it(category: str, letters: str) -> None:
    assert is_within(f"{category}.{letters}", category)
    assert not is_within(f"{category}{letters}", category)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
    )
)
def test_cleaning_twice_finds_nothing_more(value: Json) -> None:
    cleaned, _ = clean(value)
    assert clean(cleaned)[0] == cleaned


@given(st.text("0123456789 -", min_size=20, max_size=60))
def test_found_parts_are_in_order_and_do_not_overlap(text: str) -> None:
    found = list(find_forbidden(text))
    assert all(one.end <= two.start for one, two in itertools.pairwise(found))
