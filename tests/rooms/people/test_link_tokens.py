"""Links in mails: sealed, bound to company, version and key, and of no use beyond what they say."""

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core import crypto
from portal.core.crypto_links import LinkKey, newest_link_key, with_key_shut_off, with_link_key
from portal.people.link_tokens import CannotMint, Life, Link, LinkUnreadable, Mint, Scope, open_link, open_under, plain_of
from portal.people.service import Identifier

DAY = date(2026, 3, 2)
ISSUED = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY = LinkKey(1, bytes(range(32)), DAY)
MARIA = Link(Identifier("email", "maria@example.org"), ISSUED, ISSUED + timedelta(days=365), choice="newsletter.email")
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "link_tokens.json").read_text())
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def token_of(link=MARIA, company="fjordkaffe", key=KEY):
    return Mint.under(company, key).token_of(link)


def open_at(token, company="fjordkaffe", keys=(KEY,), at=ISSUED):
    return open_under(keys, company, token, at=at)


@given(texts, texts, st.sampled_from(["phone", "customer_number"]), texts.filter(str.strip), st.sampled_from(Scope))
def test_what_was_sealed_is_what_opens(choice, campaign, kind, value, scope):
    link = replace(MARIA, choice=choice, campaign=campaign, identifier=Identifier(kind, value), scope=scope)
    assert open_at(token_of(link)).link == link


def test_an_ordinary_link_has_100_to_150_characters_and_says_nothing_readable():
    link = replace(MARIA, identifier=Identifier("email", "maria.lindqvist@example.org"), campaign="2026-03-spring")
    token = token_of(link)
    assert 100 <= len(token) <= 150
    assert b"maria" not in base64.urlsafe_b64decode(token + "==")
    assert token != token_of(link)


def test_L4_a_token_of_one_company_is_unreadable_at_another_with_the_same_key_and_number():
    with pytest.raises(LinkUnreadable):
        open_at(token_of(), company="alpenrad")


def test_L4_every_flipped_bit_is_seen():
    sealed = base64.urlsafe_b64decode(token_of() + "==")
    keys = [replace(KEY, number=number) for number in range(1, 40)]
    for place in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[place] ^= 1 << bit
            with pytest.raises(LinkUnreadable):
                open_at(base64.urlsafe_b64encode(changed).rstrip(b"=").decode(), keys=keys)


def test_the_last_letter_has_one_spelling():
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for campaign in ("", "a", "ab"):
        token = token_of(replace(MARIA, campaign=campaign))
        for letter in alphabet.replace(token[-1], ""):
            with pytest.raises(LinkUnreadable):
                open_at(token[:-1] + letter)


@pytest.mark.parametrize(
    "spoil",
    [
        str.upper,
        str.lower,
        lambda token: token[:-1],
        lambda token: token[:40],
        lambda token: token[1:],
        lambda token: token + "=",
        lambda token: token + ".",
        lambda token: token.replace(token[50], "é"),
        lambda token: f"{token[:60]}\n{token[60:]}",
        lambda token: "",
        lambda token: "A" * 2000,
    ],
    ids="upper lower last cut first padded dot letter wrapped empty long".split(),
)
def test_what_mail_programs_do_to_links_opens_nothing(spoil):
    with pytest.raises(LinkUnreadable):
        open_at(spoil(token_of()))


def test_L6_under_a_shut_off_key_and_after_its_expiry_a_link_opens_but_shows_nothing():
    shut_off = replace(KEY, shut_off_on=DAY)
    assert open_at(token_of()).may_show
    for opened, life in (
        (open_at(token_of(), keys=[shut_off]), Life.SHUT_OFF),
        (open_at(token_of(), at=MARIA.expires_at), Life.LATE),
        (open_at(token_of(), keys=[shut_off], at=MARIA.expires_at), Life.SHUT_OFF),
    ):
        assert opened.life is life and opened.link == MARIA and not opened.may_show


def test_a_link_that_may_only_stop_shows_nothing():
    assert not open_at(token_of(replace(MARIA, scope=Scope.STOP))).may_show


