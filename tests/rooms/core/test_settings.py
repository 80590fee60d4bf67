"""The environment: every setting is checked, every mistake says what to do, unsafe ones do not start (O5)."""

import pytest

from portal.settings import SettingsError, read_settings

GOOD = {
    "PORTAL_DATABASE_URL": "sqlite:///x.db",
    "PORTAL_KEYS": "{}",
    "PORTAL_FILES": "files",
    "PORTAL_JOURNAL": "journal",
    "PORTAL_SMTP_URL": "smtp://u:p@mail.example.org:587?tls=starttls",
}


def test_a_complete_environment_is_read():
    settings = read_settings(GOOD)
    assert settings.trusted_hops == 0
    assert not settings.is_demo


def test_the_demo_keeps_its_journal_beside_its_files():
    demo = {name: value for name, value in GOOD.items() if name != "PORTAL_JOURNAL"}
    settings = read_settings({**demo, "PORTAL_MODE": "demo", "PORTAL_FILES": "/var/demo/files"})
    assert str(settings.journal_folder) == "/var/demo/journal"
    assert str(read_settings(GOOD).journal_folder) == "journal"


def test_a_secret_may_stand_in_a_file(tmp_path):
    file = tmp_path / "url"
    file.write_text("sqlite:///y.db\n")
    environment = {**GOOD, "PORTAL_DATABASE_URL_FILE": str(file)}
    del environment["PORTAL_DATABASE_URL"]
    assert read_settings(environment).database_url == "sqlite:///y.db"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="PORTAL_DATABASE_URL_FILE names a file that cannot be read"):
        read_settings(environment)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"PORTAL_DATABASE_URL": None}, "PORTAL_DATABASE_URL is not set"),
        ({"PORTAL_KEYS": None}, "PORTAL_KEYS is not set"),
        ({"PORTAL_TRUSTED_HOPS": "many"}, "PORTAL_TRUSTED_HOPS"),
        ({"PORTAL_DEBUG": "1"}, "not a setting"),
        ({"PORTAL_BIND_FILE": "x"}, "not a setting"),
        ({"PORTAL_DATABASE_URL_FILE": "/nowhere/at/all"}, "cannot be read"),
        ({"PORTAL_SMTP_URL": None}, "Nobody can sign in"),
        ({"PORTAL_SMTP_URL": "mail.example.org"}, "must look like"),
        ({"PORTAL_SMTP_URL": "smtp://mail.example.org?tls=off"}, "loopback only"),
        ({"PORTAL_MODE": "demo", "PORTAL_BIND": "0.0.0.0:8080"}, "loopback only"),
        ({"PORTAL_MODE": "demo", "PORTAL_BIND": "[::]:8080"}, "loopback only"),
        ({"PORTAL_MODE": "debug"}, "PORTAL_MODE"),
        ({"PORTAL_JOURNAL": None}, "PORTAL_JOURNAL is not set"),
    ],
)
def test_O5_what_is_missing_wrong_or_unsafe_does_not_start(change, words):
    environment = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(SettingsError, match=words):
        read_settings(environment)
