"""The adapter for systems on the web, against a real server in another process: honest, and hostile in every way we know."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.contract import Adapter, AdapterError, Identifier, Match, TryLater
from portal.adapters.remote import is_under
from portal.adapters.testing import AdapterContract, Setting
from portal.core.documents import DocumentError
from tests.adapters.companies import email, export, note, open_company, values, write_company

ROOT = Path(__file__).parents[2]
MARIA = email("maria@example.org")
MATCH = Match("crm.people:7", "email", "Maria@Example.org")


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def asked(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


Serve = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server in a mode; all are ended afterwards."""
    started: list[Server] = []

    def start(mode: str, elsewhere: str = "") -> Server:
        place = tmp_path / f"server{len(started)}"
        place.with_suffix(".elsewhere").write_text(elsewhere)
        process = subprocess.Popen([sys.executable, "-m", "tests.adapters.remote_server", mode, place], cwd=ROOT)
        until = time.monotonic() + 20
        while not (place.exists() and place.read_text()):
            assert time.monotonic() < until
            time.sleep(0.02)
        server = Server(process, f"http://127.0.0.1:{place.read_text()}/privacy", place.with_suffix(".log"))
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


def system(url: str, **settings: Any) -> dict[str, Any]:
    os.environ["CRM_SECRET"] = "the-secret"
    return {
        "kind": "http",
        "settings": {
            "url": url,
            "secret": {"env": "CRM_SECRET"},
            "timeout_seconds": 15,
            "export_timeout_seconds": 15,
            **settings,
        },
        "collections": {"crm.people": note(), "crm.calls": note()},
        "tells_apart": {"name": ["crm.people.name"]},
        "proof": {"postcode": "crm.people.postcode"},
    }


@pytest.fixture
def open_to(tmp_path: Path) -> Iterator[Callable[..., Adapter]]:
    opened: list[Adapter] = []

    def open_(server: Server, **settings: Any) -> Adapter:
        opened.append(open_company(tmp_path / "company", system(server.url, **settings)))
        return opened[-1]

    yield open_
    for adapter in opened:
        adapter.close()


Open = Callable[..., Adapter]


class TestHttp(AdapterContract):
    @pytest.fixture
    def setting(self, serve: Serve, open_to: Open) -> Setting:
        server = serve("honest")
        return Setting(
            adapter=open_to(server),
            found=Identifier("email", "maria@example.org"),
            strangers=("otto@example.org",),
            secrets=("hunter2", "4111111111111111"),
            values=("Maria Vik", "beans"),
            proof={"postcode": "5015"},
            tells_apart={"name": "Maria Vik"},
            break_it=server.stop,
        )


@pytest.mark.parametrize("mode", ["drips_body", "drips_headers", "hangs"])
def test_D8_a_dripping_remote_ends_at_the_deadline(mode: str, serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve(mode), timeout_seconds=1)
    start = time.monotonic()
    with pytest.raises(TryLater):
        adapter.find(MARIA)
    assert time.monotonic() - start < 10


def test_D8_a_dripping_export_ends_at_its_deadline(serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve("drips_headers"), timeout_seconds=1, export_timeout_seconds=2)
    start = time.monotonic()
    with pytest.raises(TryLater):
        list(adapter.export(MATCH))
    assert time.monotonic() - start < 10


def test_D9_an_endless_answer_is_cut_at_the_cap(serve: Serve, open_to: Open) -> None:
    with pytest.raises(AdapterError, match="larger than 1000000 bytes"):
        open_to(serve("floods")).find(MARIA)


def test_D9_a_compressed_answer_is_not_unpacked(serve: Serve, open_to: Open) -> None:
    with pytest.raises(AdapterError, match="compressed"):
        open_to(serve("gzip_bomb")).find(MARIA)


def test_D9_a_line_without_end_is_refused(serve: Serve, open_to: Open) -> None:
    with pytest.raises(AdapterError, match="a line above"):
        list(open_to(serve("long_line")).export(MATCH))


def test_D9_an_export_above_its_cap_is_refused(serve: Serve, open_to: Open) -> None:
    with pytest.raises(AdapterError, match="larger than 100 bytes"):
        list(open_to(serve("honest"), export_bytes=100).export(MATCH))


def test_D7_a_redirect_is_not_followed_and_the_secret_stays(serve: Serve, open_to: Open) -> None:
    elsewhere = serve("honest")
    adapter = open_to(serve("redirects", elsewhere=f"{elsewhere.url}/find"))
    with pytest.raises(AdapterError, match="elsewhere"):
        adapter.find(MARIA)
    assert elsewhere.asked() == ""


