"""The kind for what nobody can ask: it says what may be there, never that nothing is, and leaves the rest to a person."""

from pathlib import Path
from typing import Any

import pytest

from portal.adapters.contract import Adapter, AdapterError, EraseKind, Fate, Identifier, Match, Pending, Subject
from portal.adapters.map_check import check_maps
from portal.core import clock
from portal.core.documents import DocumentError
from tests.adapters.companies import email, note, open_company, write_company

MARIA = email("maria@example.org")


def system(**holds: list[str]) -> dict[str, Any]:
    return {
        "kind": "manual",
        "settings": {
            "holds": {
                "cabinet.letters": ["user.content", "user.contact"],
                "cabinet.bills": ["user.financial"],
                **{f"cabinet.{key}": value for key, value in holds.items()},
            },
            "task": "Cellar, room 2.",
        },
        "collections": {"cabinet.letters": note(retention="removed"), "cabinet.bills": note(retention="books")},
    }


@pytest.fixture
def cabinet(tmp_path: Path) -> Adapter:
    return open_company(tmp_path, system())


def match_of(cabinet: Adapter, subject: Subject = MARIA) -> Match:
    return cabinet.find(subject)[0]


def test_it_says_that_it_cannot_be_asked_and_a_person_has_to(cabinet: Adapter) -> None:
    assert (cabinet.can.find, cabinet.can.export, cabinet.can.probe) == (False, False, False)
    assert cabinet.can.erase is EraseKind.REQUEST
    assert cabinet.check().ok


def test_whoever_asks_is_named_once_by_an_identifier_that_they_proved(cabinet: Adapter) -> None:
    both = Subject((Identifier("email", "maria@example.org"), Identifier("phone", "+4799999999")))
    assert [(one.kind, one.stored) for one in cabinet.find(both)] == [("email", "maria@example.org")]
    assert cabinet.find(Subject(())) == []


def test_the_plan_is_what_portal_yaml_says_with_the_law_that_keeps_it_and_no_invented_count(cabinet: Adapter) -> None:
    plan = cabinet.plan_erase(match_of(cabinet), lambda *_: True)
    assert [(one.collection, one.fate, one.count, one.ground) for one in plan.items] == [
        ("cabinet.letters", Fate.ERASE, 0, ""),
        ("cabinet.bills", Fate.KEEP, 0, "books"),
    ]
    some = cabinet.plan_erase(match_of(cabinet), lambda _collection, _field, category: category == "user.contact")
    assert [(one.collection, one.categories) for one in some.items] == [("cabinet.letters", ("user.contact",))]


def test_no_restored_backup_makes_a_person_go_to_the_cellar_again(cabinet: Adapter) -> None:
    assert cabinet.plan_erase(match_of(cabinet), lambda *_: True, not_after=clock.now()).items == ()


def test_an_erasure_is_a_task_and_never_a_receipt(cabinet: Adapter) -> None:
    match = match_of(cabinet)
    plan = cabinet.plan_erase(match, lambda *_: True)
    for _twice in range(2):
        answer = cabinet.erase(match, plan, idempotency_key="case-1-step-1")
        assert isinstance(answer, Pending)
        assert answer.task == "case-1-step-1"
    assert cabinet.probe(match, plan, idempotency_key="case-1-step-1") is None


def test_D2_nothing_is_planned_read_or_asked_for_a_record_that_was_made_up(cabinet: Adapter) -> None:
    false = Match("cabinet.letters:1", "email", "maria@example.org")
    plan = cabinet.plan_erase(match_of(cabinet), lambda *_: True)
    with pytest.raises(AdapterError):
        cabinet.plan_erase(false, lambda *_: True)
    with pytest.raises(AdapterError):
        cabinet.erase(false, plan, idempotency_key="x")
    with pytest.raises(AdapterError):
        list(cabinet.export(match_of(cabinet)))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"letters": ["person.shoe"]}, "person.shoe"),
        ({"tapes": ["user.content"]}, "has no note"),
        ({"letters": ["system.operations"]}, "holds nothing about a person"),
    ],
)
def test_a_mistake_in_its_settings_is_told_with_its_line(tmp_path: Path, more: dict[str, list[str]], words: str) -> None:
    place = write_company(tmp_path, system(**more))
    with pytest.raises(DocumentError) as caught:
        open_company(tmp_path / "again", system(**more))
    assert words in str(caught.value)
    assert "portal.yaml" in check_maps(place.config)[0]
