"""The test class that every adapter has to pass, for ours and for yours: inherit it, say how your adapter is opened, run pytest.

Must never ask for more than the contract promises, nor for less.

    class TestMine(AdapterContract):
        @pytest.fixture
        def setting(self, tmp_path):
            return Setting(adapter=..., found=Identifier("email", "maria@example.org"), ...)
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from portal.adapters.contract import Adapter, AdapterError, Identifier, Match, Record, Subject, TryLater
from portal.adapters.never_leaves import reason_to_withhold, withhold

UNKNOWN = Identifier("email", "nobody-at-all@example.org")


@dataclass(frozen=True, slots=True)
class Setting:
    """An opened adapter over a system that you filled, and what is in it.

    `found` leads to exactly one record; `secrets` are values of that person that must never come out; `strangers` are values of
    other persons; `proof` are values the record is recognised by; `break_it` makes the system unreachable for good.
    """

    adapter: Adapter
    found: Identifier
    strangers: tuple[str, ...]
    secrets: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    proof: dict[str, str] = field(default_factory=dict)
    tells_apart: dict[str, str] = field(default_factory=dict)
    break_it: Callable[[], None] | None = None


class AdapterContract:
    """What the portal relies on. Give a fixture `setting` that returns a `Setting`."""

    def test_a_person_is_found_as_stored(self, setting: Setting) -> None:
        match = self._match(setting)
        assert match.kind == setting.found.kind
        assert match.stored.strip().lower() == setting.found.value.lower()
        for kind, value in setting.tells_apart.items():
            assert match.tells_apart.get(kind) == value

    def test_the_case_of_an_address_does_not_matter(self, setting: Setting) -> None:
        louder = Identifier(setting.found.kind, setting.found.value.upper())
        assert [one.key for one in setting.adapter.find(Subject((louder,)))] == [self._match(setting).key]

    def test_an_unknown_address_finds_nothing(self, setting: Setting) -> None:
        assert setting.adapter.find(Subject((UNKNOWN,))) == []

    def test_a_kind_that_the_system_does_not_know_finds_nothing(self, setting: Setting) -> None:
        assert setting.adapter.find(Subject((Identifier("shoe_size", "42"),))) == []

    def test_wildcards_and_quotes_in_an_address_are_only_letters(self, setting: Setting) -> None:
        name, _, domain = setting.found.value.partition("@")
        for value in (
            f"%@{domain}",
            f"{name[:-1]}_@{domain}",
            "%",
            f"{setting.found.value}' OR '1'='1",
            '"',
            "\\",
            "%00",
            "'; --",
        ):
            assert setting.adapter.find(Subject((Identifier(setting.found.kind, value),))) == []

    def test_the_same_question_has_the_same_answer(self, setting: Setting) -> None:
        assert self._match(setting).key == self._match(setting).key
        assert self._records(setting) == self._records(setting)

    def test_everything_comes_out_once_with_all_that_the_law_asks(self, setting: Setting) -> None:
        records = self._records(setting)
        assert records
        keys = [(record.collection, record.key) for record in records]
        assert len(keys) == len(set(keys))
        for record in records:
            for value in record.values:
                assert value.name
                assert value.category
                assert value.source
                assert value.purpose
                assert value.retention
                json.dumps(value.value, allow_nan=False)
        text = _text(records)
        for wanted in setting.values:
            assert wanted in text

    def test_only_collections_in_scope_come_out(self, setting: Setting) -> None:
        scope = setting.adapter.scope()
        assert {record.collection for record in self._records(setting)} <= set(scope.collections)
        assert not set(scope.collections) & scope.closed.keys()

    def test_nothing_of_anyone_else_comes_out(self, setting: Setting) -> None:
        text = _text(self._records(setting))
        assert setting.strangers
        for value in setting.strangers:
            assert value not in text

    def test_D13_what_never_leaves_is_only_said_to_be_held(self, setting: Setting) -> None:
        records = self._records(setting)
        for record in records:
            assert all(reason_to_withhold(value.name, (value.category,)) is None for value in record.values)
            assert withhold(record) == record
        for secret in setting.secrets:
            assert secret not in _text(records)
        if setting.secrets:
            assert any(record.withheld for record in records)

    def test_proof_values_are_those_of_this_record(self, setting: Setting) -> None:
        found = setting.adapter.proof_values(self._match(setting), list(setting.proof))
        assert found.keys() == setting.proof.keys()
        for kind, value in setting.proof.items():
            assert value in found[kind]
            assert not found[kind] & set(setting.strangers)

    def test_proof_values_that_were_not_asked_for_stay(self, setting: Setting) -> None:
        assert dict(setting.adapter.proof_values(self._match(setting), [])) == {}

    def test_a_match_that_was_made_up_gives_nothing(self, setting: Setting) -> None:
        match = self._match(setting)
        for false in (
            Match(match.key, match.kind, UNKNOWN.value),
            Match(f"{match.key}9999", match.kind, match.stored),
            Match("nothing.like_it:1", match.kind, match.stored),
        ):
            with pytest.raises((TryLater, AdapterError)):
                list(setting.adapter.export(false))

    def test_a_healthy_system_says_so(self, setting: Setting) -> None:
        health = setting.adapter.check()
        assert health.ok, health.problems

    def test_several_threads_may_ask_at_once(self, setting: Setting) -> None:
        wanted, answers = self._records(setting), list[list[Record]]()
        threads = [threading.Thread(target=lambda: answers.append(self._records(setting))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert answers == [wanted] * 4

    def test_D14_a_system_that_is_down_is_never_nothing_found(self, setting: Setting) -> None:
        if setting.break_it is None:
            return
        match = self._match(setting)
        setting.break_it()
        with pytest.raises((TryLater, AdapterError)):
            setting.adapter.find(Subject((setting.found,)))
        with pytest.raises((TryLater, AdapterError)):
            list(setting.adapter.export(match))
        with pytest.raises((TryLater, AdapterError)):
            setting.adapter.proof_values(match, list(setting.proof) or ["postcode"])
        assert not setting.adapter.check().ok

    def test_H15_an_error_repeats_no_value(self, setting: Setting) -> None:
        if setting.break_it is None:
            return
        setting.break_it()
        with pytest.raises((TryLater, AdapterError)) as caught:
            setting.adapter.find(Subject((setting.found,)))
        assert setting.found.value not in str(caught.value)
        assert caught.value.__context__ is None, "a driver's exception travels on, and it may hold a row"

    def _match(self, setting: Setting) -> Match:
        matches = setting.adapter.find(Subject((setting.found,)))
        assert len(matches) == 1, "`found` must lead to exactly one record"
        return matches[0]

    def _records(self, setting: Setting) -> list[Record]:
        return list(setting.adapter.export(self._match(setting)))


def _text(records: list[Record]) -> str:
    return json.dumps([[value.value for value in record.values] for record in records], ensure_ascii=False)
