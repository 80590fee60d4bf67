"""The command of links: keys into files alone, one address in and its headers or picture out, and words for whoever gave something else."""

import json
import re

import pytest

from portal.core import crypto
from portal.core.crypto import KeysAreBroken, parse_key_ring
from portal.people.minting import ExportIsBroken, KeyExport
from tests.rooms.people.test_minting import EXPORT, ROOT, portal


@pytest.fixture
def key(tmp_path):
    file = tmp_path / "key.json"
    file.write_text(EXPORT.dump())
    return file


@pytest.mark.slow
def test_headers_and_picture_are_for_one_address_that_is_no_argument(key):
    said = portal("headers", "--key", key, stdin=b"maria@example.org\n").stdout.decode().splitlines()
    assert re.fullmatch(r"List-Unsubscribe: <https://privacy\.example\.com/u/[\w-]+>", said[0])
    assert said[1] == "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    picture = portal("qr", "--key", key, stdin=b"maria@example.org\n").stdout
    assert picture.startswith(b"<svg xmlns=") and b"maria" not in picture
    wrong = portal("headers", "--key", key, stdin=b"nobody\n")
    assert wrong.returncode == 1 and b"nobody" not in wrong.stderr and b"Traceback" not in wrong.stderr


@pytest.mark.slow
def test_keys_are_made_listed_exported_and_shut_off(tmp_path):
    ring = tmp_path / "keys.json"
    crypto.write_key_file(ring, crypto.new_key_ring())
    environment = {
        "PORTAL_KEYS_FILE": str(ring),
        "PORTAL_CONFIG": str(ROOT / "tests" / "companies" / "portal.yaml"),
        "PORTAL_DATABASE_URL": "sqlite:///nowhere.db",
        "PORTAL_FILES": str(tmp_path),
        "PORTAL_MODE": "demo",
    }
    own = ("--company", "first")
    assert b"no key of links yet" in portal("keys", "list", *own, **environment).stdout
    refused = portal("keys", "export", *own, tmp_path / "export.json", **environment)
    assert refused.returncode == 1 and b"keys new" in refused.stderr
    for number in (b"Key 1 ", b"Key 2 "):
        assert number in portal("keys", "new", *own, **environment).stdout
    assert portal("keys", "export", *own, tmp_path / "export.json", **environment).returncode == 0
    assert (tmp_path / "export.json").stat().st_mode & 0o777 == 0o600
    printed = portal("keys", "export", *own, "-", **environment)
    assert (printed.returncode, printed.stdout) == (1, b"") and b"A key is never printed" in printed.stderr
    assert KeyExport.parse((tmp_path / "export.json").read_text()).key.number == 2
    assert portal("keys", "shut-off", *own, "2", **environment).returncode == 0
    assert portal("keys", "shut-off", *own, "9", **environment).returncode == 1
    listed = portal("keys", "list", *own, **environment).stdout.decode()
    assert "shut off" in listed.splitlines()[1] and "in use" in listed.splitlines()[0]
    secrets = re.findall(r'"secret": "([^"]+)"', ring.read_text())
    assert len(secrets) == 2 and not any(secret in listed for secret in secrets)
    assert portal("keys", "new", "--company", "nobody", **environment).returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("act", ["headers", "qr"])
@pytest.mark.parametrize("more", [b"per@example.org\n", b"\n\n  per@example.org", b"x" * 5000, b" " * 9000])
def test_one_address_is_not_two(key, act, more):
    done = portal(act, "--key", key, stdin=b"maria@example.org" + (b"" if more.strip(b" x") == b"" else b"\n") + more)
    assert (done.returncode, done.stdout) == (1, b"") and b"more than one address" in done.stderr
    assert portal(act, "--key", key, stdin=b"\xef\xbb\xbfmaria@example.org\r\n\n").returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("given", [b"mar\xefa@example.org\n", b"", b"\n"])
def test_what_is_no_address_is_said_in_words(key, given):
    done = portal("headers", "--key", key, stdin=given)
    assert (done.returncode, done.stdout) == (1, b"") and b"fault of ours" not in done.stderr


@pytest.mark.slow
def test_a_header_is_as_long_as_a_mail_allows_and_no_longer(tmp_path):
    plain = json.loads(EXPORT.dump())

    def header(length):
        """The header with an address of the portal that is so long."""
        host = "https://privacy.example.com/"
        key = tmp_path / f"key{length}.json"
        key.write_text(json.dumps({**plain, "url": host + "x" * (length - len(host))}))
        return portal("headers", "--key", key, stdin=b"maria@example.org\n")

    begun = len(header(100).stdout.splitlines()[0])
    done = header(100 + 998 - begun)
    assert done.returncode == 0 and len(done.stdout.splitlines()[0]) == 998
    done = header(100 + 999 - begun)
    assert (done.returncode, done.stdout) == (1, b"") and b"would have 999 letters" in done.stderr


BROKEN_FILES = (b"\xff\xfe\x00", b"M\xe9", b"[" * 100_000, b'{"portal_links": "\xe9"}', b"\x00\x00\x00")


@pytest.mark.slow
@pytest.mark.parametrize("content", BROKEN_FILES, ids=range(len(BROKEN_FILES)))
def test_a_file_that_is_no_key_is_said_to_be_none(tmp_path, content):
    with pytest.raises(ExportIsBroken):
        KeyExport.parse(content)
    with pytest.raises(KeysAreBroken):
        parse_key_ring(content)
    key = tmp_path / "key.json"
    key.write_bytes(content)
    for act in ("headers", "qr", "mint"):
        done = portal(act, "--key", key, stdin=b"email\nper@example.org\n")
        assert done.returncode == 1 and b"not the file that `portal links keys export` wrote" in done.stderr
    done = portal(
        "keys",
        "new",
        "--company",
        "first",
        PORTAL_KEYS_FILE=str(key),
        PORTAL_CONFIG=str(ROOT / "tests" / "companies" / "portal.yaml"),
        PORTAL_DATABASE_URL="sqlite:///nowhere.db",
        PORTAL_FILES=str(tmp_path),
        PORTAL_MODE="demo",
    )
    assert done.returncode == 1 and b"fault of ours" not in done.stderr


def test_a_key_file_that_becomes_no_text_while_processes_run_stops_none_of_them(tmp_path, monkeypatch):
    ring, file = crypto.new_key_ring(), tmp_path / "keys.json"
    crypto.write_key_file(file, ring)
    before = crypto.keys()
    try:
        crypto.use_keys(ring, file)
        monkeypatch.setattr(crypto, "LOOK_AGAIN_SECONDS", 0.0)
        file.write_bytes(b"M\xe9")
        assert crypto.keys() == ring
        newer = ring.with_new_key("data")
        crypto.write_key_file(file, newer)
        assert crypto.keys() == newer
    finally:
        crypto.use_keys(before)


@pytest.mark.slow
def test_a_dash_is_standard_input_and_output(key, tmp_path):
    done = portal("mint", "--key", key, "--in", "-", "--out", "-", stdin=b"email\nper@example.org\n")
    assert done.returncode == 0 and done.stdout.count(b"https://") == 2
