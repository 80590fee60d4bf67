"""One normal form of an address, and a plain reason where there is none."""

import socket

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from portal.people import addresses
from portal.people.addresses import AddressRefused, mailbox_of, masked, normal_address


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("maria@example.org", "maria@example.org"),
        ("  Maria.Lind@Example.ORG \n", "maria.lind@example.org"),
        ("maria+shop@example.org", "maria+shop@example.org"),
        ("maria@bücher.example", "maria@xn--bcher-kva.example"),
        ("maria@XN--BCHER-KVA.example", "maria@xn--bcher-kva.example"),
        ("maria@straße.example", "maria@xn--strae-oqa.example"),
        ("o'brien@example.org", "o'brien@example.org"),
    ],
)
def test_spellings_of_one_address_have_one_normal_form(typed: str, normal: str) -> None:
    assert normal_address(typed) == normal


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("mar\u0131a@example.org", addresses.LettersThatLookAlike),
        ("\u212aaren@example.org", addresses.LettersThatLookAlike),
        ("\ufb01ona@example.org", addresses.LettersThatLookAlike),
        ("m\u0430ria@example.org", addresses.LettersThatLookAlike),
        ("\u0130da@example.org", addresses.LettersThatLookAlike),
        ("maria@example\u3002org", addresses.DomainNotUsable),
        ("maria@example\uff0eorg", addresses.DomainNotUsable),
        ("maria@\uff45xample.org", addresses.DomainNotUsable),
        ("maria@e\u212aample.org", addresses.DomainNotUsable),
        ("maria@ex\u200bample.org", addresses.DomainNotUsable),
    ],
)
def test_S9_unicode_twins_of_an_address_are_refused_with_a_reason(typed: str, why: type[AddressRefused]) -> None:
    with pytest.raises(why) as refused:
        normal_address(typed)
    assert refused.value.reason.endswith(("us.", ".com"))


def test_S9_a_domain_with_a_cyrillic_letter_stays_another_domain() -> None:
    assert normal_address("maria@\u0435xample.org") == "maria@xn--xample-2of.org"


@pytest.mark.parametrize("typed", ["\ufb01ona@example.org", "\u212aaren@example.org", "mari\u0061\u0301@example.org"])
def test_S9_a_company_that_allows_all_letters_still_gets_one_spelling_of_each(typed: str) -> None:
    with pytest.raises(addresses.LettersThatLookAlike):
        normal_address(typed, allow_non_ascii=True)
    assert normal_address("jos\u00e9@example.org", allow_non_ascii=True) == "jos\u00e9@example.org"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", addresses.NothingTyped),
        ("   ", addresses.NothingTyped),
        ("maria", addresses.NotAnAddress),
        ("@example.org", addresses.NotAnAddress),
        ("maria@", addresses.NotAnAddress),
        ("maria@example", addresses.EndingMissing),
        ("a@b", addresses.EndingMissing),
        ("maria@example.", addresses.EndingMissing),
        ("maria@ex\u00e4mple", addresses.EndingMissing),
        ("maria@example,org", addresses.CommaForStop),
        ("maria@ex ample.org", addresses.SpaceInside),
        ("maria@example..org", addresses.StrayStop),
        ("maria@example.org.", addresses.StrayStop),
        ("a..b@example.org", addresses.NotAnAddress),
        ("a b@example.org", addresses.NotAnAddress),
        ("Maria <maria@example.org>", addresses.NotAnAddress),
        ("maria@example.org\r\nBcc: all@example.org", addresses.NotAnAddress),
        ("maria@example.org\u2028", addresses.DomainNotUsable),
        ("maria@[127.0.0.1]", addresses.DomainNotUsable),
        ("a" * 65 + "@example.org", addresses.NotAnAddress),
        ("a" * 10_000, addresses.AddressTooLong),
        ("a" * 10_000 + "@example.org", addresses.AddressTooLong),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(typed: str, why: type[AddressRefused]) -> None:
    with pytest.raises(why):
        normal_address(typed)


@pytest.mark.parametrize("typed", ["maria@example\u3002org", "maria@ex_ample.org", "maria@1.2.3.4", "maria@[127.0.0.1]"])
def test_a_mistake_that_is_not_plain_is_not_guessed_at(typed: str) -> None:
    with pytest.raises(addresses.DomainNotUsable) as refused:
        normal_address(typed)
    assert type(refused.value) is addresses.DomainNotUsable


def test_a_refusal_repeats_nothing_of_what_was_typed() -> None:
    with pytest.raises(AddressRefused) as refused:
        normal_address("secret-word@@example")
    assert "secret-word" not in str(refused.value)


@pytest.mark.parametrize("typed", ["deleted-7@erased.invalid", "x@sub.erased.INVALID", "x@invalid"])
def test_D3_the_mask_of_an_erased_person_is_no_address_here(typed: str) -> None:
    with pytest.raises(addresses.NoMailboxThere):
        normal_address(typed)


def test_S10_no_network_is_asked_about_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("The network was asked.")

    for name in ("getaddrinfo", "gethostbyname", "create_connection", "socket"):
        monkeypatch.setattr(socket, name, refuse)
    assert normal_address("maria@no-such-host-anywhere.org") == "maria@no-such-host-anywhere.org"


@given(st.text(max_size=300))
def test_any_text_has_a_normal_form_that_stays_or_is_refused(typed: str) -> None:
    for opted_in in (False, True):
        try:
            normal = normal_address(typed, allow_non_ascii=opted_in)
        except AddressRefused:
            continue
        assert normal_address(normal, allow_non_ascii=opted_in) == normal
        assert len(normal) <= addresses.LONGEST
        assert opted_in or normal.isascii()
        assert not any(ord(sign) < 33 for sign in normal)


LABELS = st.one_of(
    st.text("ab01-", min_size=1, max_size=8), st.sampled_from(["xn--bcher-kva", "a--b", "a" * 20, "a" * 64, "-a", "a-"])
)
ENDS = st.sampled_from(["org", "example", "c", "c0m", "xn--p1ai", "testing", *SPECIAL_USE_DOMAIN_NAMES])


@given(st.lists(LABELS, max_size=5), ENDS)
@example(["-".join(["a" * 20] * 3)] * 3, "z" * 20)
def test_a_domain_that_needs_no_second_look_is_what_the_second_look_makes_of_it(labels: list[str], end: str) -> None:
    domain = ".".join([*labels, end])
    if addresses.PLAIN_DOMAIN.fullmatch(domain):
        assert validate_email(f"a@{domain}", check_deliverability=False).ascii_domain == domain
        assert end not in SPECIAL_USE_DOMAIN_NAMES


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("maren@example.org", "m•••n@example.org"),
        ("maria.lind@example.org", "m•••d@example.org"),
        ("bob@example.org", "b•••@example.org"),
        ("x@example.org", "x•••@example.org"),
    ],
)
def test_a_masked_address_shows_no_more_than_its_ends(address: str, hint: str) -> None:
    assert masked(address) == hint


@pytest.mark.parametrize(
    "spelling", ["maria@example.org", "m.a.r.i.a@example.org", "maria+1@example.org", "mari.a+x+y@example.org"]
)
def test_spellings_that_end_in_one_mailbox_are_counted_as_one(spelling: str) -> None:
    assert mailbox_of(spelling) == "maria@example.org"
