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

from portal.adapters.contract import (
    Adapter,
    AdapterError,
    EraseKind,
    EraseReceipt,
    Fate,
    Identifier,
    KeptRow,
    Match,
    Record,
    Subject,
    TryLater,
)
from portal.adapters.never_leaves import reason_to_withhold, withhold
from portal.core import clock

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


@dataclass(frozen=True, slots=True)
class Far:
    """How a test looks at the system itself, past the adapter, before and after an erasure.

    `others` gives everything of other persons and of the company, to be compared byte by byte; `own` gives as text all that the
    system holds, with the person's `gone` values in it until they are erased; `stays` are values that a law keeps, of `grounds`.
    `stranger` leads to one record of somebody else.
    """

    others: Callable[[], object]
    own: Callable[[], str]
    gone: tuple[str, ...]
    stranger: Identifier
    stays: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()


class AdapterContract:
    """What the portal relies on. Give a fixture `setting` that returns a `Setting`, and where the adapter erases, one named `far`."""

    @pytest.fixture
    def far(self) -> Far | None:
        """None where the adapter erases nothing."""
        return None

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

    def test_a_plan_changes_nothing_and_is_the_same_twice(self, setting: Setting, far: Far | None) -> None:
        far = _must_be_told(setting, far)
        if far is None:
            return
        match, others, own = self._match(setting), far.others(), far.own()
        plan = setting.adapter.plan_erase(match, lambda *_: True)
        assert plan.items
        assert plan.scope
        assert plan.digest == setting.adapter.plan_erase(match, lambda *_: True).digest
        assert (far.others(), far.own()) == (others, own)
        assert {one.ground for one in plan.items if one.fate is Fate.KEEP} == set(far.grounds)

    def test_nothing_targeted_is_there_after_an_erasure_and_nobody_else_lost_a_byte(
        self, setting: Setting, far: Far | None
    ) -> None:
        far = _must_be_told(setting, far)
        if far is None:
            return
        others = far.others()
        assert all(value in far.own() for value in far.gone)
        receipt = self._erase(setting, "case-1-step-1")
        assert receipt.left == ()
        assert receipt.items
        assert [value for value in far.gone if value in far.own()] == []
        assert far.others() == others

    def test_what_a_law_keeps_is_listed_with_ground_and_day(self, setting: Setting, far: Far | None) -> None:
        far = _must_be_told(setting, far)
        if far is None:
            return
        receipt = self._erase(setting, "case-1-step-1")
        assert {row.ground for row in receipt.kept} == set(far.grounds)
        assert all(row.until > clock.now().date() for row in receipt.kept)
        assert [value for value in far.stays if value not in far.own()] == []
        items = [one for one in receipt.items if one.fate is Fate.KEEP]
        assert {(one.collection, one.ground, one.until) for one in items} == {
            (row.collection, row.ground, row.until) for row in receipt.kept
        }

    def test_what_was_kept_goes_on_its_day_by_its_key(self, setting: Setting, far: Far | None) -> None:
        far = _must_be_told(setting, far)
        if far is None:
            return
        others = far.others()
        kept: tuple[KeptRow, ...] = self._erase(setting, "case-1-step-1").kept
        for _twice in range(2):
            receipt = setting.adapter.erase_kept(kept, idempotency_key="kept-1")
            assert isinstance(receipt, EraseReceipt)
            assert receipt.left == ()
        assert [value for value in far.stays if value in far.own()] == []
        assert far.others() == others

    def test_a_second_erasure_does_no_harm(self, setting: Setting, far: Far | None) -> None:
        far = _must_be_told(setting, far)
        if far is None:
            return
        match = self._match(setting)
        plan = setting.adapter.plan_erase(match, lambda *_: True)
        others = far.others()
        first = setting.adapter.erase(match, plan, idempotency_key="case-1-step-1")
        own = far.own()
        for key in ("case-1-step-1", "case-1-step-1", "case-2-step-1"):
            again = setting.adapter.erase(match, plan, idempotency_key=key)
            assert isinstance(again, type(first))
            assert isinstance(again, EraseReceipt)
            assert again.left == ()
        assert (far.others(), far.own()) == (others, own)

    def test_D11_a_probe_tells_what_was_done_for_this_record_and_no_other(self, setting: Setting, far: Far | None) -> None:
        far = _must_be_told(setting, far)
        if far is None:
            return
        match = self._match(setting)
        plan = setting.adapter.plan_erase(match, lambda *_: True)
        before = setting.adapter.probe(match, plan, idempotency_key="case-1-step-1")
        assert before is None or (isinstance(before, EraseReceipt) and before.items == () and before.left != ())
        receipt = setting.adapter.erase(match, plan, idempotency_key="case-1-step-1")
        after = setting.adapter.probe(match, plan, idempotency_key="case-1-step-1")
        assert isinstance(after, EraseReceipt)
        assert isinstance(receipt, EraseReceipt)
        assert (after.left, set(after.kept)) == ((), set(receipt.kept))
        assert {(one.collection, one.fate) for one in after.items} == {(one.collection, one.fate) for one in receipt.items}
        stranger = setting.adapter.find(Subject((far.stranger,)))[0]
        try:
            told = setting.adapter.probe(stranger, plan, idempotency_key="case-1-step-1")
        except (TryLater, AdapterError):
            return
        assert told is None or (isinstance(told, EraseReceipt) and told.items == ())

    def test_D2_a_match_that_was_made_up_erases_nothing(self, setting: Setting, far: Far | None) -> None:
        far = _must_be_told(setting, far)
        if far is None:
            return
        match = self._match(setting)
        plan = setting.adapter.plan_erase(match, lambda *_: True)
        others, own = far.others(), far.own()
        for false in (Match(match.key, match.kind, UNKNOWN.value), Match("nothing.like_it:1", match.kind, match.stored)):
            with pytest.raises((TryLater, AdapterError)):
                setting.adapter.plan_erase(false, lambda *_: True)
            with pytest.raises((TryLater, AdapterError)):
                setting.adapter.erase(false, plan, idempotency_key="case-9-step-9")
        assert (far.others(), far.own()) == (others, own)

    def test_a_system_that_is_down_is_never_erased(self, setting: Setting, far: Far | None) -> None:
        if _must_be_told(setting, far) is None or setting.break_it is None:
            return
        match = self._match(setting)
        plan = setting.adapter.plan_erase(match, lambda *_: True)
        setting.break_it()
        with pytest.raises((TryLater, AdapterError)) as caught:
            setting.adapter.erase(match, plan, idempotency_key="case-1-step-1")
        assert setting.found.value not in str(caught.value)
        assert caught.value.__context__ is None
        with pytest.raises((TryLater, AdapterError)):
            setting.adapter.probe(match, plan, idempotency_key="case-1-step-1")

    def _erase(self, setting: Setting, key: str) -> EraseReceipt:
        match = self._match(setting)
        receipt = setting.adapter.erase(match, setting.adapter.plan_erase(match, lambda *_: True), idempotency_key=key)
        assert isinstance(receipt, EraseReceipt), "an adapter that answers later is tested by its own tests"
        return receipt

    def _match(self, setting: Setting) -> Match:
        matches = setting.adapter.find(Subject((setting.found,)))
        assert len(matches) == 1, "`found` must lead to exactly one record"
        return matches[0]

    def _records(self, setting: Setting) -> list[Record]:
        return list(setting.adapter.export(self._match(setting)))


def _must_be_told(setting: Setting, far: Far | None) -> Far | None:
    """The far side; None where the adapter erases nothing by itself. That it erases and nobody can look is an error of the test."""
    if setting.adapter.can.erase in (EraseKind.NONE, EraseKind.REQUEST):
        return None
    assert far is not None, "the adapter erases: give a fixture `far`"
    return far


def _text(records: list[Record]) -> str:
    return json.dumps([[value.value for value in record.values] for record in records], ensure_ascii=False)
