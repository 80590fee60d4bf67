"""Signed statements: anyone can check them, nobody else can make them."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OctKey, OKPKey

from portal.core import crypto, signatures
from portal.core.signatures import SignatureRefused


@pytest.fixture(autouse=True)
def _ring():
    crypto.use_keys(crypto.new_key_ring())


def test_a_statement_is_checked_with_the_published_keys_alone():
    token = signatures.sign("shop", "receipt", {"said": "yes", "ö": 1})
    published = json.loads(json.dumps(signatures.key_set("shop")))
    assert signatures.verify(token, "receipt", published) == {"said": "yes", "ö": 1}
    assert "d" not in published["keys"][0]


def test_what_an_older_key_signed_stays_good_after_a_rotation():
    token = signatures.sign("shop", "receipt", {"said": "yes"})
    crypto.use_keys(crypto.keys().with_new_key("sign"))
    assert signatures.verify(token, "receipt", signatures.key_set("shop")) == {"said": "yes"}
    assert len(signatures.key_set("shop")["keys"]) == 2


def test_A10_a_statement_of_another_company_kind_or_key_is_refused():
    token = signatures.sign("shop", "receipt", {"said": "yes"})
    for kind, keys in (
        ("certificate", signatures.key_set("shop")),
        ("receipt", signatures.key_set("other")),
        ("receipt", {"keys": []}),
        ("receipt", {}),
    ):
        with pytest.raises(SignatureRefused):
            signatures.verify(token, kind, keys)


def test_A10_none_symmetric_and_brought_keys_are_refused():
    published = signatures.key_set("shop")
    mine = OKPKey.generate_key("Ed25519")
    name, typ, body = published["keys"][0]["kid"], "portal-receipt+jws", b'{"said":"no"}'
    forged = [
        _unsigned({"alg": "none", "kid": name, "typ": typ}, body),
        jws.serialize_compact({"alg": "HS256", "kid": name, "typ": typ}, body, OctKey.import_key("x" * 43), algorithms=["HS256"]),
        jws.serialize_compact({"alg": "Ed25519", "kid": name, "typ": typ}, body, mine, algorithms=["Ed25519"]),
        jws.serialize_compact(
            {"alg": "Ed25519", "kid": name, "typ": typ, "jwk": mine.as_dict(private=False)}, body, mine, algorithms=["Ed25519"]
        ),
    ]
    for token in forged:
        with pytest.raises(SignatureRefused):
            signatures.verify(token, "receipt", published)


def _unsigned(header, body):
    parts = (json.dumps(header).encode(), body, b"")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@given(st.data())
def test_one_changed_letter_is_refused(data):
    crypto.use_keys(crypto.new_key_ring())
    token = signatures.sign("shop", "receipt", {"said": "yes", "count": 3})
    place = data.draw(st.integers(0, len(token) - 3))
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    with pytest.raises(SignatureRefused):
        signatures.verify(changed, "receipt", signatures.key_set("shop"))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "ä.ö.ü", "{}", "e30.e30.", "x" * 300_000])
def test_rubbish_is_refused(token):
    with pytest.raises(SignatureRefused):
        signatures.verify(token, "receipt", signatures.key_set("shop"))