@pytest.mark.parametrize(
    "inside",
    [
        b"",
        plain_of(MARIA)[:9],
        b"\x03" + plain_of(MARIA)[1:],
        plain_of(MARIA)[:9] + b"\x09" + plain_of(MARIA)[10:],
        plain_of(MARIA)[:10] + b"\xff" + plain_of(MARIA)[11:],
        plain_of(MARIA) + b"\xff",
        plain_of(replace(MARIA, identifier=Identifier("email", "nobody at all"))),
        plain_of(replace(MARIA, identifier=Identifier("email", "maria@masked.invalid"))),
        plain_of(replace(MARIA, identifier=Identifier("phone", "  "))),
    ],
    ids="empty cut scope kind length utf8 address mask blank".split(),
)
def test_wrong_scope_kind_length_and_address_inside_a_sealed_token_are_unreadable(inside):
    with pytest.raises(LinkUnreadable):
        open_at(Mint.under("fjordkaffe", KEY).seal(inside, crypto.random_nonce()))


def test_an_address_typed_in_capitals_by_another_tool_is_the_same_person():
    opened = open_at(token_of(replace(MARIA, identifier=Identifier("email", "Maria@Example.ORG"))))
    assert opened.link.identifier == MARIA.identifier


def test_an_identifier_does_not_show_when_a_link_is_printed():
    assert "maria" not in repr(open_at(token_of()))
    assert repr(KEY.secret) not in repr(KEY)


@pytest.mark.parametrize(
    "link",
    [
        replace(MARIA, identifier=Identifier("email", "")),
        replace(MARIA, identifier=Identifier("passport", "x")),
        replace(MARIA, campaign="x" * 256),
        replace(MARIA, choice="ø" * 128),
        replace(MARIA, expires_at=datetime(2200, 1, 1, tzinfo=UTC)),
    ],
    ids="nobody kind campaign choice date".split(),
)
def test_what_cannot_stand_in_a_link_is_refused_without_repeating_it(link):
    with pytest.raises(CannotMint) as refusal:
        token_of(link)
    assert "maria" not in str(refusal.value)


def test_a_shut_off_key_mints_nothing_and_its_number_never_comes_again():
    ring = with_link_key(with_link_key({}, "fjordkaffe", today=DAY), "fjordkaffe", today=DAY)
    ring = with_key_shut_off(ring, "fjordkaffe", 2, today=DAY)
    newest = newest_link_key(ring, "fjordkaffe")
    assert newest is not None and newest.number == 1
    with pytest.raises(CannotMint):
        Mint.under("fjordkaffe", ring["fjordkaffe"][1])
    assert [key.number for key in with_link_key(ring, "fjordkaffe", today=DAY)["fjordkaffe"]] == [1, 2, 3]
    assert newest_link_key(with_key_shut_off(ring, "fjordkaffe", 1, today=DAY), "fjordkaffe") is None


def test_the_ring_of_links_lives_in_the_key_file_and_outlives_its_rotation(keys):
    ring = replace(keys, links=with_link_key({}, "fjordkaffe", today=DAY))
    read = crypto.parse_key_ring(ring.with_new_key("sign").with_new_key("data").without_key("data", "d1").dump())
    assert read.links == ring.links
    crypto.use_keys(read)
    assert open_link("fjordkaffe", token_of(key=read.links["fjordkaffe"][0])).key_number == 1
    with pytest.raises(LinkUnreadable):
        open_link("alpenrad", token_of(key=read.links["fjordkaffe"][0]))


@pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: vector["name"])
def test_the_vectors_open_and_are_minted_byte_for_byte(vector):
    key = LinkKey(vector["key_number"], bytes.fromhex(vector["key"]), DAY)
    opened = open_under([key], vector["company"], vector["token"], at=ISSUED).link
    kind, value = opened.identifier.kind, opened.identifier.value
    assert [opened.scope.name.lower(), opened.choice, kind, value, opened.campaign] == [
        vector[name] for name in ("scope", "choice", "kind", "identifier", "campaign")
    ]
    assert [int(opened.issued_at.timestamp()), int(opened.expires_at.timestamp())] == [vector["issued"], vector["expires"]]
    assert Mint.under(vector["company"], key).seal(plain_of(opened), bytes.fromhex(vector["nonce"])) == vector["token"]


@pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda vector: vector["name"])
def test_the_bad_vectors_do_not_open(vector):
    key = LinkKey(vector["key_number"], bytes.fromhex(vector["key"]), DAY)
    with pytest.raises(LinkUnreadable):
        open_under([key], vector["company"], vector["token"], at=ISSUED)