@pytest.mark.parametrize(
    ("link", "under"),
    [
        ("https://crm.example/api/next?page=2", True),
        ("https://crm.example:443/api/next", True),
        ("https://crm.example/api/../admin", False),
        ("https://crm.example/api/%2e%2e/admin", False),
        ("https://crm.example/apis", False),
        ("https://crm.example/", False),
        ("http://crm.example/api/next", False),
        ("https://crm.example:8443/api/next", False),
        ("https://crm.example.evil.example/api/next", False),
        ("https://crm.example@evil.example/api/next", False),
        ("https://user@crm.example/api/next", False),
        ("https://crm.example\\@evil.example/api/next", False),
        ("//evil.example/api/next", False),
        ("https://crm.example:x/api/next", False),
    ],
)
def test_D7_only_addresses_below_the_configured_one_are_followed(link: str, under: bool) -> None:
    assert is_under(link, "https://crm.example/api/") is under


@pytest.mark.parametrize("mode", ["html", "html_as_json", "other_types", "more_fields", "twice_the_key"])
def test_D10_rubbish_is_an_error_that_repeats_nothing(mode: str, serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve(mode))
    with pytest.raises(AdapterError) as caught:
        adapter.find(MARIA)
    assert "maria" not in str(caught.value).lower()
    assert caught.value.__context__ is None
    with pytest.raises(AdapterError):
        list(adapter.export(MATCH))
    assert not adapter.check().ok


def test_D10_another_persons_record_is_refused_and_never_shown(serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve("another_record"))
    with pytest.raises(AdapterError, match="another person's record"):
        list(adapter.export(MATCH))
    with pytest.raises(AdapterError, match="another record"):
        adapter.proof_values(MATCH, ["postcode"])


def test_D14_an_export_that_was_cut_is_not_taken_for_all_there_is(serve: Serve, open_to: Open) -> None:
    with pytest.raises(TryLater, match="broke off"):
        list(open_to(serve("no_end")).export(MATCH))
    with pytest.raises(TryLater):
        open_to(serve("breaks_off")).find(MARIA)


def test_an_unknown_category_is_refused(serve: Serve, open_to: Open) -> None:
    with pytest.raises(AdapterError, match="category"):
        list(open_to(serve("other_category")).export(MATCH))


def test_a_busy_system_says_when_to_come_back(serve: Serve, open_to: Open) -> None:
    with pytest.raises(TryLater) as caught:
        open_to(serve("busy")).find(MARIA)
    assert caught.value.after == 17


def test_a_wrong_secret_is_told_as_such(serve: Serve, open_to: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve("honest")
    settings = system(server.url)
    monkeypatch.setenv("CRM_SECRET", "stale")
    adapter = open_company(server.log.parent / "company", settings)
    with pytest.raises(AdapterError, match="Renew it"):
        adapter.find(MARIA)
    adapter.close()


def test_no_proxy_of_the_environment_is_used(serve: Serve, open_to: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve("honest"), serve("honest")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    assert open_to(server).find(MARIA)
    assert proxy.asked() == ""


def test_values_carry_the_notes_and_dates(serve: Serve, open_to: Open) -> None:
    found = export(open_to(serve("honest")), MATCH)
    person = found["crm.people"][0]
    assert values(person) == {"name": "Maria Vik", "note": {"text": ["paid with [•••]"]}}
    assert person.values[0].obtained is not None
    assert {one.name for one in person.withheld} == {"password", "note"}


def test_a_collection_without_a_note_is_closed_with_a_remedy(serve: Serve, tmp_path: Path) -> None:
    settings = system(serve("honest").url)
    del settings["collections"]["crm.calls"]
    adapter = open_company(tmp_path / "company", settings)
    assert adapter.scope().collections == ("crm.people",)
    assert "Add `crm.calls:`" in adapter.scope().closed["crm.calls"]
    assert set(export(adapter, MATCH)) == {"crm.people"}
    adapter.close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://crm.example/api", "without TLS"),
        ("https://crm.example/api?x=1", "more than a base"),
        ("https://u:p@crm.example/", "more than a base"),
    ],
)
def test_an_unsafe_address_does_not_load(url: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=problem):
        open_company(tmp_path, system(url))


def test_a_missing_secret_does_not_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = system("https://crm.example/api")
    monkeypatch.delenv("CRM_SECRET")
    place = write_company(tmp_path, settings)
    from portal.adapters.registry import open_adapter

    with pytest.raises(DocumentError, match="CRM_SECRET"):
        open_adapter(place)
