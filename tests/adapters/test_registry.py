"""Kinds of systems: the built-in ones, and plug-ins only where they are named."""

import subprocess
import sys
from pathlib import Path

import pytest

from portal.adapters.registry import BUILT_IN, known_kinds, open_adapter
from portal.core.documents import DocumentError
from tests.adapters.companies import write_company
from tests.adapters.test_memory import system

ROOT = Path(__file__).parents[2]
PLUGIN = """
from portal.adapters.contract import *
import pathlib, os
pathlib.Path(os.environ["MARK"]).touch()
class Mine(Adapter):
    can = Can()
    def check(self): return Health(True)
    def find(self, subject): raise RuntimeError("maria@example.org is in row 7")
    def proof_values(self, match, kinds): return {}
    def scope(self): return Export(("a.b",))
    def export(self, match):
        yield Record("a.b", "a.b:1", (Value("p", "user.authorization.password", "secret"), Value("n", "user.name", "4111111111111111")))
        raise RuntimeError("maria@example.org is in row 8")
def open_mine(place): return Mine()
"""
ASK = """
import sys
from pathlib import Path
from portal.adapters.contract import *
from portal.adapters.registry import BUILT_IN, known_kinds, open_adapter
from portal.config import load_config
from portal.settings import read_settings, use_settings
use_settings(read_settings({"PORTAL_MODE": "demo", "PORTAL_DATABASE_URL": "sqlite:///x.db", "PORTAL_KEYS": "x", "PORTAL_FILES": "x", "PORTAL_PLUGINS": sys.argv[2]}))
print(sorted(known_kinds()))
adapter = open_adapter(Place(load_config(Path(sys.argv[1])), "first", "backend"))
found = adapter.export(Match("a.b:1", "email", "x"))
print(next(found))
for ask in (lambda: next(found), lambda: adapter.find(Subject(()))):
    try:
        ask()
    except AdapterError as error:
        print(error, error.__context__)
"""


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An installed distribution with an adapter in it."""
    packages = tmp_path / "packages"
    info = packages / "mine-1.dist-info"
    info.mkdir(parents=True)
    (packages / "mine.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[portal.adapters]\nmine = mine:open_mine\nsql = mine:open_mine\n")
    return {"PYTHONPATH": f"{packages}:{ROOT}", "MARK": str(tmp_path / "loaded"), "PATH": "/usr/bin:/bin"}


def ask(folder: Path, environment: dict[str, str], allowed: str) -> subprocess.CompletedProcess[str]:
    described = system() | {"kind": "mine", "settings": {}, "collections": {}, "tells_apart": {}, "proof": {}}
    write_company(folder, described)
    return subprocess.run(
        [sys.executable, "-c", ASK, folder / "portal.yaml", allowed], env=environment, capture_output=True, text=True, check=False
    )


def test_D6_an_installed_plugin_is_not_loaded_unless_it_is_named(tmp_path: Path, installed: dict[str, str]) -> None:
    answer = ask(tmp_path / "company", installed, "")
    assert answer.stdout.startswith("['demo', 'http', 'manual', 'sql']")
    assert "`mine` is not a kind of system" in answer.stderr
    assert not Path(installed["MARK"]).exists()


def test_D6_a_named_plugin_is_loaded_and_held_to_what_the_house_promises(tmp_path: Path, installed: dict[str, str]) -> None:
    answer = ask(tmp_path / "company", installed, "mine,sql")
    assert answer.returncode == 0, answer.stderr
    kinds, record, *errors = answer.stdout.splitlines()
    assert kinds == "['demo', 'http', 'manual', 'mine', 'sql']"
    assert "user.authorization.password" in record
    assert "user.financial.credit_card" in record
    assert "secret" not in record
    assert len(errors) == 2
    assert all("maria" not in error and "RuntimeError" in error and error.endswith("None") for error in errors)


def test_an_unknown_kind_is_told_with_those_that_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Other tests of this process may have added a kind of their own.
    monkeypatch.delitem(BUILT_IN, "far", raising=False)
    place = write_company(tmp_path, {"kind": "sqll", "settings": {}})
    with pytest.raises(DocumentError, match="Known are: demo, http, manual, sql"):
        open_adapter(place)
    assert known_kinds() == {"demo", "http", "manual", "sql"}
