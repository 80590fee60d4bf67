"""Erasing and keeping choices over the web, by requests that portal.yaml describes, against a real server that is honest or lies."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.contract import (
    Adapter,
    AdapterError,
    ChoiceToWrite,
    EraseKind,
    EraseReceipt,
    Fate,
    Identifier,
    Match,
    Pending,
    TryLater,
)
from portal.adapters.testing import AdapterContract, Setting
from portal.adapters.testing_choices import Choices, ChoicesContract
from portal.core import clock
from portal.core.documents import DocumentError
from tests.adapters.companies import email, note, open_company
from tests.adapters.test_http import MARIA, MATCH, Open, Serve, Server, open_to, serve, system

__all__ = ["open_to", "serve"]

PROBE = {"path": "probe", "body": {"try": "{idempotency_key}"}}
ERASE: dict[str, Any] = {
    "path": "erase",
    "body": {"record": "{key}", "collections": "{collections}"},
    "echo": {"record": "{key}"},
    "expect": {"state": "erased"},
    "task": "task",
}
CONSENT: dict[str, Any] = {
    "choices": ["newsletter.email"],
    "write": {"path": "say", "body": {"record": "{key}", "yes": "{allowed}", "sequence": "{sequence}"}},
    "read": {"path": "said", "body": {"record": "{key}"}, "field": "allowed", "sequence": "number"},
}


def everything(*_: str) -> bool:
    return True


def sent(server: Server) -> list[list[Any]]:
    file = server.log.with_suffix(".sent")
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def erase(adapter: Adapter, key: str = "case-1-step-1") -> EraseReceipt | Pending:
    return adapter.erase(MATCH, adapter.plan_erase(MATCH, everything), idempotency_key=key)


class TestHttpThatErases(AdapterContract):
    @pytest.fixture
    def setting(self, serve: Serve, open_to: Open) -> Setting:
        server = serve("honest")
        return Setting(
            adapter=open_to(server, erase=ERASE, consent=CONSENT),
            found=Identifier("email", "maria@example.org"),
            strangers=("otto@example.org",),
            secrets=("hunter2", "4111111111111111"),
            values=("Maria Vik", "beans"),
            proof={"postcode": "5015"},
            break_it=server.stop,
        )


class TestHttpChoices(ChoicesContract):
    @pytest.fixture
    def choices(self, serve: Serve, open_to: Open) -> Choices:
        server = serve("honest")

        def stands() -> bool | None:
            said = [asked["yes"] for path, _key, asked in sent(server) if path == "say"]
            return said[-1] if said else None

        return Choices(
            adapter=open_to(server, consent=CONSENT),
            found=Identifier("email", "maria@example.org"),
            choice=("newsletter", "email"),
            stands=stands,
            others=lambda: [asked for _path, _key, asked in sent(server) if asked["record"] != MATCH.key],
            break_it=server.stop,
        )


def test_a_record_is_erased_by_the_configured_request_under_its_key_and_read_again(serve: Serve, open_to: Open) -> None:
    server = serve("honest")
    adapter = open_to(server, erase=ERASE)
    assert (adapter.can.erase, adapter.can.probe) == (EraseKind.REQUEST, True)
    plan = adapter.plan_erase(MATCH, everything)
    assert [(one.collection, one.fate, one.count) for one in plan.items] == [
        ("crm.people", Fate.ERASE, 1),
        ("crm.calls", Fate.ERASE, 1),
    ]
    assert sent(server) == []
    receipt = erase(adapter)
    assert isinstance(receipt, EraseReceipt)
    assert (receipt.items, receipt.left, receipt.kept) == (plan.items, (), ())
    assert sent(server) == [["erase", "case-1-step-1", {"record": "crm.people:7", "collections": ["crm.calls", "crm.people"]}]]
    assert adapter.find(MARIA) == []
    with pytest.raises(AdapterError, match="no longer there"):
        adapter.erase(MATCH, plan, idempotency_key="case-1-step-1")
    assert adapter.probe(MATCH, plan, idempotency_key="case-1-step-1") is not None


def test_D10_a_system_that_says_erased_and_did_nothing_is_found_out(serve: Serve, open_to: Open) -> None:
    receipt = erase(open_to(serve("erases_nothing"), erase=ERASE))
    assert isinstance(receipt, EraseReceipt)
    assert {(one.collection, one.count) for one in receipt.left} == {("crm.people", 1), ("crm.calls", 1)}


def test_D11_an_answer_about_another_record_is_never_taken_for_ours(serve: Serve, open_to: Open) -> None:
    with pytest.raises(AdapterError, match="another record") as caught:
        erase(open_to(serve("erases_another"), erase=ERASE))
    assert "maria" not in str(caught.value).lower()
    assert caught.value.__context__ is None


def test_an_answer_that_does_not_confirm_is_no_receipt(serve: Serve, open_to: Open) -> None:
    with pytest.raises(AdapterError, match="does not confirm"):
        erase(open_to(serve("confirms_nothing"), erase=ERASE))


def test_202_is_taken_and_done_later_and_the_probe_says_when(serve: Serve, open_to: Open) -> None:
    server = serve("erases_later")
    adapter = open_to(server, erase={**ERASE, "probe": PROBE})
    plan = adapter.plan_erase(MATCH, everything)
    never = adapter.probe(MATCH, plan, idempotency_key="case-1-step-1")
    assert isinstance(never, EraseReceipt)
    assert never.items == ()
    assert never.left, "it never arrived, so it may be begun again"
    assert erase(adapter) == Pending("t-7", after=33)
    assert adapter.probe(MATCH, plan, idempotency_key="case-1-step-1") == Pending("case-1-step-1", after=33)
    done = adapter.probe(MATCH, plan, idempotency_key="case-1-step-1")
    assert isinstance(done, EraseReceipt)
    assert (done.items, done.left) == (plan.items, ())
    assert [path for path, _key, _asked in sent(server)].count("erase") == 1


def test_E2_after_a_call_that_broke_off_reading_says_whether_it_was_done(serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve("erases_and_dies"), erase=ERASE)
    plan = adapter.plan_erase(MATCH, everything)
    with pytest.raises(TryLater):
        adapter.erase(MATCH, plan, idempotency_key="case-1-step-1")
    done = adapter.probe(MATCH, plan, idempotency_key="case-1-step-1")
    assert isinstance(done, EraseReceipt)
    assert (done.items, done.left) == (plan.items, ())


def test_without_a_request_for_that_what_is_still_there_is_in_doubt(serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve("honest"), erase=ERASE)
    assert adapter.probe(MATCH, adapter.plan_erase(MATCH, everything), idempotency_key="k") is None


def open_with_law(server: Server, tmp_path: Path, **erase: Any) -> Adapter:
    described = system(server.url, erase={**ERASE, **erase})
    described["collections"]["crm.calls"] = note(retention="books")
    return open_company(tmp_path / "law", described)


def test_what_a_law_keeps_is_not_in_the_request_and_is_listed_with_its_day(serve: Serve, tmp_path: Path) -> None:
    server = serve("honest")
    adapter = open_with_law(server, tmp_path)
    receipt = erase(adapter)
    assert isinstance(receipt, EraseReceipt)
    assert [asked["collections"] for _path, _key, asked in sent(server)] == [["crm.people"]]
    assert [(one.collection, one.ground) for one in receipt.kept] == [("crm.calls", "books")]
    assert receipt.left == ()
    adapter.close()


def test_E9_a_request_that_would_take_what_has_to_stay_is_never_sent(serve: Serve, tmp_path: Path) -> None:
    server = serve("honest")
    adapter = open_with_law(server, tmp_path, body={"record": "{key}"})
    with pytest.raises(AdapterError, match="would take what has to stay"):
        adapter.plan_erase(MATCH, everything)
    assert sent(server) == []
    adapter.close()


def test_a_part_of_a_collection_is_never_erased_whole(serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve("honest"), erase=ERASE)
    with pytest.raises(AdapterError, match="whole collections only"):
        adapter.plan_erase(MATCH, lambda _collection, _name, category: category == "user.name")
    some = adapter.plan_erase(MATCH, lambda collection, *_: collection == "crm.calls")
    assert [one.collection for one in some.items] == ["crm.calls"]


def test_D2_a_match_that_was_made_up_erases_nothing(serve: Serve, open_to: Open) -> None:
    server = serve("honest")
    adapter = open_to(server, erase=ERASE)
    plan = adapter.plan_erase(MATCH, everything)
    for false in (Match(MATCH.key, "email", "nobody@example.org"), Match("crm.people:8", "email", MATCH.stored)):
        with pytest.raises(AdapterError, match="no longer there"):
            adapter.erase(false, plan, idempotency_key="x")
    assert sent(server) == []


def test_what_came_since_an_old_erasure_is_not_erased_with_it_again(serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve("honest"), erase=ERASE)
    with pytest.raises(AdapterError, match="came since"):
        adapter.plan_erase(MATCH, everything, not_after=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_choice_that_the_system_did_not_keep_is_not_confirmed(serve: Serve, open_to: Open) -> None:
    adapter = open_to(serve("forgets_choices"), consent=CONSENT)
    receipt = adapter.write_consent(
        email("maria@example.org"), ChoiceToWrite("newsletter", "email", "", False, 1, clock.now()), idempotency_key="s"
    )
    assert (receipt.found, receipt.confirmed) == (True, False)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"erase": {"path": "erase"}}, "does not say whose record"),
        ({"erase": {"path": "erase", "body": {"record": "{key}", "who": "{passwort}"}}}, "`{passwort}` is not known"),
        ({"erase": {**ERASE, "probe": {"path": "probe"}}}, "does not say whose record"),
        ({"consent": {**CONSENT, "write": {"path": "say", "body": {"record": "{key}"}}}}, "does not say what was chosen"),
    ],
)
def test_a_request_that_cannot_be_right_does_not_load(tmp_path: Path, settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(DocumentError, match=problem):
        open_company(tmp_path, system("https://crm.example/api", **settings))
