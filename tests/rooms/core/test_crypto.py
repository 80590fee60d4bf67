"""Keys and what is made with them: the newest signs, nothing moves or changes unseen, a missing key stops the start."""

import time

import pytest

from portal.core import crypto


@pytest.fixture(autouse=True)
def ring():
    ring = crypto.new_key_ring()
    crypto.use_keys(ring)
    return ring


def test_a_ciphertext_opens_only_where_it_was_written():
    sealed = crypto.encrypt(b"secret", "identifier.value")
    assert crypto.decrypt(sealed, "identifier.value") == b"secret"
    with pytest.raises(crypto.CannotDecrypt):
        crypto.decrypt(sealed, "mail.text")


def test_every_changed_byte_of_a_ciphertext_is_seen():
    sealed = crypto.encrypt(b"secret", "here")
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises((crypto.CannotDecrypt, crypto.KeysAreBroken)):
            crypto.decrypt(bytes(changed), "here")


def test_O4_the_newest_key_signs_and_old_ones_still_verify(ring):
    before = crypto.signer("grant").dumps("x")
    crypto.use_keys(ring.with_new_key("sign"))
    after = crypto.signer("grant").dumps("x")
    assert crypto.signer("grant").loads(before) == "x"
    crypto.use_keys(ring)
    with pytest.raises(crypto_bad_signature()):
        crypto.signer("grant").loads(after)


def crypto_bad_signature():
    from itsdangerous import BadSignature

    return BadSignature


def test_O4_a_key_that_is_missing_is_named(ring):
    sealed = crypto.encrypt(b"secret", "here")
    crypto.use_keys(ring.with_new_key("data").without_key("data", "d1"))
    with pytest.raises(crypto.KeysAreBroken, match="data/d1"):
        crypto.decrypt(sealed, "here")


def test_a_signature_of_one_purpose_means_nothing_to_another():
    with pytest.raises(crypto_bad_signature()):
        crypto.signer("undo").loads(crypto.signer("grant").dumps("x"))


def test_the_same_address_has_nothing_in_common_in_two_companies():
    assert crypto.identifier_hash("a", "email", "x@example.org") != crypto.identifier_hash("b", "email", "x@example.org")


def test_a_token_of_one_purpose_is_unknown_to_every_other():
    token = crypto.random_token()
    assert crypto.token_hash("sign-in", token) != crypto.token_hash("session", token)


def test_a_rotated_key_file_is_seen_without_a_restart(tmp_path, ring):
    file = tmp_path / "keys.json"
    crypto.write_key_file(file, ring)
    crypto.use_keys(ring, file)
    crypto.write_key_file(file, ring.with_new_key("data"))
    deadline = time.monotonic() + 5
    while crypto.keys().newest("data")[0] != "d2" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert crypto.keys().newest("data")[0] == "d2"
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"data": {}, "hash": {}, "sign": {}}', '{"data": {"d1": "eA=="}}', "null"])
def test_a_broken_key_file_says_what_to_do(text):
    with pytest.raises(crypto.KeysAreBroken, match="backup"):
        crypto.parse_key_ring(text)


def test_public_numbers_do_not_count():
    numbers = {crypto.random_public_id() for _ in range(2000)}
    assert len(numbers) == 2000
