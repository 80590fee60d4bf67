"""`portal config check` tells what works and is still unsafe: keys and data that one backup or one reader gets together (O4)."""

import os
from pathlib import Path

from portal.commands.config import doubts
from portal.settings import Settings, read_settings


def settings(folder: Path, **changed: str) -> Settings:
    return read_settings(
        {
            "PORTAL_DATABASE_URL": f"sqlite:///{folder}/data/portal.db",
            "PORTAL_KEYS": "{}",
            "PORTAL_FILES": str(folder / "files"),
            "PORTAL_JOURNAL": str(folder / "journal"),
            "PORTAL_SMTP_URL": "smtp://u:p@mail.example.org:587?tls=starttls",
            **changed,
        }
    )


def key_file(path: Path, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")
    path.chmod(mode)
    return path


def test_O4_keys_in_a_folder_of_their_own_raise_no_doubt(tmp_path: Path) -> None:
    assert doubts(settings(tmp_path), key_file(tmp_path / "keys" / "keys.json")) == []
    postgres = settings(tmp_path, PORTAL_DATABASE_URL="postgresql+psycopg://portal@localhost/portal")
    assert doubts(postgres, key_file(tmp_path / "data" / "keys.json")) == []


def test_O4_keys_that_one_backup_gets_together_with_the_data_are_told(tmp_path: Path) -> None:
    for folder, named in (
        ("data", "the database"),
        ("data/below", "the database"),
        ("files", "PORTAL_FILES"),
        ("journal", "PORTAL_JOURNAL"),
    ):
        said = doubts(settings(tmp_path), key_file(tmp_path / folder / "keys.json"))
        assert len(said) == 1
        assert f"PORTAL_KEYS_FILE lies with {named}" in said[0]
    link = tmp_path / "keys.json"
    os.symlink(tmp_path / "data" / "keys.json", link)
    assert len(doubts(settings(tmp_path), link)) == 1, "where a link leads counts"


def test_O4_keys_that_others_may_read_and_a_journal_beside_the_database_are_told(tmp_path: Path) -> None:
    assert "chmod 600" in doubts(settings(tmp_path), key_file(tmp_path / "keys" / "keys.json", 0o640))[0]
    beside = settings(tmp_path, PORTAL_JOURNAL=str(tmp_path / "data" / "journal"))
    assert "PORTAL_JOURNAL lies with the database" in doubts(beside, None)[0]


def test_the_demo_keeps_everything_together_and_is_not_doubted(tmp_path: Path) -> None:
    demo = settings(tmp_path, PORTAL_MODE="demo")
    assert doubts(demo, key_file(tmp_path / "data" / "keys.json", 0o644)) == []
