"""The adapter whose records stand in the configuration keeps the contract, and tells its mistakes."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.contract import AdapterError, ErasePlan, EraseReceipt, Fate, Identifier
from portal.adapters.map_check import check_maps
from portal.adapters.memory import DemoAdapter
from portal.adapters.testing import AdapterContract, Far, Setting
from portal.adapters.testing_choices import Choices, ChoicesContract
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
                {
                    "collection": "app.bills",
                    "key": "b1",
                    "belongs_to": "g1",
                    "fields": {
                        "paid": {"category": "user.payment", "value": "EUR 12.60"},
                        "remark": {"category": "user.content", "value": "for Maria's mother"},
                    },
                },
            ]
        },
        "collections": {
            "app.guests": note(obtained="since", correctable=["name"]),
            "app.stamps": note(),
            "app.bills": note(retention="books", fields={"remark": {"title": {"en": "R", "de": "R"}, "retention": "removed"}}),
        },
        "losses": {
            "stamps": {"text": {"en": "You lose 7 stamps.", "de": "Sie verlieren 7 Stempel."}, "collection": "app.stamps"}
        },
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

    @pytest.fixture
    def far(self, setting: Setting) -> Far:
        adapter = setting.adapter
        assert isinstance(adapter, DemoAdapter)

        def others() -> object:
            return [repr(now) for now in adapter._now() if now.record.key in ("g2", "s2")]

        return Far(
            others=others,
            own=lambda: repr([(now.identifiers, now.values) for now in adapter._now() if now.record.key not in ("g2", "s2")]),
            gone=("Maria", "5015", "2026-01-02", "tok-maria", "for Maria's mother", "7"),
            stranger=Identifier("email", "otto@example.org"),
            stays=("EUR 12.60",),
            grounds=("books",),
        )


def correctable_identifier(described: dict[str, Any]) -> None:
    described["settings"]["records"][0]["fields"]["mail"] = {"category": "user.contact.email", "value": "Maria@Example.org"}
    described["collections"]["app.guests"]["correctable"] = ["mail"]


class TestDemoChoices(ChoicesContract):
    @pytest.fixture
    def choices(self, tmp_path: Path) -> Choices:
        described = system()
        described["settings"]["consent"] = ["newsletter.email"]
        adapter = open_company(tmp_path, described)
        assert isinstance(adapter, DemoAdapter)

        def stands(key: str) -> bool | None:
            found = adapter.choice_of(key, "newsletter", "email")
            return found[0] if found else None

        return Choices(
            adapter,
            Identifier("email", "maria@example.org"),
            ("newsletter", "email"),
            lambda: stands("app.guests:g1"),
            lambda: stands("app.guests:g2"),
        )


def test_what_hangs_on_a_record_comes_with_it(tmp_path: Path) -> None:
    adapter = open_company(tmp_path, system())
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    assert [values(one) for one in found["app.stamps"]] == [{"count": 7}]
    assert str(found["app.guests"][0].values[0].obtained) == "2026-01-02"


def test_D12_only_what_is_correctable_is_corrected_and_read_back(tmp_path: Path) -> None:
    adapter = open_company(tmp_path, system())
    match = adapter.find(email("maria@example.org"))[0]
    adapter.correct(match, {("app.guests", "app.guests:g1", "name"): "Maria Berg"}, idempotency_key="c1")
    assert values(export(adapter, match)["app.guests"][0])["name"] == "Maria Berg"
    for place in (
        ("app.guests", "app.guests:g1", "postcode"),
        ("app.guests", "app.guests:g2", "name"),
        ("app.stamps", "app.guests:g1", "name"),
        ("app.guests", "app.guests:g1", "role"),
    ):
        changes = {("app.guests", "app.guests:g1", "name"): "Half Done", place: "x"}
        with pytest.raises(AdapterError, match="cannot be corrected"):
            adapter.correct(match, changes, idempotency_key="c2")
    assert values(export(adapter, match)["app.guests"][0])["name"] == "Maria Berg", "all or nothing"


def test_what_would_be_lost_is_named_only_where_it_would_be(tmp_path: Path) -> None:
    described = system()
    described["losses"]["few"] = {**described["losses"]["stamps"], "when": {"count": ["1", "2"]}}
    adapter = open_company(tmp_path, described)
    match = adapter.find(email("maria@example.org"))[0]
    assert adapter.plan_erase(match, lambda *_: True).losses == ("stamps",)
    assert adapter.plan_erase(match, lambda collection, *_: collection == "app.guests").losses == ()
    described["losses"] = {"name": {**described["losses"]["few"], "collection": "app.guests", "fields": ["name"], "when": {}}}
    adapter = open_company(tmp_path, described)
    assert adapter.plan_erase(match, lambda *_: True).losses == ("name",)
    assert adapter.plan_erase(match, lambda _collection, name, _category: name == "name").losses == ("name",)
    assert adapter.plan_erase(match, lambda _collection, name, _category: name == "postcode").losses == ()


def test_a_part_that_was_not_asked_for_stays(tmp_path: Path) -> None:
    adapter = open_company(tmp_path, system())
    match = adapter.find(email("maria@example.org"))[0]
    plan = adapter.plan_erase(match, lambda _collection, _name, category: category == "user.name")
    assert [(one.collection, one.fate, one.fields) for one in plan.items] == [("app.guests", Fate.OVERWRITE, ("name",))]
    adapter.erase(match, plan, idempotency_key="part")
    found = export(adapter, adapter.find(email("maria@example.org"))[0])
    assert values(found["app.guests"][0]) == {"name": None, "postcode": "5015", "since": "2026-01-02"}
    assert values(found["app.stamps"][0]) == {"count": 7}
    again = adapter.plan_erase(match, lambda _collection, _name, category: category == "user.name")
    assert again.items == (), "what went is not planned once more"


def test_what_came_after_an_old_erasure_is_not_touched_when_it_is_done_again(tmp_path: Path) -> None:
    adapter = open_company(tmp_path, system())
    match = adapter.find(email("maria@example.org"))[0]
    assert adapter.plan_erase(match, lambda *_: True, not_after=datetime(2026, 1, 1, tzinfo=UTC)).items == ()
    assert adapter.plan_erase(match, lambda *_: True, not_after=datetime(2026, 1, 3, tzinfo=UTC)).items != ()


def test_every_adapter_of_one_place_sees_the_same_and_a_file_outlives_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_CHANGES", str(tmp_path / "changes.json"))
    for described in (system(), {**system(), "settings": {**system()["settings"], "changes": {"env": "APP_CHANGES"}}}):
        folder = tmp_path / ("file" if "changes" in described["settings"] else "memory")
        one, other = open_company(folder, described), open_company(folder, described)
        match = one.find(email("maria@example.org"))[0]
        receipt = one.erase(match, one.plan_erase(match, lambda *_: True), idempotency_key="k")
        assert other.find(email("maria@example.org")) == []
        assert other.erase(match, ErasePlan(()), idempotency_key="k") == receipt
    assert "Maria" not in (tmp_path / "changes.json").read_text()


def test_D11_a_key_that_was_used_for_one_record_is_refused_for_another(tmp_path: Path) -> None:
    adapter = open_company(tmp_path, system())
    maria, otto = (adapter.find(email(address))[0] for address in ("maria@example.org", "otto@example.org"))
    assert isinstance(adapter.erase(maria, adapter.plan_erase(maria, lambda *_: True), idempotency_key="k"), EraseReceipt)
    with pytest.raises(AdapterError, match="belongs to another record"):
        adapter.erase(otto, adapter.plan_erase(otto, lambda *_: True), idempotency_key="k")
    with pytest.raises(AdapterError, match="belongs to another record"):
        adapter.probe(otto, ErasePlan(()), idempotency_key="k")
    assert len(adapter.find(email("otto@example.org"))) == 1


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "twice the key": (lambda one: one["settings"]["records"][1].update(key="g1"), "stands twice"),
    "belongs to nothing": (lambda one: one["settings"]["records"][2].update(belongs_to="g9"), "No record with identifiers"),
    "unknown category": (
        lambda one: one["settings"]["records"][2]["fields"]["count"].update(category="user.behaviour"),
        "user.behavior",
    ),
    "unknown key": (lambda one: one["settings"]["records"][2].update(fieds={}), "Did you mean `fields`"),
    "a correctable identifier": (correctable_identifier, "is changed by the person"),
    "a correctable nothing": (lambda one: one["collections"]["app.guests"].update(correctable=["nmae"]), "Take it out"),
    "a loss of nothing": (lambda one: one["losses"]["stamps"].update(collection="app.other"), "Name a collection"),
    "a loss of no field": (lambda one: one["losses"]["stamps"].update(fields=["number"]), "Name a field"),
    "a loss by nothing": (lambda one: one["losses"]["stamps"].update(when={"number": ["1"]}), "Name a field"),
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
