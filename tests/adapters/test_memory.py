"""The adapter whose records stand in the configuration keeps the contract, and tells its mistakes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.contract import Identifier
from portal.adapters.map_check import check_maps
from portal.adapters.testing import AdapterContract, Setting
from portal.core.documents import DocumentError
from tests.adapters.companies import email, export, note, open_company, values, write_company


def system() -> dict[str, Any]:
    return {
        "kind": "demo",
        "settings": {
            "records": [
                {
                    "collection": "app.guests",
                    "key": "g1",
                    "identifiers": {"email": "Maria@Example.org"},
                    "fields": {
                        "name": {"category": "user.name", "value": "Maria Vik"},
                        "postcode": {"category": "user.contact.address.postal_code", "value": "5015"},
                        "since": {"category": "user.account", "value": "2026-01-02"},
                        "token": {"category": "user.authorization", "value": "tok-maria"},
                    },
                },
                {
                    "collection": "app.guests",
                    "key": "g2",
                    "identifiers": {"email": "otto@example.org"},
                    "fields": {"name": {"category": "user.name", "value": "Otto Vik"}},
                },
                {
                    "collection": "app.stamps",
                    "key": "s1",
                    "belongs_to": "g1",
                    "fields": {"count": {"category": "user.behavior", "value": 7}},
                },
                {
                    "collection": "app.stamps",
                    "key": "s2",
                    "belongs_to": "g2",
                    "fields": {"count": {"category": "user.behavior", "value": 8}},
                },
            ]
        },
        "collections": {"app.guests": note(obtained="since"), "app.stamps": note()},
        "tells_apart": {"name": ["app.guests.name"]},
        "proof": {"postcode": "app.guests.postcode"},
    }


class TestDemo(AdapterContract):
    @pytest.fixture
    def setting(self, tmp_path: Path) -> Setting:
        return Setting(
            adapter=open_company(tmp_path, system()),
            found=Identifier("email", "maria@example.org"),
            strangers=("Otto", "8"),
            secrets=("tok-maria",),
            values=("Maria Vik", "7"),
            proof={"postcode": "5015"},
            tells_apart={"name": "Maria Vik"},
        )


def test_what_hangs_on_a_record_comes_with_it(tmp_path: Path) -> None:
    adapter = open_company(tmp_path, system())
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    assert [values(one) for one in found["app.stamps"]] == [{"count": 7}]
    assert str(found["app.guests"][0].values[0].obtained) == "2026-01-02"


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "twice the key": (lambda one: one["settings"]["records"][1].update(key="g1"), "stands twice"),
    "belongs to nothing": (lambda one: one["settings"]["records"][2].update(belongs_to="g9"), "No record with identifiers"),
    "unknown category": (
        lambda one: one["settings"]["records"][2]["fields"]["count"].update(category="user.behaviour"),
        "user.behavior",
    ),
    "unknown key": (lambda one: one["settings"]["records"][2].update(fieds={}), "Did you mean `fields`"),
    "a note on nothing": (lambda one: one["collections"].update({"app.other": note()}), "No record is in"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    described = system()
    change, remedy = MISTAKES[name]
    change(described)
    with pytest.raises(DocumentError) as caught:
        open_company(tmp_path, described)
    assert remedy in str(caught.value)
    assert caught.value.line > 1


def test_the_map_check_names_company_system_and_remedy(tmp_path: Path) -> None:
    described = system()
    assert check_maps(write_company(tmp_path / "good", described).config) == []
    del described["collections"]["app.stamps"]
    told = check_maps(write_company(tmp_path / "bad", described).config)
    assert len(told) == 1
    assert told[0].startswith("first/backend: ")
    assert "Add `app.stamps:`" in told[0]
    described["settings"]["records"][0]["key"] = "not a key!"
    assert "pattern" in check_maps(write_company(tmp_path / "worse", described).config)[0]
